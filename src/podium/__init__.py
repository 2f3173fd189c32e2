"""Podium: prize-winning recognisers as one workflow, from the raw download to a TFLite file."""

__version__ = "0.1.0"
