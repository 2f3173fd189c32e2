"""Malformed input: files of every format, spoiled in every way that somebody thought of, and what reads them."""
