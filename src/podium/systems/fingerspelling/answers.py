"""What goes into a fingerspelling file and what its outputs say: clips, texts, scores, agreement.

Outputs come in three forms. A learner answers "ids" (S,), as decoded, and "confidence" () of a network with that head.
A file returns "outputs" (n, 59), a row of logits per character, and "confidence"; a file of fixed shapes returns "ids"
(33,), "logits" (33, 59) and "confidence" (1,). The dummy phrase, which no logits give bit by bit, means no text.

Letters in tensor names: T frames, K columns (390), S output positions, V vocabulary.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from podium.data.shards import SHORT_FRAMES
from podium.errors import ClipError, UserError
from podium.export.comparing import compare_arrays
from podium.landmarks.clip_arrays import GivenClip, read_given
from podium.landmarks.mediapipe import COLUMNS
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.recordings import MAX_FRAMES, clips
from podium.landmarks.remarks import MEANINGS, REASONS
from podium.landmarks.timing import resample, signing
from podium.recognise.readings import Prepared, Reading
from podium.recognise.recognizer import RATES, is_rate, number_in
from podium.recognise.tflite import INPUT, Shapes
from podium.systems.fingerspelling.card import card
from podium.systems.fingerspelling.plan import LABEL
from podium.systems.fingerspelling.score import edit_distance, normalized_score, row_scores
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, END, NUM_CHARACTERS, decode

if TYPE_CHECKING:
    import pandas as pd

    from podium.recognise.sources import Sources

__all__ = [
    "MEANINGS", "REASONS", "TRAINING_ONLY", "agree", "as_input", "card", "check_settings", "edge_clips", "example",
    "is_own", "open_sources", "predictions", "read", "score", "test_clips",
]  # fmt: skip

OUTPUT, CONFIDENCE = "outputs", "confidence"
# First parts of the names of tensors that only training uses. A file never holds them.
TRAINING_ONLY = ("backward_decoder.", "ctc_head.", "encoder.num_batches")
# (11, 59): a file's outputs if it has not read the clip; logits are never exactly 0 and 1.
DUMMY_SV = np.eye(NUM_CHARACTERS, dtype=np.float32)[[CHARACTERS.index(character) for character in DUMMY_PHRASE]]
_THRESHOLDS = ("min_frames", "min_confidence")

Outputs = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


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
            f"{path} names other columns than podium.landmarks.mediapipe.COLUMNS as 'selected_columns'; make it again"
        )
    number_in(settings, "min_frames", path, is_whole=True)
    number_in(settings, "min_confidence", path)


def is_own(inputs: Shapes, outputs: Shapes) -> bool:
    """Whether a file of such inputs and outputs may be one of fingerspelling."""
    is_read = outputs.get(OUTPUT, ())[-1:] == (NUM_CHARACTERS,) or {"logits", "ids"} <= outputs.keys()
    return inputs.get(INPUT, ())[-1:] == (len(COLUMNS),) and is_read


def open_sources(paths: list[Path]) -> "Sources":
    """Landmarks below some paths, see `podium.recognise.clip_files.open_sources`."""
    from podium.recognise.clip_files import open_sources  # tables load slowly

    return open_sources(paths)


def as_input(clip: Any, settings: Settings, fps: float | None) -> Prepared:
    """A person's clip as the file takes it.

    Whole parts in one point (of zeros, mostly) become missing, another frame rate becomes the model's, and frames
    without a hand are cut off at both ends.

    Args:
        clip: Raw values as MediaPipe Holistic gives them, x and y in fractions of the picture, NaN (or
            masked) if a landmark is missing; one row per frame. An array (T, 390) of floats has the columns
            `mediapipe.COLUMNS` in that order. A table of pandas, polars, pyarrow … has them by name, in any
            order and among others. Or a `podium.landmarks.clip_arrays.GivenClip`.
        fps: Frames a second of the clip; None takes the table's column ``fps``.

    Raises:
        ClipError: Columns are missing, the shape or the type is another, a value is infinite (or beyond ±1e15), a table
            holds several sequences, or its frame rate is none.
    """
    given = clip if isinstance(clip, GivenClip) else read_given(clip)
    landmarks_TK, has_zeros = without_zeros(given.landmarks_TK)
    found = {*given.remarks, *["zeros_for_missing"] * has_zeros, *doubts(landmarks_TK)}
    frame_rate = settings.get("frame_rate")
    if fps is None and given.fps is not None and frame_rate is None:
        found.add("rate_not_used")
    remarks = tuple(remark for remark in MEANINGS if remark in found)
    landmarks_TK = _at_rate(landmarks_TK, given.fps if fps is None else fps, frame_rate)
    if len(landmarks_TK) == 0:
        return Prepared(landmarks_TK, remarks, "no_frames")
    min_frames = settings["min_frames"] if _has_thresholds(settings) else SHORT_FRAMES
    landmarks_TK = landmarks_TK[signing(landmarks_TK, min_frames)]
    return Prepared(landmarks_TK, remarks, "" if len(landmarks_TK) else "no_hand")


def _at_rate(landmarks_TK: np.ndarray, fps: float | None, frame_rate: float | None) -> np.ndarray:
    if fps is None or frame_rate is None:
        return landmarks_TK
    if not is_rate(fps):
        raise ClipError(f"a clip of {fps:g} frames a second cannot be read; {RATES}")
    if len(landmarks_TK) * frame_rate > MAX_FRAMES * fps:
        raise ClipError(
            f"{len(landmarks_TK):,} frames at {fps:g} a second are more than {MAX_FRAMES:,} at the model's"
            f" {frame_rate:g}; cut the clip"
        )
    return resample(landmarks_TK, fps, frame_rate)


def _has_thresholds(settings: Settings) -> bool:
    return None not in [settings.get(key) for key in _THRESHOLDS]


def read(outputs: Outputs, settings: Settings | None = None, x: np.ndarray | None = None) -> Reading:
    """What a clip's outputs say.

    Args:
        outputs: In one of the three forms at this file's head.
        settings: What a file has built in; None if that is not known.
        x: What was read, (T, 390). None takes ids as they are, whatever the confidence, and gives no reason.

    Raises:
        UserError: The outputs have another shape.
    """
    confidence = float(np.asarray(outputs[CONFIDENCE]).item()) if CONFIDENCE in outputs else None
    settings = settings or {}
    if "logits" in outputs or OUTPUT in outputs:
        rows_SV = rows_of(outputs)
        if rows_SV.ndim != 2 or rows_SV.shape[1] != NUM_CHARACTERS:
            raise UserError(f"the file returns outputs of the shape {rows_SV.shape}; export the model again")
        if not np.array_equal(rows_SV, DUMMY_SV):
            return Reading("".join(CHARACTERS[index] for index in rows_SV.argmax(axis=1)), confidence)
        is_known = x is not None and _has_thresholds(settings)
        return Reading("", confidence, _reason(len(x), confidence, settings) if is_known else "not_read")
    text = decode(outputs["ids"])
    if x is None:
        return Reading(text, confidence)
    reason = _reason(len(x), confidence, settings if _has_thresholds(settings) else {})
    return Reading("", confidence, reason) if reason != "ended_at_once" or not text else Reading(text, confidence)


def rows_of(outputs: Outputs) -> np.ndarray:
    """(n, 59), whatever the file's form."""
    return outputs[OUTPUT] if OUTPUT in outputs else outputs["logits"][outputs["ids"] < NUM_CHARACTERS]


def _reason(num_frames: int, confidence: float | None, settings: Settings) -> str:
    if num_frames < settings.get("min_frames", 1):
        return "too_short"
    if confidence is not None and confidence < settings.get("min_confidence", 0.0):
        return "not_trusted"
    return "ended_at_once"


def host_text(reading: Reading) -> str:
    """What a competition's host gets: the dummy phrase if nothing was read."""
    return DUMMY_PHRASE if reading.reason else reading.text


def score(table: "pd.DataFrame", readings: Sequence[Reading], is_test: bool = False) -> dict[str, Any]:
    """Corpus scores of readings, row by row of the table: by the competition's distance, and by Damerau's.

    Args:
        is_test: The table is the hidden test, which may be empty; counts are told as well.
    """
    phrases, texts = table[LABEL].tolist(), [host_text(reading) for reading in readings]
    scores = {
        "score": normalized_score(phrases, texts) if phrases else None,
        "score_damerau": normalized_score(phrases, texts, transpositions=True) if phrases else None,
    }
    if not is_test:
        return scores
    counts = {"num_characters": sum(map(len, phrases))}
    if phrases:
        num_edits = np.array([edit_distance(*pair) for pair in zip(phrases, texts, strict=True)])
        counts |= {
            "num_edits": int(num_edits.sum()),
            "num_exact": int((num_edits == 0).sum()),
            "p_dummy": float(np.mean([text == DUMMY_PHRASE for text in texts])),
        }
    return {**scores, **counts}


def predictions(table: "pd.DataFrame", readings: Sequence[Reading], is_test: bool = False) -> "pd.DataFrame":
    """Texts beside their references.

    Args:
        is_test: The table is the hidden test: ``score`` is the row's own by the competition's distance. Otherwise it is
            by Damerau's, as the OOF merge takes it.
    """
    phrases, texts = table[LABEL].tolist(), [host_text(reading) for reading in readings]
    row_score = row_scores(phrases, texts, transpositions=not is_test)
    if not is_test:
        columns = ["file_id", "sequence_id", "participant_id", LABEL, "num_frames"]
        return table[columns].assign(prediction=texts, score=row_score)
    rows = table[["sequence_id", "participant_id", LABEL]].assign(prediction=texts)
    return rows.assign(num_edits=[edit_distance(*pair) for pair in zip(phrases, texts, strict=True)], score=row_score)


def test_clips(table: "pd.DataFrame", root: str | Path) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yields the position of each row of ``table`` and its clip (T, 390) float32, NaN kept, file by file.

    Clips are those that packing would store: rows by `frame`, a whole part in one point as NaN. A sequence without
    frames in its file is a clip of 0 frames; one that packing would skip for its rows has None.

    Args:
        root: What the table's ``path`` is relative to.

    Raises:
        UserError: A landmark file is absent, damaged or lacks a column.
    """
    from podium.landmarks.parquet import ParquetRecordings  # who reads arrays need not wait for it

    for path, rows in table.groupby("path", sort=False):
        recordings = ParquetRecordings(Path(root, path))
        positions = dict(zip(rows["sequence_id"].tolist(), rows.index.tolist(), strict=True))
        for sequence_id, x_TK in clips(recordings, positions):
            yield positions.pop(sequence_id), without_zeros(x_TK)[0]
        num_frames = recordings.num_frames()
        for sequence_id, position in positions.items():
            yield position, None if sequence_id in num_frames else np.empty((0, len(COLUMNS)), np.float32)


def edge_clips(x: np.ndarray, settings: Settings, recipe: Any) -> dict[str, np.ndarray]:
    """Clips at the edges of what may come in, cut from or made of a real one (T, 390), by name."""
    min_frames, max_frames = settings["min_frames"], recipe.data.max_frames
    frames = np.arange(max_frames + min(37, max_frames)) % len(x)
    return {
        "no frame": x[:0],
        "one frame": x[:1],
        "too short": x[: max(1, min_frames - 1)],
        "all missing": np.full((max(min_frames, min(len(x), max_frames)), x.shape[1]), np.nan, np.float32),
        "too long": x[frames],
    }


def example(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """A clip to time a file with: random landmarks (num_frames, 390), whose text is as long as it comes out."""
    return rng.normal(size=(num_frames, len(COLUMNS))).astype(np.float32)


def agree(expected: Outputs, found: Outputs, relative: float, settings: Settings) -> dict[str, Any]:
    """One clip of a file, or of TensorFlow, against torch: logits, texts and confidence.

    Rounding may tip a choice between two almost equal logits, or a confidence over the threshold. Such a tie passes
    with its gap, if the gap is within twice the tolerance; what follows it is another text and not compared.

    Args:
        expected: What torch says, see `podium.systems.fingerspelling.assembly`.
        found: What the file returns.
        relative: Tolerance, of the largest logit.
        settings: Built in; ``has_confidence`` says whether a confidence must be told.

    Returns:
        "passed"; "error", the largest of a logit (None if a side left it unread, 0 if both end at once); "gap", at
        which texts part, if they do; "texts", what a host gets from torch and from the file; "counts".
    """
    num_steps = int(expected["num_steps"])
    ids_S, logits_SV = expected["ids"][:num_steps], expected["logits"][:num_steps]
    rows_SV, is_dummy = rows_of(found), bool(expected["is_dummy"])
    confidence = float(expected[CONFIDENCE])
    told = float(np.asarray(found.get(CONFIDENCE, np.nan if settings["has_confidence"] else confidence)).item())
    compared = {"passed": False, "error": None, "gap": None}
    if rows_SV.ndim == 2 and rows_SV.shape[1] == NUM_CHARACTERS:
        compared = _compare(ids_S, logits_SV, confidence, is_dummy, rows_SV, relative, settings["min_confidence"])
        compared["passed"] = compared["passed"] and abs(told - confidence) <= relative
    text = DUMMY_PHRASE if is_dummy else decode(ids_S)
    found_text = "".join(CHARACTERS[index] for index in rows_SV[:, :NUM_CHARACTERS].argmax(axis=1))
    return {**compared, "texts": (text, found_text), "counts": {"num_dummy": int(is_dummy)}}


def _compare(
    ids_S: np.ndarray,
    logits_SV: np.ndarray,
    confidence: float,
    is_dummy: bool,
    rows_SV: np.ndarray,
    relative: float,
    min_confidence: float,
) -> dict[str, Any]:
    is_found_dummy = np.array_equal(rows_SV, DUMMY_SV)
    if is_found_dummy and is_dummy:
        return {"passed": True, "error": 0.0 if len(ids_S) else None, "gap": None}
    if len(ids_S) == 0 or is_found_dummy and confidence - relative < min_confidence:
        # One side gave the dummy phrase unread, which may happen at the threshold alone, and not if torch trusts the
        # clip and finds it too short.
        gap = abs(confidence - min_confidence)
        is_tie = gap <= relative and (len(ids_S) > 0 or confidence < min_confidence)
        return {"passed": is_tie, "error": None, "gap": gap}
    rows_SV = rows_SV[:0] if is_found_dummy else rows_SV
    parted = first_difference(ids_S[ids_S != END], rows_SV.argmax(axis=1))
    num_rows = len(rows_SV) if parted is None else min(parted + 1, len(rows_SV))
    result = compare_arrays(logits_SV[:num_rows, :NUM_CHARACTERS], rows_SV[:num_rows], relative)
    passed, gap = result["passed"], None
    if parted is not None:
        chosen = rows_SV[parted].argmax() if parted < len(rows_SV) else END
        logits_V = logits_SV[parted]
        gap = float(logits_V[ids_S[parted]] - logits_V[chosen])
        passed = passed and gap <= 2 * relative * max(1.0, float(np.abs(logits_V).max()))
    return {"passed": passed, "error": result["error"] if num_rows else None, "gap": gap}


def first_difference(ids_S: np.ndarray, other_S: np.ndarray) -> int | None:
    """The first position at which two texts differ, which may be the end of the shorter; None if they are equal."""
    length = min(len(ids_S), len(other_S))
    different = np.flatnonzero(ids_S[:length] != other_S[:length])
    if len(different):
        return int(different[0])
    return None if len(ids_S) == len(other_S) else length
