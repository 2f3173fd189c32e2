"""Kinds of arguments that several commands take."""

import argparse

from podium.errors import one_line


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is not a whole number from 1 on")
    return int(text)
