"""From Kaggle to raw files: fetching, checking, unpacking; every step can be interrupted and goes on where it was."""
