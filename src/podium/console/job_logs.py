"""What a job's own log says: how far it is, what came out, why it failed."""

import re
from pathlib import Path
from typing import NamedTuple

from podium.console.words import duration
from podium.errors import one_line

TAIL_BYTES = 16_384
NUM_OUTCOMES = 4
_EPOCH = re.compile(r"epoch=(\d+)/(\d+) (.*) eta=(\d+)m(\d+)s")
_PAIRS = re.compile(r"(\w+)=(\S+)")
_ONLY_PAIRS = re.compile(r"(\w+=\S+\s*)+")
_OF_EPOCHS = {"loss": "loss {:.3g}", "score": "score {:.3f}"}
# Last line of a script's log → words. Other keys are left to the log.
_OUTCOMES = (
    (re.compile("score"), "score {:.3f}"),
    (re.compile("num_sequences|num_clips"), "{:.0f} clips"),
    (re.compile("num_participants"), "{:.0f} people"),
    (re.compile("num_files"), "{:.0f} files"),
    (re.compile("size_mb"), "{:.2f} MB"),
    (re.compile("(fp16|fp32|int8)_mb"), "{0} {:.2f} MB"),
    (re.compile(r"ms_at_(\d+)"), "{:.1f} ms for {0} frames"),
)


class Epochs(NamedTuple):
    """How far a training is.

    Attributes:
        done: Epochs that are over.
        total: Of the whole training.
        scores: Its losses and scores, by name.
        seconds_left: By its own account.
    """

    done: int
    total: int
    scores: dict[str, float]
    seconds_left: float

    def in_words(self, is_over: bool = False) -> str:
        """ "epoch 2 of 5, loss 2.61, score 0.44, 31 s left"; of a finished one "5 epochs, loss 1.04, score 0.46"."""
        begin = f"{self.total} epochs" if is_over else f"epoch {self.done} of {self.total}"
        told = [words.format(self.scores[key]) for key, words in _OF_EPOCHS.items() if key in self.scores]
        end = [] if is_over else [f"{duration(self.seconds_left)} left"]
        return ", ".join([begin, *told, *end])


def last_lines(log: str | None, since: float = 0.0) -> list[str]:
    """The last lines of a log, also those that a progress bar wrote over each other.

    Args:
        log: Its path.
        since: Seconds since the epoch; a log that was last written before is of another run.

    Returns:
        None of them empty; [] if there is no log.
    """
    if not log:
        return []
    try:
        with open(log, "rb") as stream:
            if Path(log).stat().st_mtime < since:
                return []
            stream.seek(max(0, stream.seek(0, 2) - TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return [line.strip() for line in re.split(r"[\r\n]", text) if line.strip()]


def epochs(lines: list[str]) -> Epochs | None:
    """How far a training is; None before its first epoch is over."""
    for line in reversed(lines):
        if found := _EPOCH.match(line):
            scores = {key: float(value) for key, value in _PAIRS.findall(found[3])}
            return Epochs(int(found[1]), int(found[2]), scores, 60 * int(found[4]) + int(found[5]))
    return None


def outcome(lines: list[str]) -> str:
    """What came out of a finished job, in words; "" if its log says nothing that people ask for."""
    if not lines:
        return ""
    if training := epochs(lines):
        return training.in_words(is_over=True)
    said = []
    for key, value in _PAIRS.findall(lines[-1]):
        for pattern, words in _OUTCOMES:
            if match := pattern.fullmatch(key):
                said.append(_filled(words, value, match.groups()))
    return ", ".join(one for one in said[:NUM_OUTCOMES] if one)


def _filled(words: str, value: str, names: tuple[str, ...]) -> str:
    try:
        return words.replace("{0}", names[0] if names else "").format(float(value))
    except ValueError:  # "score=None": nothing was scored
        return ""


def reason(lines: list[str]) -> str:
    """Why a job failed, on one line: its ``error:``, or the last line of a traceback."""
    for line in reversed(lines):
        if line.startswith("error: "):
            return one_line(line.removeprefix("error: "))
    if not lines:
        return "failed and left no log; see whether the disk is full"
    if _ONLY_PAIRS.fullmatch(lines[-1]):  # it was killed in the middle of its work
        return f"failed without a word after: {one_line(lines[-1])}"
    return one_line(lines[-1])
