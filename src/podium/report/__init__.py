"""What came out of an experiment, for people."""
