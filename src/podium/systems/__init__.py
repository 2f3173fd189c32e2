"""The recognisers, a folder each: five modules of fixed names, which the general rooms are handed by `part`.

A system `NAME` is the folder ``NAME`` here with the modules `PARTS`. What each of them holds is told in
docs/adding_a_system.md.
"""

import importlib
from pathlib import Path
from types import ModuleType

from podium.errors import UserError
from podium.registry import nearest

PARTS = ("plan", "samples", "learner", "answers", "twin")


def names() -> list[str]:
    """The systems that there are."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/plan.py"))


def part(system: str, name: str) -> ModuleType:
    """A module of a system, or the object that the module hands over as ``PART``. The only dynamic import of the house.

    Args:
        system: As ``system`` in an experiment.
        name: One of `PARTS`.

    Raises:
        UserError: There is no such system.
    """
    if system not in names():
        raise UserError(f"unknown system '{system}': {nearest(system, names())}")
    module = importlib.import_module(f"{__name__}.{system}.{name}")
    return getattr(module, "PART", module)
