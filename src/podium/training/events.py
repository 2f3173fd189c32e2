"""Scalars for TensorBoard."""

import sys
from pathlib import Path
from types import ModuleType


class EventWriter:
    """One run's event file; a context manager that closes it.

    Args:
        folder: Made when absent. None writes nothing.
        first_step: An older run's curves are hidden from here on.
    """

    def __init__(self, folder: Path | None, first_step: int = 0) -> None:
        self._writer = None
        if folder is None:
            return
        # TensorBoard loads all of TensorFlow to write a file unless it finds a module of this name.
        sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(folder, purge_step=first_step)

    def write(self, scalars: dict[str, float], step: int) -> None:
        """Adds a point to each curve."""
        if self._writer:
            for name, value in scalars.items():
                self._writer.add_scalar(name, value, step)

    def __enter__(self) -> "EventWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer:
            self._writer.close()
