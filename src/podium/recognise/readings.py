"""What goes into a recogniser and what comes out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prepared:
    """A person's clip, made ready for the model.

    Attributes:
        x: What the file takes, float32; its first axis is time.
        remarks: What is doubtful about the clip, keys of the system's ``answers.MEANINGS``.
        reason: Why there is nothing to read, a key of ``answers.REASONS``; else "".
    """

    x: np.ndarray
    remarks: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Reading:
    """The answer to a clip.

    Attributes:
        text: "" if nothing was read.
        confidence: That the clip can be read at all, in [0, 1]; None if the model does not tell.
        reason: Why there is no text, a key of the system's ``answers.REASONS``; else "".
        remarks: What is doubtful about the clip, keys of ``answers.MEANINGS``.
        alternatives: The likeliest texts with their probabilities, best first; () if the system does not tell.
        num_read_frames: Frames that the model was given; None if nothing was left to read.
    """

    text: str
    confidence: float | None
    reason: str = ""
    remarks: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()
    num_read_frames: int | None = None
