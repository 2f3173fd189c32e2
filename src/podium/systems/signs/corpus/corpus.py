"""The virtual corpus on disk: the raw layout of the isolated-sign competition.

The tables follow from the configuration alone and cost little; each signer's folder can then be written by itself, in
any order and on any machine, with the same bytes.
"""

import functools
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podium.errors import UserError
from podium.storage.files import atomic_path
from podium.systems.signs.corpus.clip import record
from podium.systems.signs.corpus.dictionary import SIGNS
from podium.systems.signs.corpus.long_files import write_long
from podium.systems.signs.corpus.section import SyntheticSource
from podium.systems.signs.corpus.signer import Signer, sample_manner, sample_signer

_FIRST_SIGNER = {"train": 10_007, "test": 70_001}  # participant ids have five digits in the competition
_SIGNER_STEP = 17
# Purposes of random streams; part of what a seed means, so never renumber.
_IDS, _TURNS, _SIGNER, _MANNER, _CLIP = range(5)


@dataclass(frozen=True)
class Plan:
    """What the corpus will hold.

    Attributes:
        source: The configuration.
        tables: By split, a frame with the columns participant_id, sequence_id, sign.
    """

    source: SyntheticSource
    tables: dict[str, pd.DataFrame]


def signers(source: SyntheticSource, split: str) -> list[int]:
    """Ids of a split's signers; known without drawing anything."""
    number = {"train": source.num_train_signers, "test": source.num_test_signers}[split]
    number = min(number, _num_clips(source)[split])
    return [_FIRST_SIGNER[split] + _SIGNER_STEP * index for index in range(number)]


def plan_corpus(source: SyntheticSource) -> Plan:
    """Draws ids, and who signs what: each signer signs all signs about equally often."""
    counts = _num_clips(source)
    ids = _distinct_ids(sum(counts.values()), _stream(source, _IDS))
    tables = {}
    for place, (split, count) in enumerate(counts.items()):
        names, people = source.signs or list(SIGNS), signers(source, split)
        rng = _stream(source, _TURNS, place)
        signs: list[str] = []
        while len(signs) < count:  # each sign once, then each once more
            signs += rng.permutation(names).tolist()
        own, ids = np.split(ids, [count])
        tables[split] = pd.DataFrame({
            "participant_id": np.repeat(people, -(-count // max(len(people), 1)))[:count].astype(np.int64),
            "sequence_id": own,
            "sign": signs[:count],
        })  # fmt: skip
    return Plan(source, tables)


def write_signer(plan: Plan, split: str, signer: int, folder: str | Path) -> None:
    """Writes the clips of one signer, ``{sequence_id}.parquet`` each, into a folder of their own.

    Raises:
        UserError: The split has no such signer.
    """
    table = plan.tables[split]
    rows = table[table["participant_id"] == signer]
    if rows.empty:
        raise UserError(f"split '{split}' has no signer {signer}; its first is {signers(plan.source, split)[:1]}")
    with atomic_path(folder) as partial:
        partial.mkdir()
        for row in rows.itertuples():
            x_FL3 = clip(plan.source, signer, row.sequence_id, row.sign)
            first_frame = int(_stream(plan.source, _CLIP, row.sequence_id, 1).gamma(3.0, 8.0))
            write_long(partial / f"{row.sequence_id}.parquet", x_FL3, first_frame)


def clip(source: SyntheticSource, signer: int, sequence_id: int, sign: str) -> np.ndarray:
    """(F, 543, 3) float32: one clip as MediaPipe would report it."""
    manner = sample_manner(_stream(source, _MANNER, signer, zlib.crc32(sign.encode())), source.variety)
    rng = _stream(source, _CLIP, sequence_id)
    person = _signer(source.seed, signer, source.variety)
    return record(SIGNS[sign], person, manner, source.median_frames, rng, source.jitter, source.gaps)


@functools.lru_cache(maxsize=64)
def _signer(seed: int, signer: int, variety: float) -> Signer:
    return sample_signer(_generator(seed, _SIGNER, signer), variety)


def _stream(source: SyntheticSource, *purpose: int) -> np.random.Generator:
    return _generator(source.seed, *purpose)


def _generator(seed: int, *purpose: int) -> np.random.Generator:
    """An independent generator for one purpose."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(int(n) for n in purpose)))


def _num_clips(source: SyntheticSource) -> dict[str, int]:
    return {"train": source.num_train_clips, "test": source.num_test_clips}


def _distinct_ids(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) distinct int64 below 2³², in random order."""
    ids = np.unique(rng.integers(2**20, 2**32, 2 * count + 16))
    return rng.permutation(ids)[:count]
