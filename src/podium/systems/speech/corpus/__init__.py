"""The virtual corpus of spoken words, in the raw layout of the competition."""
