"""Modules that a system may have beside `podium.systems.PARTS`. They change nothing that is trained or exported."""

from pathlib import Path

EXTRAS = ("pictures", "metrics")


def has_part(system: str, name: str) -> bool:
    """Whether a system has one of `EXTRAS`, which `podium.systems.part` then hands over."""
    return Path(__file__).with_name(system).joinpath(f"{name}.py").is_file()
