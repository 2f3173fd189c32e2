"""Weights in a file."""

from pathlib import Path
from types import ModuleType
from typing import Any


def load_network(path: str | Path, module: ModuleType, recipe: Any) -> Any:
    """A recipe's network with the weights of a file, on the CPU, in evaluation mode."""
    return module.load(path, recipe)
