"""A corpus of made-up waves goes from its source to an index: nothing general knows landmarks or phrases."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from podium.config import Section, dataset_section, parse
from podium.data import sources
from podium.data.clips import Clips, shard_path
from podium.data.folds import assign_folds
from podium.data.index import build_index, manifest
from podium.data.labels import Labels
from podium.data.recordings import PreparedClip, Recordings
from podium.data.sequences import list_sequences
from podium.data.shards import ShardRecordings, pack_shard
from podium.errors import UserError
from podium.storage.files import write_json

NUM_COLUMNS = 3


class Shapes(Labels):
    column = "shape"
    problems = {"unknown_shape": "shapes that nobody knows"}

    def problem(self, label):
        return "" if label in ("sine", "square") else "unknown_shape"


class WavesSource(Section):
    kind: Literal["waves"]
    num_waves: int = 12


class Waves(sources.Generated):
    section = WavesSource
    labels = Shapes()
    pattern = "{split}_waves/{file_id}.npz"

    def splits(self):
        return ["train"]

    def file_ids(self, split):
        return [7]

    def write_tables(self, folder):
        number = self.dataset.source.num_waves
        rows = [
            (self.csv_path("train", 7), 7, 100 + one, one % 4, ["sine", "square"][one % 2]) for one in range(number)
        ]
        columns = ["path", "file_id", "sequence_id", "participant_id", "shape"]
        pd.DataFrame([*rows, (rows[0][0], 7, 999, 1, "circle")], columns=columns).to_csv(
            folder / "train.csv", index=False
        )

    def write_raw_file(self, split, file_id, path):
        waves = {str(100 + one): wave(one) for one in range(self.dataset.source.num_waves)}
        np.savez(path, **waves)


def wave(number: int) -> np.ndarray:
    return np.sin(np.arange((5 + number) * NUM_COLUMNS)).reshape(-1, NUM_COLUMNS).astype(np.float32)


class WaveRecordings(Recordings):
    absence, extra_columns, unreadable, num_columns = "no_wave", [], [], NUM_COLUMNS

    def __init__(self, path):
        self._waves = {int(name): x_TK for name, x_TK in np.load(path).items()}

    def num_frames(self):
        return {one: len(x_TK) for one, x_TK in self._waves.items()}

    def batches(self):
        for one, x_TK in self._waves.items():
            yield np.full(len(x_TK), one), x_TK


def prepare(x_TK: np.ndarray) -> PreparedClip:
    if len(x_TK) == 5:
        return PreparedClip(x_TK, problem="too_flat")
    return PreparedClip(x_TK * 2, {"loudness": float(x_TK.std())}, ("long",) if len(x_TK) > 12 else ())


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset_type = dataset_section({"waves": Waves})
    content = {"name": "waves", "source": {"kind": "waves"}, "folds": {"num_folds": 2}}
    dataset = parse(dataset_type, content, "waves.yaml")
    source = sources.create(dataset, {"waves": Waves})
    raw, root = Path(source.root), Path("prepared")
    (raw / "train_waves").mkdir(parents=True)
    source.write_tables(raw)
    source.write_raw_file("train", 7, Path(source.raw_file("train", 7)))
    table, report = list_sequences(source)
    shard = shard_path(root, "train", 7)
    shard.parent.mkdir(parents=True)
    table.to_parquet(root / "sequences.parquet")
    write_json(root / "sequences.json", report)
    recordings = WaveRecordings(source.raw_file("train", 7))
    packed = pack_shard(recordings, prepare, table["sequence_id"].tolist(), {999}, 7, shard)
    packed.sequences.to_parquet(shard.with_suffix(".parquet"))
    write_json(shard.with_suffix(".json"), packed.report)
    return dataset, source, root, report


def test_from_source_to_index(made):
    dataset, source, root, report = made
    assert report["skipped"] == {"train": {"unknown_shape": 1}}
    index, accounts = build_index(root, {"train": [7]}, "shape")
    assert index.columns.tolist() == [
        "split", "file_id", "sequence_id", "participant_id", "shape", "offset", "num_frames", "loudness",
    ]  # fmt: skip
    assert index["sequence_id"].tolist() == list(range(101, 112)) and index["loudness"].dtype == np.float32
    assert accounts["skipped"]["train"]["too_flat"] == {"number": 1, "examples": [100]}
    assert accounts["noted"]["train"]["long"]["number"] == 4
    told = manifest(dataset, index, assign_folds(index, dataset.folds), accounts, source.labels)
    assert told["splits"]["train"]["num_shapes"] == 2
    clips = Clips(index, root, NUM_COLUMNS)
    for row, number in enumerate(range(1, 12)):
        np.testing.assert_array_equal(clips.raw(row), 2 * wave(number))
    with pytest.raises(UserError, match="make it again"):
        Clips(index, root, NUM_COLUMNS + 1).raw(0)
    shard = ShardRecordings(shard_path(root, "train", 7), NUM_COLUMNS)
    assert list(shard.num_frames()) == index["sequence_id"].tolist()


def test_shards_that_measure_different_things(made):
    _, _, root, report = made
    write_json(root / "sequences.json", report)
    first = shard_path(root, "train", 7)
    table = pd.read_parquet(first.with_suffix(".parquet"))
    other = shard_path(root, "train", 8)
    table.rename(columns={"loudness": "pitch"}).assign(file_id=8).to_parquet(other.with_suffix(".parquet"))
    other.with_suffix(".json").write_text(first.with_suffix(".json").read_text())
    other.write_bytes(first.read_bytes())
    with pytest.raises(UserError, match="different columns"):
        build_index(root, {"train": [7, 8]}, "shape")


def test_the_only_kind_of_a_system_explains_its_keys():
    section = dataset_section({"waves": Waves})
    with pytest.raises(UserError, match=r"unknown key 'source.num_wave'; did you mean 'num_waves'\?"):
        parse(section, {"name": "a", "source": {"kind": "waves", "num_wave": 3}}, "a.yaml")
    with pytest.raises(UserError, match="source.kind"):
        parse(section, {"name": "a", "source": {"kind": "wave"}}, "a.yaml")
