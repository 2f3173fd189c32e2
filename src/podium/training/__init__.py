"""Training: one loop for all stages of all systems."""
