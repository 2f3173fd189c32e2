"""Interim."""

from podium.systems.fingerspelling.oof import import_labels, relabel

__all__ = ["import_labels", "relabel"]
