"""Training: one loop for both rounds."""
