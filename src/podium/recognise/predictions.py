"""Many clips in, their texts out; what cannot be read is accounted for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from podium.data.clip_files import Clip, ClipFile
from podium.errors import ClipError, one_line, printable
from podium.recognise.readings import Reading
from podium.recognise.recognizer import Recognizer


@dataclass(frozen=True)
class Prediction:
    """What became of a clip.

    Attributes:
        name: The file, and ``#`` and the sequence's id if it holds several.
        reading: None if the clip could not be read.
        problem: Why not, else "".
        span: Of a part of a recording: begin and end in seconds; else None.
    """

    name: str
    file: str
    sequence_id: int | str | None
    num_frames: int
    reading: Reading | None
    problem: str = ""
    span: tuple[float, float] | None = None

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
        times = {"begin_s": round(self.span[0], 3), "end_s": round(self.span[1], 3)} if self.span else {}
        return {
            **place,
            **times,
            "num_frames": self.num_frames,
            "num_read_frames": reading.num_read_frames,
            "text": reading.text,
            "confidence": reading.confidence,
            "reason": reading.reason,
            "remarks": list(reading.remarks),
            **({"alternatives": dict(reading.alternatives)} if reading.alternatives else {}),
        }

    def to_text(self, reasons: Mapping[str, str]) -> str:
        """One line: name, text and confidence between tabs; a dash for a confidence that the model does not tell. A
        fourth field holds the likeliest texts with their probabilities, if the system tells, or why there is no text.

        Args:
            reasons: A reading's reason → what it means.
        """
        confidence = "-" if self.reading.confidence is None else f"{self.reading.confidence:.3f}"
        others = ", ".join(f"{text} {share:.3f}" for text, share in self.reading.alternatives)
        more = reasons[self.reading.reason] if self.reading.reason else others
        return "\t".join([printable(self.name), self.reading.text, confidence, *([more] if more else [])])


def predict(recognizer: Recognizer, files: Iterable[ClipFile], fps: float | None = None) -> Iterator[Prediction]:
    """Reads the clips of some files, one after the other.

    Args:
        fps: Frames a second of all clips; None takes what each file says; a file that says nothing counts as
            of the model's own rate.
    """
    for file in files:
        for clip in file.clips():
            yield _predict(recognizer, clip, fps)


def _predict(recognizer: Recognizer, clip: Clip, fps: float | None) -> Prediction:
    name = str(clip.path) if clip.sequence_id is None else f"{clip.path}#{clip.sequence_id}"
    place = (name, str(clip.path), clip.sequence_id, clip.num_frames)
    if clip.problem:
        return Prediction(*place, None, clip.problem)
    try:
        return Prediction(*place, recognizer.read(clip.content, fps), span=clip.span)
    except ClipError as error:
        return Prediction(*place, None, str(error))
