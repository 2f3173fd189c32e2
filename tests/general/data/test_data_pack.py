"""Shards hold what the parquet files hold, however the rows lie."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from raw_folder import landmark_frame, table, write_arrays
from raw_folder import pack as pack_shard

from podium.errors import UserError
from podium.landmarks import parquet
from podium.landmarks.normalise import STATISTICS_COLUMNS, statistics
from podium.landmarks.parquet import ParquetRecordings
from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS


@pytest.fixture
def rows():
    return table(num_signers=2, clips_per_signer=4)


@pytest.fixture
def frame(rows):
    return landmark_frame(rows)


def packed(frame, tmp_path, wanted, unused=(), dtype="float32", **options):
    frame.to_parquet(tmp_path / "raw.parquet", **options)
    outcome = pack_shard(tmp_path / "raw.parquet", list(wanted), set(unused), 7, tmp_path / "7.npy", dtype)
    return np.load(tmp_path / "7.npy"), outcome


def packed_arrays(folder, rows):
    outcome = pack_shard(folder, rows["sequence_id"].tolist(), set(), 7, folder.parent / "7.npy")
    return np.load(folder.parent / "7.npy"), outcome


def assert_holds(shard, outcome, frame, order):
    """Every sequence has its rows of ``frame``, bit for bit, NaN included."""
    assert shard.dtype == np.float32 and shard.shape == (outcome.sequences["num_frames"].sum(), 390)
    assert outcome.sequences["sequence_id"].tolist() == order
    for row in outcome.sequences.itertuples():
        expected = frame.loc[[row.sequence_id], COLUMNS].to_numpy()
        np.testing.assert_array_equal(shard[row.offset : row.offset + row.num_frames], expected)


@pytest.mark.parametrize("batch_frames", [3, 7, 2048])
@pytest.mark.parametrize("row_group_size", [5, None])
def test_same_values(frame, rows, tmp_path, monkeypatch, batch_frames, row_group_size):
    monkeypatch.setattr(parquet, "BATCH_FRAMES", batch_frames)
    ids = rows["sequence_id"].tolist()
    shard, outcome = packed(frame, tmp_path, ids[::-1], row_group_size=row_group_size)
    assert_holds(shard, outcome, frame, ids)
    assert np.isnan(shard).any()
    assert outcome.report["num_sequences"] == len(ids) and outcome.report["skipped"] == {}


def test_rows_that_are_not_contiguous(frame, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_FRAMES", 11)
    shuffled = frame.sample(frac=1, random_state=3)
    shard, outcome = packed(shuffled, tmp_path, rows["sequence_id"])
    assert_holds(shard, outcome, shuffled.sort_values("frame"), shuffled.index.drop_duplicates().tolist())
    assert outcome.report["noted"] == {"frames_sorted": len(rows)}
    shard, outcome = packed(shuffled.drop(columns="frame"), tmp_path, rows["sequence_id"])
    assert_holds(shard, outcome, shuffled, shuffled.index.drop_duplicates().tolist())
    assert outcome.report["noted"] == {}, "without numbers rows stand as in the file"


def test_nulls_and_float64_become_nan_and_float32(frame, rows, tmp_path):
    wide = frame.astype({column: "float64" for column in COLUMNS[:50]})
    nullable = pa.Table.from_pandas(wide)  # writes NaN as null
    assert nullable["x_left_hand_0"].null_count > 0
    shard, outcome = packed(nullable.to_pandas(), tmp_path, rows["sequence_id"])
    assert_holds(shard, outcome, frame, rows["sequence_id"].tolist())


def test_order_of_columns_in_the_file_does_not_matter(frame, rows, tmp_path):
    shard, outcome = packed(frame[frame.columns[::-1]], tmp_path, rows["sequence_id"])
    assert_holds(shard, outcome, frame, rows["sequence_id"].tolist())


def test_unwanted_sequences_take_no_room(frame, rows, tmp_path):
    ids = rows["sequence_id"].tolist()
    shard, outcome = packed(frame, tmp_path, ids[2:5], unused=ids[:2])
    assert_holds(shard, outcome, frame, ids[2:5])
    assert outcome.report["skipped"] == {"not_in_csv": 3}, "those left out on purpose are not strangers"


def test_nothing_wanted_makes_an_empty_shard(frame, rows, tmp_path):
    shard, outcome = packed(frame, tmp_path, [], unused=rows["sequence_id"])
    assert shard.shape == (0, 390) and len(outcome.sequences) == 0 and outcome.report["skipped"] == {}


def test_hand_share(frame, rows, tmp_path):
    first = rows["sequence_id"].iloc[0]
    hands = [column for column in frame.columns if "hand" in column]
    half = np.flatnonzero(frame.index == first)[: rows["num_frames"].iloc[0] // 2]
    frame.iloc[half, frame.columns.get_indexer(hands)] = np.nan
    _, outcome = packed(frame, tmp_path, rows["sequence_id"])
    shares = outcome.sequences["hand_share"].to_numpy()
    assert shares[0] == 0.5 and (shares[1:] == 1).all()


def test_shares_of_each_hand(frame, rows, tmp_path):
    first = frame.index == rows["sequence_id"].iloc[0]
    right = [column for column in frame.columns if "right_hand" in column]
    frame.loc[first, right] = np.nan
    _, outcome = packed(frame, tmp_path, rows["sequence_id"])
    of_first, of_second = outcome.sequences.iloc[0], outcome.sequences.iloc[1]
    num_frames = rows["num_frames"].iloc[0]
    share = np.float32(1 - (num_frames // 2 - num_frames // 3) / num_frames)  # the left hand is missing in a stretch
    assert of_first["hand_share"] == of_first["left_hand_share"] == share and of_first["right_hand_share"] == 0
    assert of_second["right_hand_share"] == of_second["hand_share"] == 1 > of_second["left_hand_share"] > 0


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_statistics_are_those_of_the_stored_values(frame, rows, tmp_path, dtype):
    shard, outcome = packed(frame, tmp_path, rows["sequence_id"], dtype=dtype)
    for row in outcome.sequences.itertuples():
        expected = np.concatenate(statistics(shard[row.offset : row.offset + row.num_frames].astype(np.float32)))
        found = outcome.sequences.loc[row.Index, STATISTICS_COLUMNS].to_numpy(dtype=np.float32)
        np.testing.assert_array_equal(found, expected)
    assert set(outcome.sequences[STATISTICS_COLUMNS].dtypes.astype(str)) == {"float32"}
    means, deviations = (outcome.sequences[STATISTICS_COLUMNS[part]] for part in (slice(3), slice(3, 6)))
    np.testing.assert_allclose(means.mean(), [0.5, 0.4, 0.0], atol=0.02)
    np.testing.assert_allclose(deviations.mean(), [0.1, 0.2, 1.0], rtol=0.04)


def test_half_precision_is_the_nearest_and_keeps_gaps(frame, rows, tmp_path):
    whole, _ = packed(frame, tmp_path, rows["sequence_id"])
    half, outcome = packed(frame, tmp_path, rows["sequence_id"], dtype="float16")
    assert half.dtype == np.float16 and outcome.report["skipped"] == {}
    np.testing.assert_array_equal(half, whole.astype(np.float16))
    assert np.isnan(half).any()


def test_values_beyond_half_precision_are_infinite_there(frame, rows, tmp_path):
    frame.iloc[0, frame.columns.get_loc("z_pose_22")] = 70_000
    _, whole = packed(frame, tmp_path, rows["sequence_id"])
    _, half = packed(frame, tmp_path, rows["sequence_id"], dtype="float16")
    assert whole.report["skipped"] == {} and half.report["skipped"] == {"infinite_value": 1}
    assert len(half.sequences) == len(whole.sequences) - 1


def test_same_input_same_bytes(frame, rows, tmp_path):
    packed(frame, tmp_path, rows["sequence_id"])
    before = (tmp_path / "7.npy").read_bytes()
    packed(frame, tmp_path, rows["sequence_id"])
    assert (tmp_path / "7.npy").read_bytes() == before


def test_memory_does_not_grow_with_the_file(frame, tmp_path, monkeypatch):
    """Peak of Arrow's own memory, which holds what is read of a parquet file."""
    monkeypatch.setattr(parquet, "BATCH_FRAMES", 200)
    peaks = []
    for num_copies in (2, 10):
        copies = [frame.set_index(frame.index + 100 * copy) for copy in range(num_copies)]
        long = pd.concat(copies).rename_axis("sequence_id")
        long.to_parquet(tmp_path / "raw.parquet", row_group_size=200)
        default, counting = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
        pa.set_memory_pool(counting)
        try:
            pack_shard(tmp_path / "raw.parquet", long.index.unique().tolist(), set(), 7, tmp_path / "7.npy")
        finally:
            pa.set_memory_pool(default)
        peaks.append(counting.max_memory())
    assert peaks[0] > 0 and peaks[1] < 1.5 * peaks[0]


def test_batches_of_chosen_columns(frame, rows, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_FRAMES", 9)
    frame.to_parquet(tmp_path / "raw.parquet")
    columns = ["z_pose_22", "x_right_hand_3"]
    ids, values = zip(*ParquetRecordings(tmp_path / "raw.parquet", columns).batches(), strict=True)
    np.testing.assert_array_equal(np.concatenate(ids), frame.index)
    np.testing.assert_array_equal(np.concatenate(values), frame[columns])
    with pytest.raises(UserError, match="lacks the column.* x_ear_0"):
        ParquetRecordings(tmp_path / "raw.parquet", ["x_ear_0"])


def save_float64(path):
    np.save(path, np.load(path).astype(np.float64))


def save_fortran(path):
    np.save(path, np.asfortranarray(np.load(path)))


@pytest.mark.parametrize("save", [None, save_float64, save_fortran])
def test_arrays_hold_the_same_as_the_parquet_file(frame, rows, tmp_path, save):
    write_arrays(tmp_path, rows)
    folder = next((tmp_path / "train_landmarks").iterdir())
    for path in folder.glob("*.npy") if save else ():
        save(path)
    (folder / "notes.npy").write_text("no id")
    shard, outcome = packed_arrays(folder, rows.sample(frac=1, random_state=1))
    assert_holds(shard, outcome, frame, sorted(rows["sequence_id"]))
    _, expected = packed(frame, tmp_path, rows["sequence_id"])
    pd.testing.assert_frame_equal(outcome.sequences, expected.sequences)
    assert outcome.report == expected.report


def test_columns_of_arrays_may_be_in_another_order(frame, rows, tmp_path):
    write_arrays(tmp_path, rows)
    folder = next((tmp_path / "train_landmarks").iterdir())
    order = np.random.default_rng(0).permutation(len(COLUMNS))
    for path in folder.glob("*.npy"):
        np.save(path, np.load(path)[:, order])
    for place in (folder, folder.parent):
        write_json(place / "inference_args.json", {"selected_columns": [COLUMNS[position] for position in order]})
        assert_holds(*packed_arrays(folder, rows), frame, sorted(rows["sequence_id"]))
        (place / "inference_args.json").unlink()


def test_real_file(shared, tmp_path):
    path = sorted((shared / "real/wide/train_landmarks").glob("*.parquet"))[0]
    frame = pd.read_parquet(path)
    ids = frame.index.drop_duplicates().tolist()
    outcome = pack_shard(path, ids, set(), 1, tmp_path / "1.npy")
    assert_holds(np.load(tmp_path / "1.npy"), outcome, frame, ids)
