"""Going on after an interruption, to the bit: the state of a run as one file.

The file holds all that the next micro-batch depends on: weights, optimiser, gradients that wait for their step, every
random generator, the place in the epoch, and what the history will say. It is written beside and then moved, so that a
kill at any moment leaves the old one or the new one.
"""

import io
import logging
import os
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel

from podium.runtime.signals import ENDING, asked_to_end
from podium.storage.files import atomic_path
from podium.training.learner import Learner
from podium.training.ranks import gathered, largest, num_ranks, rank
from podium.training.readings import Readings

LOADER_GRACE_S = 30
NUM_DIGITS = 8  # of a digest in a file's name
BAD_BATCH = "bad_batch.npz"

log = logging.getLogger(__name__)


def outlive_signals(_worker: int) -> None:
    """For a loader process: a signal to the whole group must not take it away from a parent that still wants a batch.

    The parent ends it; if there is no parent left to do so, it ends itself after `LOADER_GRACE_S` seconds.
    """
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: signal.alarm(LOADER_GRACE_S))


@dataclass
class TrainState:
    """All that a run changes while it goes on.

    Attributes:
        learner: What is trained.
        generator: Of draws that are the same on every device.
        step: Micro-batches done.
        epoch: Epochs that are over, validation included.
        position: Micro-batches done of the epoch under way.
        history: One row per epoch that is over.
        readings: Losses and gradient norms so far.
        average: Moving average of the learner.
        best: "score" and "weights", on the CPU, of the best validation; None if none is to be remembered.
    """

    learner: Learner
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    generator: torch.Generator
    step: int = 0
    epoch: int = 0
    position: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    readings: Readings = field(default_factory=Readings)
    average: AveragedModel | None = None
    best: dict | None = None

    _PLAIN = ("step", "epoch", "position", "history", "best")

    @property
    def judged(self) -> Learner:
        """The learner that is validated and saved."""
        return self.average.module if self.average else self.learner

    def keep_if_best(self, score: float) -> None:
        """Remembers the judged weights if no validation before was as good."""
        if self.best is None or score > self.best["score"]:
            weights = {name: tensor.detach().cpu().clone() for name, tensor in self.judged.state_dict().items()}
            self.best = {"score": score, "weights": weights}

    def begin_next_epoch(self) -> None:
        """An epoch is over."""
        self.epoch, self.position = self.epoch + 1, 0
        self.readings.begin_next_epoch()

    def dump(self) -> dict:
        """Everything as tensors and plain values, for `torch.save`. All ranks call it at the same micro-batch."""
        names = {parameter: name for name, parameter in self.learner.named_parameters()}
        own = {
            "gradients": {name: one.grad.cpu() for one, name in names.items() if one.grad is not None},
            "readings": self.readings.dump(),
            "generators": {
                "inputs": self.generator.get_state(),
                "torch": torch.get_rng_state(),
                "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            },
        }
        return {
            "learner": self.learner.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "ranks": gathered(own),
            **{name: getattr(self, name) for name in self._PLAIN},
        }

    def restore(self, dumped: dict) -> None:
        """The inverse of `dump`, on a state that has just been made; by any number of ranks."""
        ranks = dumped["ranks"]
        own = ranks[rank()] if len(ranks) == num_ranks() else _merged(ranks)
        device = next(self.learner.parameters()).device
        self.learner.load_state_dict(dumped["learner"])
        if self.average:
            self.average.load_state_dict(dumped["average"])
        for name, parameter in self.learner.named_parameters():
            gradient = own["gradients"].get(name)
            parameter.grad = None if gradient is None else gradient.to(device)
        self.optimizer.load_state_dict(dumped["optimizer"])
        self.scaler.load_state_dict(dumped["scaler"])
        self.readings = Readings(**own["readings"])
        self.readings.move_to(device)
        if rank() < len(ranks):
            generators = ranks[rank()]["generators"]
            self.generator.set_state(generators["inputs"])
            torch.set_rng_state(generators["torch"])
            if torch.cuda.is_available() and generators["cuda"]:
                torch.cuda.set_rng_state_all(generators["cuda"])
        for name in self._PLAIN:
            setattr(self, name, dumped[name])


def _merged(ranks: list[dict]) -> dict:
    """What another number of ranks goes on with: all that they mean is the mean over ranks."""
    gradients = {name: sum(one["gradients"][name] for one in ranks) / len(ranks) for name in ranks[0]["gradients"]}
    unseen = [
        {name: sum(parts[name] for parts in losses) / len(ranks) for name in losses[0]}
        for losses in zip(*(one["readings"]["unseen"] for one in ranks), strict=True)
    ]
    return {"gradients": gradients, "readings": ranks[0]["readings"] | {"unseen": unseen}}


def read_state(path: Path) -> dict | None:
    """What `StateFile.write` has written; None of a damaged file, by the checksums in it.

    Raises:
        OSError: The disk does not give it; it may be sound.
    """
    content = io.BytesIO(path.read_bytes())
    try:
        if zipfile.ZipFile(content).testzip() is None:
            content.seek(0)
            return torch.load(content, map_location="cpu", weights_only=True)
    except Exception:  # zipfile and torch raise whatever the damage leads to
        pass
    return None


class Interrupted(SystemExit):
    """SIGTERM or Ctrl-C, after the state has been written; the exit code is the shell's for that signal."""


class StateFile:
    """Where a run's state is kept between its micro-batches.

    The state's name says what it is of, so that a run that was changed by mistake leaves it alone.

    Args:
        folder: None keeps nothing.
        digests: Of all that the outcome depends on, by what each is of; another state is not continued.
        every_minutes: How often the state is written; 0 after every micro-batch.
    """

    def __init__(self, folder: Path | None, digests: dict[str, str], every_minutes: float) -> None:
        self.folder = folder
        self._digests = digests
        parts = "-".join(one[:NUM_DIGITS] for one in digests.values())
        self._path = None if folder is None else folder / f"state-{parts}.pt"
        self._every_seconds = 60 * every_minutes
        self._written = time.monotonic()
        self._signal = 0
        self._is_unchanging = False

    def load(self, state: TrainState) -> bool:
        """Brings ``state`` to where an earlier run stopped. Returns False, and says why, if there is none."""
        if self._path is None:
            return False
        for leftover in self.folder.glob(".*.partial.state-*.pt"):  # of a run that was killed while it wrote
            leftover.unlink(missing_ok=True)
        if not self._path.is_file():
            for other in sorted(self.folder.glob("state-*.pt")):
                log.warning("%s is of %s and is left alone; training starts anew", other, self._difference(other))
            return False
        kept = read_state(self._path)
        if kept is None or kept["digests"] != self._digests:
            log.warning("%s cannot be read and is dropped; training starts anew", self._path)
            return False
        state.restore(kept["state"])
        log.info("resumed epoch=%d batch=%d step=%d", state.epoch + 1, state.position, state.step)
        return True

    def _difference(self, other: Path) -> str:
        theirs = other.stem.split("-")[1:]
        pairs = zip(self._digests.items(), theirs, strict=False)
        return " and ".join(f"another {name}" for (name, ours), one in pairs if ours[:NUM_DIGITS] != one)

    def after_batch(self, state: TrainState) -> None:
        """Writes the state when it is time, or when the run shall end.

        Raises:
            Interrupted: The process was asked to end.
        """
        is_due = time.monotonic() - self._written >= self._every_seconds
        is_due, number = largest([int(is_due), self._signal])  # all ranks stop after the same batch
        if is_due or number:
            self.write(state)
        if number:
            raise self._interrupted(number)

    def write(self, state: TrainState) -> None:
        """Writes the state in one piece; it survives the power supply as well. The first rank writes for all."""
        if self._path is None:
            return
        dumped = state.dump()
        if rank() == 0:
            with atomic_path(self._path) as partial, open(partial, "wb") as stream:
                torch.save({"digests": self._digests, "state": dumped}, stream)
                stream.flush()
                os.fsync(stream.fileno())
        self._written = time.monotonic()

    def remove(self) -> None:
        """The run is over and its results are there: states and bad batches of earlier ones are of no use."""
        if self.folder is not None:
            for path in [*self.folder.glob("state-*.pt"), self.folder / BAD_BATCH]:
                path.unlink(missing_ok=True)

    def _interrupted(self, number: int) -> Interrupted:
        kept = f"; the same command goes on from {self._path}" if self._path else ""
        log.warning("stopped by %s%s", signal.Signals(number).name, kept)
        return Interrupted(128 + number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes SIGTERM (a preempted job) and Ctrl-C as wishes that `after_batch` grants, or `unchanging` at once."""

        def note(number: int, _frame: object) -> None:
            self._signal = number
            if self._is_unchanging:
                raise self._interrupted(number)

        with asked_to_end(note):
            yield

    @contextmanager
    def unchanging(self, state: TrainState) -> Iterator[None]:
        """A stretch in which nothing of the state changes, such as a validation; it is written first.

        Raises:
            Interrupted: The process was asked to end.
        """
        self.write(state)
        self._is_unchanging = True
        try:
            (number,) = largest([self._signal])
            if number:
                raise self._interrupted(number)
            yield
        finally:
            self._is_unchanging = False
