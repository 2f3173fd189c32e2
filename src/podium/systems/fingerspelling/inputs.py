"""What becomes of a person's clip before the model sees it.

Letters in tensor names: T frames, K columns (390).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from podium.errors import UserError
from podium.landmarks.clip_arrays import GivenClip, read_given
from podium.landmarks.holds import moving
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.remarks import MEANINGS
from podium.landmarks.timing import at_rate, signing
from podium.recognise.readings import Prepared
from podium.recognise.settings import number_in
from podium.recognise.tflite import INPUT, Shapes
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION, SHORT_FRAMES
from podium.systems.fingerspelling.readings import OUTPUT, Settings, has_thresholds
from podium.systems.fingerspelling.text import NUM_CHARACTERS

if TYPE_CHECKING:
    from podium.data.clip_files import ClipFiles


def check_settings(settings: Settings, path: Path) -> None:
    """Checks an ``inference_args.json``, as far as it says anything.

    Args:
        path: Where it was read.

    Raises:
        UserError: It was made for other columns (another order counts: the graph takes x, y and z by their places), or
            a threshold is no number.
    """
    if settings and settings.get("selected_columns") != COLUMNS:
        raise UserError(
            f"{path} names other columns than podium.systems.fingerspelling.landmarks.COLUMNS as 'selected_columns';"
            " make it again"
        )
    number_in(settings, "min_frames", path, is_whole=True)
    number_in(settings, "min_confidence", path)


def is_own(inputs: Shapes, outputs: Shapes) -> bool:
    """Whether a file of such inputs and outputs may be one of fingerspelling."""
    is_read = outputs.get(OUTPUT, ())[-1:] == (NUM_CHARACTERS,) or {"logits", "ids"} <= outputs.keys()
    return inputs.get(INPUT, ())[-1:] == (len(COLUMNS),) and is_read


def open_clips(paths: list[Path]) -> "ClipFiles":
    """Landmarks below some paths, see `podium.landmarks.clip_files.open_clips`."""
    from podium.landmarks.clip_files import open_clips  # tables load slowly
    from podium.systems.fingerspelling.plan import inspection

    return open_clips(paths, inspection())


def as_input(clip: Any, settings: Settings, fps: float | None) -> Prepared:
    """A person's clip as the file takes it.

    Whole parts in one point (of zeros, mostly) become missing, another frame rate becomes the model's, and frames
    without a hand are cut off at both ends. A model whose settings say ``holds: short`` gets holds made short.

    Args:
        clip: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN (or
            masked) if a landmark is missing; one row per frame. An array (T, 390) of floats has the columns
            `landmarks.COLUMNS` in that order. A table of pandas, polars, pyarrow … has them by name, in any
            order and among others. Or a `podium.landmarks.clip_arrays.GivenClip`.
        fps: Frames a second of the clip; None takes the table's column ``fps``.

    Raises:
        ClipError: Columns are missing, the shape or the type is another, a value is infinite (or beyond ±1e15), a table
            holds several sequences, or its frame rate is none.
    """
    given = clip if isinstance(clip, GivenClip) else read_given(clip, COLUMNS)
    landmarks_TK, has_zeros = without_zeros(given.landmarks_TK, SELECTION)
    found = {*given.remarks, *["zeros_for_missing"] * has_zeros, *doubts(landmarks_TK, SELECTION)}
    frame_rate = settings.get("frame_rate")
    if fps is None and given.fps is not None and frame_rate is None:
        found.add("rate_not_used")
    remarks = tuple(remark for remark in MEANINGS if remark in found)
    if given.reason:
        return Prepared(landmarks_TK[:0], remarks, given.reason)
    landmarks_TK = at_rate(landmarks_TK, given.fps if fps is None else fps, frame_rate)
    if len(landmarks_TK) == 0:
        return Prepared(landmarks_TK, remarks, "no_frames")
    min_frames = settings["min_frames"] if has_thresholds(settings) else SHORT_FRAMES
    landmarks_TK = landmarks_TK[signing(landmarks_TK, min_frames, SELECTION)]
    if settings.get("holds") == "short" and len(landmarks_TK):
        landmarks_TK = landmarks_TK[moving(landmarks_TK, SELECTION, min_frames)]
    return Prepared(landmarks_TK, remarks, "" if len(landmarks_TK) else "no_hand")
