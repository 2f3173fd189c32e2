"""From the files of a signer to a shard: the long layout, and everything that can be wrong with a file."""

import numpy as np
import pandas as pd
import pytest
from signs_folder import frames, long_table, save

from podium.data.shards import ShardRecordings, pack_shard
from podium.errors import UserError
from podium.landmarks.long_parquet import LONG_PROBLEMS, read_long
from podium.systems.signs import raw
from podium.systems.signs.corpus.long_files import RESOLUTION, write_long
from podium.systems.signs.points import COLUMNS, ROWS, as_columns


def rounded(x_FL3: np.ndarray) -> np.ndarray:
    return np.rint(x_FL3 * RESOLUTION) / RESOLUTION


def pack(folder, wanted=None):
    recordings = raw.open_raw(folder)
    ids = sorted(int(path.stem) for path in folder.glob("*.parquet")) if wanted is None else wanted
    return pack_shard(recordings, raw.prepare, ids, set(), 50, folder.parent / "shard.npy")


@pytest.fixture
def folder(tmp_path):
    """One good clip, 1, of three frames that begin at 40."""
    write_long(tmp_path / "50/1.parquet", frames(3, seed=1), first_frame=40)
    return tmp_path / "50"


def test_a_shard_holds_what_the_files_hold(folder):
    write_long(folder / "2.parquet", frames(5, seed=2), first_frame=0)
    packed = pack(folder)
    assert packed.report["num_sequences"] == 2 and packed.report["num_frames"] == 8 and not packed.report["skipped"]
    packed.sequences.to_parquet(folder.parent / "shard.parquet")
    shard = ShardRecordings(folder.parent / "shard.npy", len(COLUMNS))
    for (ids_F, x_FK), seed in zip(shard.batches(), (1, 2), strict=True):
        assert set(ids_F) == {seed}
        np.testing.assert_array_equal(x_FK, as_columns(rounded(frames(len(x_FK), seed))))
    shares = packed.sequences[["hand_share", "left_hand_share", "right_hand_share"]].to_numpy()
    assert shares.tolist() == [[1, 0, 1], [1, 0, 1]]


def test_what_is_not_held_is_read_again(folder, monkeypatch):
    for number in range(2, 6):
        write_long(folder / f"{number}.parquet", frames(number, number), first_frame=0)
    whole = pack(folder)
    content = (folder.parent / "shard.npy").read_bytes()
    monkeypatch.setattr(raw, "HELD_BYTES", 3 * 510 * 4)
    again = pack(folder)
    assert (folder.parent / "shard.npy").read_bytes() == content
    pd.testing.assert_frame_equal(again.sequences, whole.sequences)


def spoilt(name: str) -> pd.DataFrame:
    table = long_table(4)
    row = 543 + 525  # of the right hand
    match name:
        case "no rows":
            return table.iloc[:0]
        case "542 rows":
            return table.drop(index=row)
        case "541 and 544 rows":
            moved = table.drop(index=row)
            return pd.concat([moved, moved.iloc[[-1]]])
        case "another number within":
            table.loc[row, "frame"] = 99
            return table
        case "twice the same frame":
            table.loc[1086:1628, "frame"] = table["frame"][0]
            return table
        case "no number":
            return table.assign(frame=table["frame"].astype("Int16").mask(table.index == row))
        case "half numbers":
            return table.assign(frame=table["frame"] + 0.5)
        case "hands exchanged":
            names = {"left_hand": "right_hand", "right_hand": "left_hand"}
            return table.assign(type=table["type"].replace(names))
        case "landmarks exchanged":
            table.loc[[row, row + 1], "landmark_index"] = table.loc[[row + 1, row], "landmark_index"].to_numpy()
            return table
        case "no names of parts":
            return table.assign(type=None).astype({"type": "string"})
        case "wide":
            return pd.DataFrame({"frame": [0, 1], **{name: [0.5, 0.5] for name in COLUMNS}})
        case "text for numbers":
            return table.assign(x=table["x"].astype(str))
        case "a column too few":
            return table.drop(columns="z")
        case "nothing seen":
            return table.assign(x=np.nan, y=np.nan, z=np.nan)
        case "infinite":
            table.loc[row, "x"] = 1e300
            return table
    raise ValueError(name)


BAD = {
    "no rows": "no_frames", "542 rows": "rows_per_frame", "541 and 544 rows": "rows_per_frame",
    "another number within": "rows_per_frame", "twice the same frame": "repeated_frames", "no number": "odd_frames",
    "half numbers": "odd_frames", "hands exchanged": "rows_in_another_order",
    "landmarks exchanged": "rows_in_another_order", "no names of parts": "rows_in_another_order",
    "wide": "other_layout", "text for numbers": "other_layout", "a column too few": "other_layout",
    "nothing seen": "all_nan", "infinite": "infinite_value",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_counted_and_the_others_are_packed(folder, name):
    save(spoilt(name), folder / "2.parquet")
    packed = pack(folder)
    assert packed.report["skipped"] == {BAD[name]: 1} and packed.report["examples"][BAD[name]] == [2]
    assert packed.sequences["sequence_id"].tolist() == [1]


def test_every_reason_is_explained():
    assert set(BAD.values()) - {"all_nan", "infinite_value"} == LONG_PROBLEMS.keys()


def test_files_that_cannot_be_opened_or_are_not_there(folder):
    (folder / "2.parquet").write_bytes(b"PAR1")
    good = save(long_table(4), folder / "3.parquet").read_bytes()
    (folder / "4.parquet").write_bytes(good[:5000] + bytes(200) + good[5200:])
    packed = pack(folder, [1, 2, 3, 4, 5])
    assert packed.report["skipped"]["unreadable"] == 2 - (4 in packed.sequences["sequence_id"].tolist())
    assert packed.report["skipped"]["no_file"] == 1 and packed.report["examples"]["no_file"] == [5]


def test_files_that_no_csv_names_are_told(folder):
    save(long_table(4), folder / "2.parquet")
    save(long_table(4), folder / "notes.parquet")
    assert pack(folder, [1]).report["skipped"] == {"not_in_csv": 1}


def test_frames_that_fall_are_sorted(folder):
    table = long_table(4)
    order = np.concatenate([np.arange(543) + 543 * frame for frame in (2, 0, 3, 1)])
    save(table.iloc[order], folder / "2.parquet")
    packed = pack(folder)
    assert packed.report["noted"] == {"frames_sorted": 1}
    stored_FK = np.load(folder.parent / "shard.npy")[3:]
    np.testing.assert_array_equal(stored_FK, as_columns(frames(4)))


def test_parts_in_one_point_are_missing(folder):
    x_FL3 = frames(6, seed=3)
    x_FL3[:3, 522:543] = 0.0
    write_long(folder / "2.parquet", x_FL3, first_frame=0)
    packed = pack(folder)
    assert packed.report["noted"] == {"zeros_for_missing": 1}
    assert packed.sequences["right_hand_share"].tolist() == [1.0, 0.5]


def test_a_folder_without_files(tmp_path):
    with pytest.raises(UserError, match="holds no file {sequence_id}.parquet"):
        raw.open_raw(tmp_path)
    with pytest.raises(UserError, match="holds no file"):
        raw.open_raw(tmp_path / "absent")


def test_real_files_are_read_as_pandas_reads_them(shared):
    paths = sorted((shared / "real/signs_long/train_landmark_files").glob("*/*.parquet"))[::20]
    for path in paths:
        wanted_FL3 = pd.read_parquet(path)[["x", "y", "z"]].to_numpy(np.float32).reshape(-1, 543, 3)
        found = read_long(path)
        np.testing.assert_array_equal(found.x_TCR.transpose(0, 2, 1), wanted_FL3)
        some = read_long(path, ROWS).x_TCR.reshape(len(wanted_FL3), -1)
        np.testing.assert_array_equal(some, as_columns(wanted_FL3))
        assert not found.problem and found.order_T is None


def test_real_people_raise_no_doubts(shared):
    for signer in sorted((shared / "real/signs_long/train_landmark_files").iterdir()):
        recordings = raw.open_raw(signer)
        assert sum(len(ids_T) for ids_T, _ in recordings.batches()) == sum(recordings.num_frames().values())
        assert not recordings.remarks, signer


def test_mirrored_people_do(tmp_path, shared):
    for path in sorted((shared / "real/signs_long/train_landmark_files/2044").iterdir()):
        table = pd.read_parquet(path)
        save(table.assign(x=1 - table["x"]), tmp_path / "2044" / path.name)
    recordings = raw.open_raw(tmp_path / "2044")
    list(recordings.batches())
    assert set(recordings.remarks.values()) == {("mirrored",)} and len(recordings.remarks) == 4
