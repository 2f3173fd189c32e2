"""Isolated signs, second recogniser: the MLP encoder and DeBERTa layers over frames of the 6th place."""
