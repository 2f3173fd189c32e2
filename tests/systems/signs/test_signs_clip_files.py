"""A person's clips of signs wherever they lie."""

import numpy as np
import pandas as pd
import pytest
from signs_folder import frames, long_table, save, write_raw

from podium.landmarks.mediapipe import RAW_COLUMNS, RAW_NAMES
from podium.systems.signs.clip_files import open_clips
from podium.systems.signs.corpus.long_files import write_long
from podium.systems.signs.points import COLUMNS, as_columns


def read(*paths):
    return [clip for source in open_clips(list(paths)) for clip in source.clips()]


def only(path):
    (clip,) = read(path)
    return clip


def wide(x_FL3: np.ndarray) -> pd.DataFrame:
    columns = {
        f"{axis}_{name}": x_FL3[:, row, place] for place, axis in enumerate("xyz") for row, name in enumerate(RAW_NAMES)
    }
    return pd.DataFrame({"frame": np.arange(len(x_FL3), dtype=np.int16), **columns})[RAW_COLUMNS]


def test_the_same_clip_in_all_forms(tmp_path):
    x_FL3 = np.rint(frames(6) * 2**15) / np.float32(2**15)
    write_long(tmp_path / "long.parquet", x_FL3, first_frame=5)
    save(wide(x_FL3), tmp_path / "wide.parquet")
    wide(x_FL3).to_csv(tmp_path / "wide.csv", index=False)
    np.save(tmp_path / "frames.npy", x_FL3)
    np.save(tmp_path / "columns.npy", as_columns(x_FL3))
    clips = read(tmp_path)
    assert sorted(clip.path.name for clip in clips) == sorted(path.name for path in tmp_path.iterdir())
    for clip in clips:
        assert clip.num_frames == 6 and not clip.problem and not clip.content.remarks
        np.testing.assert_allclose(clip.content.landmarks_TK, as_columns(x_FL3), atol=1e-6, err_msg=clip.path.name)


def test_a_raw_folder_gives_its_clips(tmp_path):
    table = write_raw(tmp_path / "raw", num_signers=2)
    sources = open_clips([tmp_path / "raw"])
    assert [str(source.path.relative_to(tmp_path / "raw")) for source in sources] == sorted(table["path"])
    assert dict(sources.passed_over) == {".json": 1}


def test_frames_that_fall_are_sorted(tmp_path):
    table = long_table(3)
    order = np.concatenate([np.arange(543) + 543 * frame for frame in (1, 2, 0)])
    clip = only(save(table.iloc[order], tmp_path / "clip.parquet"))
    assert clip.content.remarks == ("frames_sorted",)
    np.testing.assert_array_equal(clip.content.landmarks_TK, as_columns(frames(3)))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda table: table.iloc[:-1], "does not have 543 rows in each frame"),
        (lambda table: table.iloc[:0], "has no frames"),
        (lambda table: table.drop(columns="z"), "has not the long layout"),
        (lambda table: table.assign(frame=table["frame"].iloc[0]), "has numbers in the column frame more than once"),
        (lambda table: table.assign(x=np.nan, y=np.nan, z=np.nan), "a clip without a single landmark"),
        (lambda table: table.assign(x=1e300), f"frame 0 has an infinite {COLUMNS[0]}"),
    ],
)
def test_what_is_no_clip_is_told(tmp_path, spoil, said):
    clip = only(save(spoil(long_table(3)), tmp_path / "clip.parquet"))
    assert said in clip.problem and clip.content is None and "\n" not in clip.problem


def test_other_files_are_told_by_general_code(tmp_path):
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    np.save(tmp_path / "square.npy", np.zeros((3, 3), np.float32))
    save(pd.DataFrame({"a": [1]}), tmp_path / "other.parquet")
    problems = {clip.path.name: clip.problem for clip in read(tmp_path)}
    assert "cut off" in problems["cut.parquet"] and "(3, 3)" in problems["square.npy"]
    assert "lacks the column" in problems["other.parquet"]
    assert "does not exist" in only(tmp_path / "absent.parquet").problem


def test_real_clips(shared):
    sources = open_clips([shared / "real/signs_long"])
    assert len(sources) == 84
    clip = next(sources[0].clips())
    assert clip.num_frames == len(clip.content.landmarks_TK) and clip.content.landmarks_TK.shape[1] == len(COLUMNS)
