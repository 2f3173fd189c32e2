"""Many clips in, their texts out; what cannot be read is accounted for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from podium.errors import ClipError, one_line, printable
from podium.landmarks.clip_arrays import GivenClip, as_clip
from podium.landmarks.remarks import REASONS
from podium.recognise.clip_files import Clip, Source
from podium.recognise.inference import Reading
from podium.recognise.recognizer import Recognizer
from podium.systems.fingerspelling.landmarks import COLUMNS


@dataclass(frozen=True)
class Prediction:
    """What became of a clip.

    Attributes:
        name: The file, and ``#`` and the sequence's id where it holds several.
        reading: None where the clip could not be read.
        problem: Why not, else "".
    """

    name: str
    file: str
    sequence_id: int | str | None
    num_frames: int
    reading: Reading | None
    problem: str = ""

    @property
    def complaint(self) -> str:
        """The clip and its problem in one line."""
        problem = one_line(self.problem)
        return problem if problem.startswith(self.file) else f"{self.name}: {problem}"

    def to_json(self) -> dict:
        """Its plain form."""
        place = {"file": self.file, "sequence_id": self.sequence_id}
        if self.reading is None:
            return {**place, "problem": self.problem}
        reading = self.reading
        return {
            **place,
            "num_frames": self.num_frames,
            "num_read_frames": reading.num_read_frames,
            "text": reading.text,
            "confidence": reading.confidence,
            "reason": reading.reason,
            "remarks": list(reading.remarks),
        }

    def to_text(self) -> str:
        """One line: name, text and confidence between tabs; a dash for a confidence that the model does not tell. A
        fourth field says why there is no text."""
        confidence = "-" if self.reading.confidence is None else f"{self.reading.confidence:.3f}"
        fields = [printable(self.name), self.reading.text, confidence]
        return "\t".join([*fields, REASONS[self.reading.reason]] if self.reading.reason else fields)


def predict(recognizer: Recognizer, sources: Iterable[Source], fps: float | None = None) -> Iterator[Prediction]:
    """Reads the clips of some sources, one after the other.

    Args:
        fps: Frames a second of all clips; None takes what each file says; a file that says nothing counts as
            of the model's own rate.
    """
    for source in sources:
        for clip in source.clips():
            yield _predict(recognizer, clip, fps)


def _predict(recognizer: Recognizer, clip: Clip, fps: float | None) -> Prediction:
    name = str(clip.path) if clip.sequence_id is None else f"{clip.path}#{clip.sequence_id}"
    place = (name, str(clip.path), clip.sequence_id)
    if clip.landmarks is None:
        return Prediction(*place, 0, None, clip.problem)
    num_frames = 0
    try:
        landmarks_TK = as_clip(clip.landmarks, COLUMNS)
        num_frames = len(landmarks_TK)
        if np.isnan(landmarks_TK).all():  # true of no frames, too
            raise ClipError("a clip without a single landmark" if num_frames else "a clip without frames")
        given = GivenClip(landmarks_TK, clip.remarks, clip.fps)
        return Prediction(*place, num_frames, recognizer.read(given, fps))
    except ClipError as error:
        return Prediction(*place, num_frames, None, str(error))
