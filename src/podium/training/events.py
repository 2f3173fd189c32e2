"""Scalars for TensorBoard, in groups. Runs have the names of their folders: experiment/stage/fold."""

import sys
from pathlib import Path
from types import ModuleType

# Groups of curves → how the names in them begin. TensorBoard shows groups by the alphabet; the score shall be first.
GROUPS = {
    "1_score": ("score",),
    "2_loss": ("loss",),
    "3_steps": ("learning_rate", "gradient_norm"),
    "4_speed": ("clips_per_second", "data_wait", "peak_memory_mb"),
}


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
        """Adds a point to each curve; the step's own number is none."""
        if self._writer:
            for name, value in scalars.items():
                if name != "epoch":
                    self._writer.add_scalar(tag(name), value, step)

    def __enter__(self) -> "EventWriter":
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer:
            self._writer.close()


def tag(name: str) -> str:
    """A curve's name with its group: "1_score/score_damerau"."""
    for group, beginnings in GROUPS.items():
        if name.startswith(beginnings) or name.endswith(beginnings):  # of several networks: "student_loss"
            return f"{group}/{name}"
    return f"5_others/{name}"
