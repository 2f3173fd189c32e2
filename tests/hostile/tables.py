"""Parquet and csv files that are none, lie, or hold something else."""

import io
import re
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hostile.cases import RUINED, Case, Spoil, overwritten, spoiled
from hostile.commands import RAW, SHARD
from podium.systems.fingerspelling.landmarks import COLUMNS

_PARQUET = {
    **RUINED,
    "cut off at the end": lambda content: content[:-1],
    "tail overwritten": lambda content: overwritten(content, 1, 0)[:-8] + b"\xff" * 8,
    "a footer of 2 GB": lambda content: content[:-8] + b"\xff\xff\xff\x7fPAR1",
    "footer of zeros": lambda content: content[: -8 - _footer(content)] + bytes(_footer(content)) + content[-8:],
    "said to be encrypted": lambda content: content[:-4] + b"PARE",
}


def _footer(content: bytes) -> int:
    return int.from_bytes(content[-8:-4], "little")


def _edited(edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    def spoil(content: bytes) -> bytes:
        buffer = io.BytesIO()
        edit(pd.read_parquet(io.BytesIO(content))).to_parquet(buffer)
        return buffer.getvalue()

    return spoil


def _retyped(column: str, array: Callable[[int], pa.Array]) -> Spoil:
    """Another column in a column's place."""

    def spoil(content: bytes) -> bytes:
        found = pq.read_table(io.BytesIO(content))
        place, buffer = found.schema.get_field_index(column), io.BytesIO()
        pq.write_table(found.set_column(place, column, array(len(found))), buffer)
        return buffer.getvalue()

    return spoil


def _promising(num_rows: int) -> Spoil:
    """A footer that tells of other rows than there are: field 3 of FileMetaData, behind which a list stands."""

    def spoil(content: bytes) -> bytes:
        rows = pq.ParquetFile(io.BytesIO(content)).metadata.num_rows
        footer = content[-8 - _footer(content) : -8]
        told, other = b"\x16" + _varint(2 * rows) + b"\x19", b"\x16" + _varint(2 * num_rows) + b"\x19"
        assert footer.count(told) == 1
        footer = footer.replace(told, other)
        return content[: -8 - _footer(content)] + footer + len(footer).to_bytes(4, "little") + b"PAR1"

    return spoil


def _varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _bomb(num_rows: int, with_ids: bool) -> bytes:
    """Rows without end in a few kilobytes: every column is one value over and over."""
    value = pa.DictionaryArray.from_arrays(pa.array([0] * num_rows, pa.int8()), pa.array([0.5], pa.float32()))
    columns = {"sequence_id": pa.array([1000] * num_rows, pa.int64())} if with_ids else {}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns | dict.fromkeys(COLUMNS, value)), buffer, store_schema=False, compression="zstd")
    return buffer.getvalue()


_TYPES = {
    "text": lambda length: pa.array(["0.5"] * length),
    "lists": lambda length: pa.array([[0.5]] * length),
    "records": lambda length: pa.array([{"x": 0.5}] * length),
    "days": lambda length: pa.array([1] * length, pa.date32()),
    "bytes": lambda length: pa.array([b"\xff\x00"] * length),
    "nothing": lambda length: pa.nulls(length),
}
_RAW_PARQUET = {
    **{f"x_face_0 holds {name}": _retyped("x_face_0", array) for name, array in _TYPES.items() if name != "nothing"},
    **{f"sequence_id holds {name}": _retyped("sequence_id", array) for name, array in _TYPES.items()},
    "sequence_id beyond 63 bits": _retyped("sequence_id", lambda length: pa.array([2**64 - 1] * length, pa.uint64())),
    "sequence_id with gaps": _retyped("sequence_id", lambda length: pa.array([None] * length, pa.int64())),
    "no columns": _edited(lambda frame: frame.reset_index(drop=True)[[]]),
    "twice the same column": lambda content: _doubled(content, "x_face_0"),
    "data of zeros": lambda content: content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :],
    "2^60 rows": _promising(2**60),
    "fewer rows than none": _promising(2**63 - 1),
}
# What the commands between have written, and something has spoiled since.
_OURS = {
    "index": {"data/sequences.parquet": "sequence_id", f"{SHARD}.parquet": "sequence_id"},
    "pack": {"data/sequences.parquet": "file_id"},
    "merge": {"oof.parquet": "score", "data/index.parquet": "split", "data/folds.parquet": "fold"},
    "import scores": {"data/index.parquet": "phrase", "data/folds.parquet": "participant_id"},
    "train": {"data/index.parquet": "offset", "data/folds.parquet": "fold"},
    "try": {"data/index.parquet": "num_frames"},
    "evaluate file": {"hidden.parquet": "phrase"},
}
_FEW = ("empty", "a web page", "cut in half", "footer of zeros")


def _doubled(content: bytes, column: str) -> bytes:
    found, buffer = pq.read_table(io.BytesIO(content)), io.BytesIO()
    pq.write_table(found.append_column(column, found[column]), buffer)
    return buffer.getvalue()


def parquet_cases() -> list[Case]:
    """Landmarks, clips, and the tables that one command leaves for the next."""
    of_raw = {name: way for name, way in _PARQUET.items() if name != "head overwritten"}  # a column that nobody reads
    cases = spoiled("parquet", "pack", RAW, {**of_raw, **_RAW_PARQUET})
    cases += spoiled("parquet", "predict raw", RAW, {**of_raw, **_RAW_PARQUET})
    cases += spoiled("parquet", "predict parquet", "clips/clip.parquet", _PARQUET)
    for command, files in _OURS.items():
        for file, column in files.items():
            ways = {
                **{f"{file} {name}": _PARQUET[name] for name in _FEW},
                f"{file} without {column}": _edited(lambda frame, column=column: frame.drop(columns=column)),
                f"{file}: {column} of lists": _retyped(column, _TYPES["lists"]),
                f"{file}: {column} of nothing": _retyped(column, _TYPES["nothing"]),
            }
            cases += spoiled("parquet", command, file, ways, file)
    frames = {
        "num_frames of 0": _edited(lambda frame: frame.assign(num_frames=0)),
        "offset and num_frames of 2^62": _edited(lambda frame: frame.assign(offset=2**62, num_frames=2**62)),
    }
    cases += spoiled("parquet", "predict shard", f"{SHARD}.parquet", frames, "its table tells of others")
    bombs = {"a clip of 140,000 frames": lambda _: _bomb(140_000, with_ids=False)}
    cases += spoiled("parquet", "predict parquet", "clips/clip.parquet", bombs, "frames")
    bombs = {"a sequence of 140,000 frames": lambda _: _bomb(140_000, with_ids=True)}
    cases += spoiled("parquet", "predict raw", RAW, bombs, "frames")
    return cases + spoiled("parquet", "evaluate file", RAW, {"2^40 rows": _promising(2**40)}, "rows")


_CSV = {
    "empty": "",
    "nothing but line ends": "\n\n\n",
    "NUL bytes": bytes(4096),
    "not UTF-8": bytes(range(128, 256)) * 40,
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "a web page": RUINED["a web page"],
    "a quote that never ends": lambda content: content.replace(b"\n", b'\n"', 1),
    "rows of other lengths": lambda content: content + b"1,2,3,4,5,6,7,8,9,10,11,12\n",
    "a surplus field in every row": lambda content: content.replace(b"\n", b",0.5\n").replace(b",0.5\n", b"\n", 1),
    "a parquet file": b"PAR1" + bytes(100) + b"PAR1",
    "another header": lambda content: b"a" + content,
    "header twice in one line": lambda content: content.replace(b"\n", b"," + content.split(b"\n")[0] + b"\n", 1),
    "100,000 columns": ",".join(f"c{number}" for number in range(100_000)) + "\n",
}


def _field(column: str, value: str) -> Spoil:
    """Another value in the third row."""

    def spoil(content: bytes) -> bytes:
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        frame.loc[1, column] = value
        return frame.to_csv(index=False).encode()

    return spoil


_NO_IDS = ("", "anna", "1.5", "-1", "1e3", "9" * 40, "9" * 19, "٣", "0x10", "nan", " ", "1,000", "1\x00", "\udcff")


def csv_cases() -> list[Case]:
    """The competition's tables, published scores, folds of one's own, clips."""
    cases = spoiled("csv", "list", "raw/train.csv", _CSV, "train.csv")
    for value in _NO_IDS[:-1]:
        ways = {f"sequence_id {value!r}": _field("sequence_id", value)}
        cases += spoiled("csv", "list", "raw/train.csv", ways, "train.csv")
    paths = ("../../etc/passwd", "/etc/passwd", "train_landmarks/../1.parquet", "train_landmarks/1.parquet\x00", "")
    cases += spoiled("csv", "list", "raw/train.csv", {f"path {one!r}": _field("path", one) for one in paths}, "path")
    scores = {f"score {one!r}": _field("score", one) for one in ("", "high", "inf", "-inf", "nan", "1e400", "2", "1_0")}
    ids = {f"sequence_id {one!r}": _field("sequence_id", one) for one in ("", "9" * 40, "1.5", "-1")}
    cases += spoiled("csv", "import scores", "oof.csv", {**_CSV, **scores, **ids})
    folds = {f"fold {one!r}": _field("fold", one) for one in ("", "9" * 40, "1.5", "7", "-9", "left", "nan", "1e400")}
    even = {name: way for name, way in _CSV.items() if name != "rows of other lengths"}  # a short row has gaps
    narrow = {name: way for name, way in even.items() if name != "a surplus field in every row"}  # two columns are read
    for case in spoiled("csv", "index", "folds.csv", {**narrow, **folds}):
        cases.append(Case("csv", "index", f"folds.table, {case.name}", _with_own_folds(case), "folds.csv"))
    values = {f"x_face_0 {value!r}": _field("x_face_0", value) for value in ("left", "inf", "1e400", "0,5", "\x00")}
    return cases + spoiled("csv", "predict csv", "clips/clip.csv", {**even, **values})


def _with_own_folds(case: Case) -> Callable:
    def prepare(place):
        dataset = place.read("dataset.yaml")
        place.write("dataset.yaml", re.sub(rb"^folds:", b"folds:\n  table: folds.csv", dataset, flags=re.M))
        case.prepare(place)

    return prepare
