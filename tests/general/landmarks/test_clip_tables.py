"""What tables may hold and where they may come from: masks, empty columns, other libraries, other separators."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bound import as_clip, read_csv, read_given
from inspected import reported, rewrite
from raw_folder import landmark_frame, table, write_raw
from raw_folder import pack as pack_shard
from small_networks import random_clip, small_recipe, write_network

from podium import Recognizer
from podium.errors import ClipError
from podium.systems.fingerspelling.answers import open_clips
from podium.systems.fingerspelling.landmarks import COLUMNS

CLIP = random_clip(24)
HAND = [name for name in COLUMNS if "left_hand" in name]
HAND_PLACES = [COLUMNS.index(name) for name in HAND]
FRAME = pd.DataFrame(CLIP, columns=COLUMNS)[COLUMNS[::-1]].assign(frame=range(24))
WITHOUT_HAND = CLIP.copy()
WITHOUT_HAND[:, HAND_PLACES] = np.nan
ROWS = table(num_signers=2, clips_per_signer=2)


def only(path):
    (source,) = open_clips([path])
    (clip,) = source.clips()
    return clip


def hidden(clip, dtype=np.float32, below=999):
    """A masked array with values that make no sense below the mask."""
    return np.ma.masked_array(np.where(np.isnan(clip), below, clip).astype(dtype), np.isnan(clip))


MASKED = {
    "float32": lambda: hidden(WITHOUT_HAND),
    "float64": lambda: hidden(WITHOUT_HAND, np.float64),
    "a mask shared with another": lambda: np.ma.vstack([hidden(WITHOUT_HAND), hidden(WITHOUT_HAND)])[:24],
    "a hard mask, in Fortran order": lambda: np.ma.array(hidden(WITHOUT_HAND), order="F", hard_mask=True),
    "rows in a list": lambda: list(hidden(WITHOUT_HAND)),
    "infinite below": lambda: hidden(WITHOUT_HAND, below=np.inf),
}  # fmt: skip


@pytest.mark.parametrize("way", MASKED)
def test_masked_is_missing(way):
    np.testing.assert_array_equal(as_clip(MASKED[way]()), WITHOUT_HAND)


def test_a_mask_does_not_make_integers_landmarks():
    for dtype in (np.int32, bool):
        with pytest.raises(ClipError, match="type "):
            as_clip(np.ma.masked_array(np.ones((9, 390), dtype), np.eye(9, 390, dtype=bool)))


def test_what_is_no_mask_stays():
    torch = pytest.importorskip("torch")
    for same in (CLIP, CLIP.tolist(), torch.from_numpy(CLIP), np.ma.masked_array(CLIP), np.asmatrix(CLIP)):
        np.testing.assert_array_equal(as_clip(same), CLIP)
    with pytest.raises(ClipError, match="requires grad"):
        as_clip(torch.from_numpy(CLIP).requires_grad_())


NO_VALUES = {
    "null": lambda length: pa.nulls(length),
    "empty integers": lambda length: pa.nulls(length, pa.int64()),
    "empty text": lambda length: pa.array([""] * length),
    "blanks and nulls": lambda length: pa.array([None, *["  "] * (length - 1)]),
    "empty categories": lambda length: pa.array([""] * length).dictionary_encode(),
    "large text": lambda length: pa.nulls(length, pa.large_string()),
    "floats": lambda length: pa.nulls(length, pa.float64()),
}


def with_columns(found: pa.Table, names, column) -> pa.Table:
    for name in names:
        found = found.set_column(found.schema.get_field_index(name), name, column)
    return found


@pytest.mark.parametrize("way", NO_VALUES)
def test_columns_without_values_are_missing(tmp_path, way):
    """In a file of one clip, of several, in the library, and in packing."""
    found = with_columns(pa.Table.from_pandas(FRAME), HAND, NO_VALUES[way](24))
    pq.write_table(found, tmp_path / "one.parquet")
    several = found.append_column("sequence_id", pa.array([7] * 24))
    pq.write_table(several, tmp_path / "several.parquet")
    for name, one in (("one.parquet", None), ("several.parquet", 7)):
        clip = only(tmp_path / name)
        assert clip.sequence_id == one and clip.problem == ""
        np.testing.assert_array_equal(clip.content.landmarks_TK, WITHOUT_HAND)
    for given in (found, found.to_pandas(), pl.from_arrow(found)):
        np.testing.assert_array_equal(as_clip(given), WITHOUT_HAND)
    packed = pack_shard(tmp_path / "several.parquet", [7], set(), 1, tmp_path / "1.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "1.npy"), WITHOUT_HAND)
    assert packed.sequences["left_hand_share"].tolist() == [0]


@pytest.mark.parametrize("empty", ["", "NA", "None", " "])
def test_columns_without_values_in_csv(tmp_path, empty):
    FRAME.assign(**dict.fromkeys(HAND, empty)).to_csv(tmp_path / "clip.csv", index=False)
    np.testing.assert_allclose(only(tmp_path / "clip.csv").content.landmarks_TK, WITHOUT_HAND, rtol=1e-6)


@pytest.mark.parametrize("column", [pa.array(["0.5"] * 24), pa.array([None] * 23 + ["x"]), pa.array([b"x"] * 24)])
def test_columns_with_text_stay_an_error(tmp_path, column):
    found = with_columns(pa.Table.from_pandas(FRAME), HAND[:1], column)
    pq.write_table(found, tmp_path / "one.parquet")
    assert f"column {HAND[0]} is " in only(tmp_path / "one.parquet").problem
    with pytest.raises(ClipError, match=f"column {HAND[0]} is .*, not a number"):
        as_clip(found)


def test_inspect_takes_columns_without_values(tmp_path):
    write_raw(tmp_path, ROWS)
    hands = [name for name in landmark_frame(ROWS).columns if "left_hand" in name]
    rewrite(tmp_path, int(ROWS["file_id"].iloc[0]), lambda frame: frame.assign(**dict.fromkeys(hands)))
    split = reported(tmp_path)["splits"]["train"]
    assert split["num_sequences"] == len(ROWS) and split["missing"]["frames"]["left_hand"] == 1


NULLABLE = FRAME.assign(**{HAND[0]: pd.array([None, *CLIP[1:, HAND_PLACES[0]].tolist()], dtype="Float64")})
TABLES = {
    "pandas": lambda frame: frame,
    "pandas, nullable": lambda frame: frame.convert_dtypes(),
    "pandas, of arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, of objects": lambda frame: frame.astype(object).where(frame.notna(), None),
    "polars": pl.from_pandas,
    "polars, lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "pyarrow": pa.Table.from_pandas,
    "a batch of pyarrow": pa.RecordBatch.from_pandas,
    "a stream of pyarrow": lambda frame: pa.Table.from_pandas(frame).to_reader(),
    "whatever hands over arrow": lambda frame: Stranger(frame),
}


class Stranger:
    """A table that no library knows."""

    def __init__(self, frame):
        self._found = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema=None):
        return self._found.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("library", TABLES)
def test_tables_of_other_libraries(library):
    np.testing.assert_array_equal(as_clip(TABLES[library](FRAME)), CLIP)
    expected = CLIP.copy()
    expected[0, HAND_PLACES[0]] = np.nan
    np.testing.assert_array_equal(as_clip(TABLES[library](NULLABLE)), expected)
    several = pd.concat([FRAME.assign(sequence_id=1), FRAME.assign(sequence_id=2)])
    with pytest.raises(ClipError, match="the table holds 2 sequences"):
        as_clip(TABLES[library](several))
    with pytest.raises(ClipError, match=f"lacks the column.s. {COLUMNS[5]}$"):
        as_clip(TABLES[library](FRAME.drop(columns=COLUMNS[5])))
    scattered = read_given(TABLES[library](FRAME.sample(frac=1, random_state=0)))
    np.testing.assert_array_equal(scattered.landmarks_TK, CLIP)
    assert scattered.remarks == ("frames_sorted",)


class Columns:
    """Has columns, and is no table."""

    columns = COLUMNS


class Angry:
    """Claims to be an array."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no, I am\nnone")


@pytest.mark.parametrize(
    "given",
    [
        None, 3, "clip.npy", {"x": [1.0]}, Columns(), Columns, Angry(), object(), [[1.0], [1.0, 2.0]],
        FRAME[COLUMNS[0]], pl.Series([1.0]), pa.array([1.0]), FRAME.T, pd.DataFrame(CLIP),
        pd.DataFrame({5: [object()] * 9}), pd.DataFrame(CLIP[:, :2], columns=pd.MultiIndex.from_tuples(["xa", "yb"])),
    ],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_what_is_no_clip_is_said_to_be_none(given):
    with pytest.raises(ClipError) as told:
        as_clip(given)
    assert "\n" not in str(told.value)


def test_columns_that_nobody_reads_do_not_matter():
    crowded = FRAME.assign(what=[object()] * 24, mixed=[1, "a"] * 12, when=pd.Timestamp("2026-01-01"), whole=1)
    np.testing.assert_array_equal(as_clip(crowded), CLIP)
    nested = pl.from_pandas(FRAME).with_columns(pl.lit([1, 2]).alias("list"), pl.Series("o", [object()] * 24))
    np.testing.assert_array_equal(as_clip(nested), CLIP)


def test_the_library_reads_what_numpy_reads(tmp_path):
    recognizer = Recognizer(write_network(tmp_path, small_recipe(max_frames=64), seed=0))
    expected = recognizer.read(WITHOUT_HAND)
    assert recognizer.read(hidden(WITHOUT_HAND)) == expected != recognizer.read(CLIP)
    assert recognizer.read(pl.from_pandas(FRAME)) == recognizer.read(CLIP)


CSV = {
    "semicolons and decimal commas": {"sep": ";", "decimal": ",", "na_rep": "NA"},
    "semicolons and points": {"sep": ";"},
    "tabs": {"sep": "\t"},
    "tabs and decimal commas": {"sep": "\t", "decimal": ",", "quoting": 1},
    "a byte-order mark": {"encoding": "utf-8-sig"},
    "semicolons, all in quotes": {"sep": ";", "decimal": ",", "quoting": 1, "encoding": "utf-8-sig"},
    "an index without a name": {"index": True},
}  # fmt: skip


@pytest.mark.parametrize("way", CSV)
def test_separators(tmp_path, way):
    FRAME.to_csv(tmp_path / "clip.csv", **{"index": False, **CSV[way]})
    clip = only(tmp_path / "clip.csv")
    assert clip.problem == "" and clip.content.remarks == ()
    np.testing.assert_allclose(clip.content.landmarks_TK, CLIP, rtol=1e-6)
    several = pd.concat([FRAME.assign(sequence_id=one) for one in (5, 9)])
    several.to_csv(tmp_path / "several.csv", **{"index": False, **CSV[way]})
    (source,) = open_clips([tmp_path / "several.csv"])
    assert [clip.sequence_id for clip in source.clips()] == [5, 9]


@pytest.mark.parametrize("sep", ["|", " "])
def test_other_separators_are_named(tmp_path, sep):
    FRAME.to_csv(tmp_path / "clip.csv", sep=sep, index=False)
    assert "separate its fields by commas, semicolons or tabs" in only(tmp_path / "clip.csv").problem


def test_numbers_of_thousands_are_no_decimals(tmp_path):
    """Points and commas mixed are text, and said to be."""
    FRAME.assign(**{COLUMNS[0]: "1.234,5"}).to_csv(tmp_path / "clip.csv", sep=";", decimal=",", index=False)
    assert f"column {COLUMNS[0]} is text" in only(tmp_path / "clip.csv").problem


@pytest.mark.parametrize("sep", [";", "\t", ","])
def test_tables_of_the_competition(tmp_path, sep):
    rows = ROWS.drop(columns="num_frames").assign(phrase=["a, b", "1,5; c", "0,5", "d"])
    rows.to_csv(tmp_path / "train.csv", sep=sep, index=False, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(read_csv(tmp_path / "train.csv").drop(columns="skipped"), rows, check_dtype=False)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_row_per_landmark_is_told_to_be_pivoted(tmp_path, suffix):
    rows = pd.DataFrame({"frame": [3], "row_id": ["3-face-0"], "type": ["face"], "landmark_index": [0]})
    rows = rows.assign(x=0.5, y=0.5, z=0.0)
    path = tmp_path / f"long{suffix}"
    rows.to_parquet(path) if suffix == ".parquet" else rows.to_csv(path, index=False)
    assert only(path).problem.endswith("it has a row per landmark: pivot it to a row per frame")
