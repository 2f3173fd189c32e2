"""The virtual corpus on disk: the fingerspelling competition's raw layout.

The tables follow from the seed alone and cost little; each landmark file can then be written by itself, in
any order and on any machine, with the same bytes.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.landmarks.mediapipe import PART_SIZES, RAW_COLUMNS
from podium.storage.files import atomic_path, write_json
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.everyday import record_everyday, sample_everyday_person
from podium.systems.fingerspelling.corpus.person import Person, sample_person
from podium.systems.fingerspelling.corpus.phrases import sentence, training_phrase, with_all_characters
from podium.systems.fingerspelling.corpus.section import Conditions, SyntheticSource
from podium.systems.fingerspelling.corpus.words import everyday_text
from podium.systems.fingerspelling.text import CHARACTERS

SPLITS = ("train", "supplemental", "test")  # in the order of their random streams
_FIRST_FILE_ID = {"train": 100_000_000, "supplemental": 300_000_000, "test": 500_000_000}
_FILE_ID_STEP = 1_013
# Coordinates are multiples of 1/RESOLUTION, a thirtieth of a pixel, far below the jitter: halves the files.
RESOLUTION = np.float32(2**15)
# Purposes of random streams; part of what a seed means, so never renumber.
_PHRASES, _IDS, _SIGNERS, _PERSON, _CLIP = range(5)


@dataclass(frozen=True)
class Plan:
    """What the corpus will hold.

    Attributes:
        source: The configuration.
        tables: By split, a frame with the columns path, file_id, sequence_id, participant_id, phrase.
    """

    source: SyntheticSource
    tables: dict[str, pd.DataFrame]


def file_ids(source: SyntheticSource, split: str) -> list[int]:
    """Ids of a split's landmark files; known without drawing anything."""
    num_files = -(-_num_sequences(source)[split] // source.sequences_per_file)
    return [_FIRST_FILE_ID[split] + _FILE_ID_STEP * index for index in range(num_files)]


def plan_corpus(source: SyntheticSource) -> Plan:
    """Draws phrases, ids and who signs what. Deterministic and cheap."""
    counts = _num_sequences(source)
    numbers = (source.num_train_signers, source.num_test_signers, source.num_supplemental_signers)
    participants = _stream(source, _IDS, 0).permutation(2 * sum(numbers))[: sum(numbers)]
    train, test, supplemental = np.split(participants, np.cumsum(numbers[:-1]))
    # The hidden test has signers of its own.
    signers = {"train": train, "supplemental": supplemental if len(supplemental) else train, "test": test}
    sequence_ids = _distinct_ids(sum(counts.values()), _stream(source, _IDS, 1))
    tables = {}
    for split, count in counts.items():
        files = np.repeat(np.array(file_ids(source, split), dtype=np.int64), source.sequences_per_file)[:count]
        turns = np.resize(signers[split], count)  # one after the other, so that all sign about equally often
        ids, sequence_ids = np.split(sequence_ids, [count])
        tables[split] = pd.DataFrame({
            "path": [f"{split}_landmarks/{file_id}.parquet" for file_id in files],
            "file_id": files,
            "sequence_id": ids,
            "participant_id": _stream(source, _SIGNERS, SPLITS.index(split)).permutation(turns),
            "phrase": _phrases(source, split, count),
        })  # fmt: skip
    return Plan(source, tables)


def write_tables(plan: Plan, root: str | Path) -> None:
    """Writes the three csv tables and the character map under ``root``."""
    root = Path(root)
    for split, table in plan.tables.items():
        with atomic_path(root / CSV_NAMES[split]) as partial:
            table.to_csv(partial, index=False)
    write_json(root / "character_to_prediction_index.json", {c: index for index, c in enumerate(CHARACTERS)})


def write_raw_file(plan: Plan, split: str, file_id: int, path: str | Path) -> None:
    """Writes one landmark file to ``path``.

    Raises:
        UserError: The split has no such file.
    """
    source = plan.source
    known = file_ids(source, split)
    if file_id not in known:
        span = f"{known[0]} … {known[-1]}" if known else "none"
        raise UserError(f"split '{split}' has no file {file_id}; its files are {span}")
    table = plan.tables[split]
    rows = table[table["file_id"] == file_id]
    clips = []
    for row in rows.itertuples():
        clips.append(_record(source, row.participant_id, row.sequence_id, row.phrase))
    lengths = [len(clip) for clip in clips]
    frame = np.concatenate([np.arange(length, dtype=np.int16) for length in lengths])
    sequence = np.repeat(rows["sequence_id"].to_numpy(), lengths)
    # All x, then all y, then all z; one contiguous row per column.
    values = np.concatenate([_rows(clip) for clip in clips], axis=1)
    # A part is found or missing as a whole, so that one of its rows tells for all.
    is_missing_of = {part: np.isnan(values[RAW_COLUMNS.index(f"x_{part}_0") - 1]) for part in PART_SIZES}
    arrays = [pa.array(frame)]
    for name, row in zip(RAW_COLUMNS[1:], values, strict=True):
        is_missing = is_missing_of[name[2:].rsplit("_", 1)[0]]
        arrays.append(pa.array(row, mask=is_missing) if is_missing.any() else pa.array(row))
    arrays.append(pa.array(sequence))
    with atomic_path(path) as partial:
        # Neighbouring floats share their high bytes: split by byte they compress to two thirds, and fast.
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=_schema()), partial, compression="zstd", compression_level=1,
            use_dictionary=False, use_byte_stream_split=RAW_COLUMNS[1:],
        )  # fmt: skip


def _record(source: SyntheticSource, participant: int, sequence: int, phrase: str) -> np.ndarray:
    rng = _stream(source, _CLIP, sequence)
    if source.conditions:
        person = _everyday_person(source.seed, participant, source.conditions)
        return record_everyday(phrase, person, source.conditions, rng, source.jitter, source.gaps)
    person = _person(source.seed, participant)
    return record(phrase, person, source.mean_frames_per_character, rng, source.jitter, source.gaps)


def _rows(clip_FL3: np.ndarray) -> np.ndarray:
    """A clip (F, 543, 3) as one row per raw column, (1629, F) float32, in multiples of 1/RESOLUTION."""
    clip_FL3 *= RESOLUTION
    np.rint(clip_FL3, out=clip_FL3)
    clip_FL3 /= RESOLUTION
    return clip_FL3.transpose(2, 1, 0).reshape(len(RAW_COLUMNS) - 1, -1)


@functools.cache
def _schema() -> pa.Schema:
    """The schema pandas would write: 1630 columns and the index ``sequence_id``."""
    empty = pd.DataFrame(
        {name: np.zeros(0, np.int16 if name == "frame" else np.float32) for name in RAW_COLUMNS},
        index=pd.Index(np.zeros(0, np.int64), name="sequence_id"),
    )
    return pa.Schema.from_pandas(empty)


@functools.lru_cache(maxsize=512)
def _person(seed: int, participant: int) -> Person:
    return sample_person(_generator(seed, _PERSON, participant))


@functools.lru_cache(maxsize=512)
def _everyday_person(seed: int, participant: int, conditions: Conditions) -> Person:
    return sample_everyday_person(_generator(seed, _PERSON, participant), conditions)


def _stream(source: SyntheticSource, *purpose: int) -> np.random.Generator:
    return _generator(source.seed, *purpose)


def _generator(seed: int, *purpose: int) -> np.random.Generator:
    """An independent generator for one purpose."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(n) for n in purpose)))


def _num_sequences(source: SyntheticSource) -> dict[str, int]:
    counts = (source.num_train_sequences, source.num_supplemental_sequences, source.num_test_sequences)
    return dict(zip(SPLITS, counts, strict=True))


def _phrases(source: SyntheticSource, split: str, count: int) -> list[str]:
    rng = _stream(source, _PHRASES, SPLITS.index(split))
    limits = (source.min_characters, source.max_characters)
    if source.conditions:
        is_empty = rng.random(count) < source.conditions.p_empty
        texts = [everyday_text(rng, *limits) for _ in range(count)]
        return ["" if empty else text for text, empty in zip(texts, is_empty, strict=True)]
    if split == "supplemental":
        spell = sentence if source.supplemental_phrases == "sentences" else training_phrase
        distinct = [spell(rng, *limits) for _ in range(source.num_supplemental_phrases)]
        return [distinct[index] for index in rng.integers(0, len(distinct), count)]
    phrases = [training_phrase(rng, *limits) for _ in range(count)]
    return with_all_characters(phrases, rng) if split == "train" else phrases


def _distinct_ids(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) distinct int64 below 2³¹, in random order."""
    ids = np.unique(rng.integers(2**20, 2**31, 2 * count + 16))
    return rng.permutation(ids)[:count]
