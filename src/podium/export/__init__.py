"""The file: building it, proving it right, scoring it and timing it."""
