"""What is in a folder of landmarks, raw or prepared: as numbers, and as a picture of one sequence."""
