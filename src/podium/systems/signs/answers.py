"""What goes into a file of isolated signs and what its outputs say: the same for all systems of them.

A file takes ``inputs`` (T, 543, 3) float32, NaN if a landmark is missing, and returns ``outputs`` (250,) float32, one
logit for each sign.

Letters in tensor names: T frames, R the 543 rows of a frame, K columns of a shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from podium.config import file_of
from podium.data.clip_files import ClipFiles
from podium.errors import ClipError, UserError
from podium.export.classes import Classes
from podium.landmarks.clip_arrays import GivenClip, read_given
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.remarks import MEANINGS, REASONS
from podium.landmarks.timing import at_rate
from podium.recognise.readings import Prepared
from podium.recognise.tflite import INPUT, NUM_FRAMES, SIGNATURE, Shapes
from podium.systems.signs.clip_files import open_clips
from podium.systems.signs.labels import LABEL
from podium.systems.signs.limits import LIMITS
from podium.systems.signs.points import (
    COLUMNS,
    FACE,
    HANDS,
    LEFT_HAND,
    NUM_ROWS,
    POSE,
    ROWS,
    SELECTION,
    as_columns,
    as_frames,
)
from podium.systems.signs.raw import JUDGED, JUDGED_COLUMNS, open_raw, prepare
from podium.systems.signs.vocabulary import OUTPUT, SIGNS

_FRAME = (NUM_ROWS, 3)
_HEAD = [*range(FACE, LEFT_HAND), *range(POSE, POSE + 11)]
_MORE_FRAMES = 37


class SignAnswers(Classes):
    """What a sign system's ``answers`` offers, see docs/adding_a_system.md.

    Args:
        task: What the system does, for the model card.
        frames: Which frames of a clip are read, for the same.
    """

    REASONS, MEANINGS = REASONS, MEANINGS

    def __init__(self, task: str, frames: str) -> None:
        super().__init__(SIGNS, LABEL, len(COLUMNS), task, open_raw, prepare, OUTPUT)
        self._frames = frames

    @staticmethod
    def open_clips(paths: list[Path]) -> ClipFiles:
        """Landmarks below some paths, in the long or the wide layout; see `podium.landmarks.clip_files`."""
        return open_clips(paths)

    def check_settings(self, settings: Mapping[str, Any], path: Path) -> None:
        """Raises `UserError` if an ``inference_args.json`` was made for other columns."""
        if settings and settings.get("selected_columns") != COLUMNS:
            raise UserError(
                f"{path} names other columns than podium.systems.signs.points.COLUMNS as 'selected_columns'; make it"
                " again"
            )

    def is_own(self, inputs: Shapes, outputs: Shapes) -> bool:
        """Whether a file of such inputs and outputs may be one of isolated signs."""
        return inputs.get(INPUT, ())[1:] == _FRAME and outputs.get(OUTPUT) == (len(SIGNS),)

    def as_input(self, clip: Any, settings: Mapping[str, Any], fps: float | None) -> Prepared:
        """A person's clip (T, 543, 3) as the file takes it.

        Whole parts in one point (of zeros, mostly) become missing, and another frame rate becomes the model's.

        Args:
            clip: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN (or masked) if a
                landmark is missing: an array (T, 543, 3), or (T, 1629) with x, y, z of one landmark after the other. Or
                a table of pandas, polars, pyarrow … with the columns `COLUMNS`, as those of the wide layout, by name,
                in any order and among others; or floats of those columns in their order; or a
                `podium.landmarks.clip_arrays.GivenClip` of them.
            fps: Frames a second of the clip; None takes the table's column ``fps``.

        Raises:
            ClipError: Columns are missing, the shape or the type is another, a value is infinite (or beyond ±1e15), or
                the frame rate is none.
        """
        given = clip if isinstance(clip, GivenClip) else read_given(_frames_as_columns(clip), COLUMNS)
        x_TK, has_zeros = without_zeros(given.landmarks_TK, SELECTION)
        found = {*given.remarks, *["zeros_for_missing"] * has_zeros, *doubts(x_TK[:, JUDGED_COLUMNS], JUDGED)}
        frame_rate = settings.get("frame_rate")
        if fps is None and given.fps is not None and frame_rate is None:
            found.add("rate_not_used")
        x_TK = at_rate(x_TK, given.fps if fps is None else fps, frame_rate)
        reason = given.reason or ("" if len(x_TK) else "no_frames")
        if not reason and not _has_hand(x_TK):
            reason = "no_hand"
        return Prepared(as_frames(x_TK), tuple(remark for remark in MEANINGS if remark in found), reason)

    def test_clips(self, table: pd.DataFrame, root: str | Path) -> Iterator[tuple[int, np.ndarray | None]]:
        """Yields the position of each row of ``table`` and its clip (T, 543, 3), None if it is not there."""
        for position, x_TK in super().test_clips(table, root):
            yield position, None if x_TK is None else as_frames(x_TK)

    def example(self, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        """A clip to time a file with: random landmarks."""
        x_TRC = np.full((num_frames, *_FRAME), np.nan, np.float32)
        x_TRC[:, ROWS] = rng.normal(0.5, 0.2, size=(num_frames, len(ROWS), 3))
        return x_TRC

    def edge_clips(self, x: np.ndarray, settings: Mapping[str, Any], recipe: Any) -> dict[str, np.ndarray]:
        """Clips at the edges of what may come in, made of a real one (T, 543, 3), by name."""
        headless, handless = x.copy(), x.copy()
        headless[:, _HEAD] = np.nan
        handless[:, HANDS] = np.nan
        frames = np.arange(recipe.data.max_frames + _MORE_FRAMES) % len(x)
        return {
            "one frame": x[:1],
            "no head": headless,
            "no hand": handless,
            "all missing": np.full_like(x, np.nan),
            "as long as the web file": x[np.arange(settings["web_frames"]) % len(x)],
            "too long": x[frames],
        }

    def card(self, settings: Mapping[str, Any], recipes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The system's part of the model card, see `podium.export.card.model_card`."""
        told = super().card(settings, recipes)
        told["input"] = {
            "signature": SIGNATURE, "name": INPUT, "type": "float32", "shape": ["frames", *_FRAME],
            "frame_rate": settings.get("frame_rate"),
            "meaning": "landmarks of MediaPipe Holistic as it gives them: face, left hand, pose, right hand; NaN if one"
            f" is missing; {self._frames}",
            "max_frames": max(recipe["data"]["max_frames"] for recipe in recipes),
        }  # fmt: skip
        web = {
            "file": file_of("web"),
            "inputs": {
                INPUT: {"type": "float32", "shape": [settings["web_frames"], *_FRAME]},
                NUM_FRAMES: {"type": "int32", "shape": [1], "meaning": "frames of the clip; no other is read"},
            },
        }
        return {**told, "web": web, "limits": LIMITS}


def _frames_as_columns(clip: Any) -> Any:
    """Arrays of whole frames as `COLUMNS`; anything else as it is."""
    shape = getattr(clip, "shape", ())
    is_array = isinstance(clip, np.ndarray) and clip.dtype.kind == "f"
    if is_array and (shape[1:] == _FRAME or shape[1:] == (NUM_ROWS * 3,)):
        return as_columns(np.ma.filled(clip, np.nan).reshape(len(clip), *_FRAME))
    if is_array and len(shape) == 3:
        raise ClipError(f"a clip of the shape {shape} cannot be read; it must be (frames, {NUM_ROWS}, 3)")
    return clip


def _has_hand(x_TK: np.ndarray) -> bool:
    slots = np.concatenate([SELECTION.slots["left_hand"], SELECTION.slots["right_hand"]])
    return bool((~np.isnan(x_TK[:, slots])).any())
