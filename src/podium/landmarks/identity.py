"""Which clip each row of a table belongs to: by `sequence_id`, by another column of ids, or by frames that begin anew.

Legend: F rows.
"""

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from podium.errors import UserError
from podium.landmarks.frames import are_clips, are_told_apart, arrange, stretches, whole
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.rows import Rows, can_be_ids, floats, in_words

INDEX_COLUMN = "sequence_id"
# Names as `_spelling` gives them.
RATE_NAMES = ("fps", "framerate", "framespersecond")
FRAME_NAMES = (
    "frame", "framenumber", "frameindex", "frameidx", "framenum", "frameno", "framenr", "frameid",
)  # fmt: skip
_ID_NAMES = (
    "sequence", "seqid", "clipid", "clip", "clipname", "videoid", "video", "videoname", "recordingid", "recording",
    "takeid", "take", "sampleid", "sample", "filename", "file", "filepath", "path", "uuid", "id",
)  # fmt: skip
_PERSON_NAMES = ("personid", "person", "trackid", "track", "signerid", "signer", "participantid", "participant")
_LANDMARKS = frozenset(RAW_COLUMNS)
_UNNAMED_INDEX = r"__index_level_\d+__|Unnamed: 0|"  # as pandas writes one into parquet, and into csv


@dataclass(frozen=True)
class Identity:
    """Whose rows they are.

    Attributes:
        ids_F: (F,) int64: the sequence of each row.
        labels: What a sequence is called in the table; those that are not here go by their id.
        remark: A kind of `remarks.MEANINGS`, if there are or may be several clips and no column `INDEX_COLUMN`.
    """

    ids_F: np.ndarray
    labels: dict[int, int | str | None]
    remark: str = ""


def spelled(schema: pa.Schema, *names: str) -> str | None:
    """The column that has one of these names, in this or another spelling; None if there is none."""
    for name in names:
        if name in schema.names:
            return name
    return next((name for name in schema.names if is_named(name, *names)), None)


def is_named(name: str, *names: str) -> bool:
    """Whether a column has one of some names, in this or another spelling."""
    return _spelling(name) in map(_spelling, names)


def frame_numbers(rows: Rows) -> np.ndarray | None:
    """(F,) float64, as `podium.landmarks.frames.whole` returns them; None if rows have no numbers.

    Raises:
        UserError: The column holds text or something else that is no number.
    """
    name = spelled(rows.schema, *FRAME_NAMES)
    if name is None:
        return _range_index(rows)
    rows.check([name])
    rows.check_numbers([name])
    return whole(floats(rows.column(name).combine_chunks()))


def identify(rows: Rows, frames_F: np.ndarray | None) -> Identity:
    """The clip of each row.

    Raises:
        UserError: The column `INDEX_COLUMN` does not hold integers.
    """
    if INDEX_COLUMN in rows.schema.names:
        return Identity(_sequence_ids(rows), {})
    if own := spelled(rows.schema, INDEX_COLUMN):
        if not can_be_ids(rows.schema.field(own).type) or (found := _codes(rows, own)) is None:
            raise UserError(f"{rows.name}: column {own} has empty fields, or neither integers nor text")
        return Identity(*found, "clips_by_id" if len(found[1]) > 1 else "")
    numbers = Counter(rows.schema.names)  # which pyarrow lists anew whenever they are asked for
    candidates = [name for name, number in numbers.items() if number == 1 and _may_be_id(rows, name)]
    indexes = [name for name in _pandas_indexes(rows.schema) if isinstance(name, str)]
    if (found := _by_names(rows, _named(candidates, _ID_NAMES), frames_F)) is not None:
        return Identity(*found, "clips_by_id")
    for name in candidates:
        if name in indexes or re.fullmatch(_UNNAMED_INDEX, name):
            found = _codes(rows, name)
            if found is not None and _are_ids(found[0], False, frames_F):
                return Identity(*found, "clips_by_id")
    one_F = np.zeros(rows.num_rows, np.int64)
    if frames_F is not None and [one.problem for one in arrange(one_F, frames_F).values()] == ["repeated_frames"]:
        for name in _named(candidates, _PERSON_NAMES):  # several people at a time
            found = _codes(rows, name)
            if found is not None and _are_ids(found[0], True, frames_F):
                return Identity(*found, "clips_by_id")
        all_found = [found for name in candidates if (found := _codes(rows, name)) is not None]
        telling = [found for found in all_found if are_told_apart(found[0], frames_F)]
        if telling and all(np.array_equal(codes_F, telling[0][0]) for codes_F, _ in telling):
            return Identity(*telling[0], "clips_by_id")
        stretches_F = stretches(frames_F)
        if are_clips(stretches_F, frames_F):
            return Identity(stretches_F, {}, "clips_split")
        return Identity(one_F, {0: None})
    may_be_several = any(
        (found := _codes(rows, name)) is not None and _are_ids(found[0], False, frames_F) for name in candidates
    )
    return Identity(one_F, {0: None}, "clips_not_split" if may_be_several else "")


def _sequence_ids(rows: Rows) -> np.ndarray:
    rows.check([INDEX_COLUMN])
    kind = rows.schema.field(INDEX_COLUMN).type
    if not pa.types.is_integer(kind):
        raise UserError(f"{rows.name}: column {INDEX_COLUMN} is {in_words(kind)}, not an integer")
    parts = [np.empty(0, np.int64)]
    for batch in rows.batches([INDEX_COLUMN]):
        ids = batch.column(0)
        if ids.null_count:
            raise UserError(f"{rows.name}: column {INDEX_COLUMN} has empty fields")
        ids_F = ids.to_numpy(zero_copy_only=False).astype(np.int64)
        if pa.types.is_uint64(kind) and (ids_F < 0).any():
            raise UserError(f"{rows.name}: column {INDEX_COLUMN} has an id beyond 63 bits; give it another")
        parts.append(ids_F)
    return np.concatenate(parts)


def _may_be_id(rows: Rows, name: str) -> bool:
    if name in _LANDMARKS or is_named(name, *FRAME_NAMES, *RATE_NAMES):
        return False
    return can_be_ids(rows.schema.field(name).type)


def _by_names(
    rows: Rows, names: list[str], frames_F: np.ndarray | None
) -> tuple[np.ndarray, dict[int, int | str | None]] | None:
    """Ids from all columns with names of ids together, such as a video and a take of it; None if there are none."""
    all_found = [found for name in names if (found := _codes(rows, name)) is not None]
    all_found = [found for found in all_found if 1 < len(found[1]) < rows.num_rows]
    if len(all_found) > 1:
        places_FN = np.stack([codes_F for codes_F, _ in all_found], axis=1)
        keys_SN, ids_F = np.unique(places_FN, axis=0, return_inverse=True)
        labels = {
            one: "/".join(str(found[1][place]) for place, found in zip(key_N, all_found, strict=True))
            for one, key_N in enumerate(keys_SN.tolist())
        }
        if all(len(keys_SN) > len(found[1]) for found in all_found):
            all_found.insert(0, (ids_F, labels))
    return next((found for found in all_found if _are_ids(found[0], True, frames_F)), None)


def _codes(rows: Rows, name: str) -> tuple[np.ndarray, dict[int, int | str | None]] | None:
    """Values by number, in the order in which they begin; None if fields are empty."""
    values = rows.column(name).combine_chunks()
    if pa.types.is_floating(values.type):  # as pandas makes integers if one is missing
        try:
            values = values.cast(pa.int64())
        except pa.ArrowInvalid:
            return None
    encoded = values.dictionary_encode()
    if encoded.null_count:
        return None
    codes_F = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    labels = encoded.dictionary.to_pylist()
    return codes_F, {one: label if type(label) in (int, str) else str(label) for one, label in enumerate(labels)}


def _are_ids(codes_F: np.ndarray, has_name: bool, frames_F: np.ndarray | None) -> bool:
    """Whether a column's values are ids of several clips: fewer than rows, and no frame number twice under one of them.

    Each value of an index without a name must stand in one stretch. In tables that were put together, the values of
    such an index repeat.
    """
    num_clips = len(np.unique(codes_F))
    if not 1 < num_clips < len(codes_F):
        return False
    if not has_name and np.count_nonzero(np.diff(codes_F)) + 1 > num_clips:
        return False
    return not any(sequence.problem == "repeated_frames" for sequence in arrange(codes_F, frames_F).values())


def _pandas_indexes(schema: pa.Schema) -> list[str | dict]:
    """What pandas had for an index: names of columns, and descriptions of ranges, which are no columns."""
    try:
        found = schema.pandas_metadata["index_columns"]
    except (ValueError, TypeError, KeyError):  # none, or of another tool
        return []
    return found if isinstance(found, list) else []


def _range_index(rows: Rows) -> np.ndarray | None:
    """(F,) float64: the numbers of a pandas index with a name for frames, which pandas has stored as a range."""
    for index in _pandas_indexes(rows.schema):
        if isinstance(index, dict) and is_named(str(index.get("name")), *FRAME_NAMES):
            start, stop, step = (index.get(key) for key in ("start", "stop", "step"))
            with suppress(TypeError, ValueError):
                if len(range(start, stop, step)) == rows.num_rows:
                    return whole(start + step * np.arange(rows.num_rows))
    return None


@lru_cache(maxsize=4096)  # a table of landmarks has a thousand columns, asked for time and again
def _spelling(name: str) -> str:
    """A name without capitals and signs: sequenceId, Sequence-ID and sequence_id are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _named(candidates: list[str], names: tuple[str, ...]) -> list[str]:
    """Those of the candidates that have one of some names, in the order of the names."""
    found = [name for name in candidates if _spelling(name) in names]
    return sorted(found, key=lambda name: names.index(_spelling(name)))
