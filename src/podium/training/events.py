"""Scalars for TensorBoard."""

import sys
from pathlib import Path
from types import ModuleType


class EventWriter:
    """One run's event file.

    Args:
        folder: Made when absent.
    """

    def __init__(self, folder: Path) -> None:
        # TensorBoard loads all of TensorFlow to write a file unless it finds a module of this name.
        sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(folder)

    def write(self, scalars: dict[str, float], step: int) -> None:
        """Adds a point to each curve."""
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
