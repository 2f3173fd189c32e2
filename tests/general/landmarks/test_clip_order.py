"""The column `frame`, and which rows are a clip's: wherever clips come from, rows are in order or it is said."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bound import open_recordings, read_clip, read_given
from raw_folder import landmark_frame, table, write_raw
from raw_folder import pack as pack_shard

from podium.errors import ClipError
from podium.export.evaluation import evaluate, read_test_table
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.answers import open_clips
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.readings import DUMMY_SV

ROWS = table(num_signers=2, clips_per_signer=2)
IDS = ROWS["sequence_id"].tolist()
FRAME = landmark_frame(ROWS)
ONE = FRAME.loc[[IDS[0]]].reset_index(drop=True)
EXPECTED = {one: FRAME.loc[[one], COLUMNS].to_numpy() for one in IDS}


def clips(path):
    (source,) = open_clips([path])
    found = list(source.clips())
    assert len(found) == source.num_clips
    return found


def write(folder, frame, kind, index=True):
    path = folder / f"clips.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=index)
    else:
        frame.to_parquet(path, index=index)
    return path


def assert_same(found, expected, rtol=0.0):
    """csv holds decimals, so that the last bit may differ."""
    np.testing.assert_allclose(found, expected, rtol=rtol, equal_nan=True)


DISORDER = {
    "scattered": lambda frame: frame.sample(frac=1, random_state=0),
    "backwards": lambda frame: frame.iloc[::-1],
    "as text would be sorted": lambda frame: frame.sort_values("frame", key=lambda frames: frames.astype(str)),
    "two halves": lambda frame: pd.concat([frame.iloc[len(frame) // 2 :], frame.iloc[: len(frame) // 2]]),
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("way", DISORDER)
def test_rows_in_another_order_are_sorted_and_it_is_said(tmp_path, way, kind):
    changed = pd.concat([DISORDER[way](FRAME.loc[[one]]) for one in IDS])
    found = clips(write(tmp_path, changed, kind))
    assert [clip.sequence_id for clip in found] == IDS
    for clip in found:
        assert_same(clip.content.landmarks_TK, EXPECTED[clip.sequence_id], rtol=1e-6)
        assert clip.content.remarks == ("frames_sorted",)
    (single,) = clips(write(tmp_path, DISORDER[way](ONE), kind, index=False))
    assert_same(single.content.landmarks_TK, EXPECTED[IDS[0]], rtol=1e-6)
    assert (single.sequence_id, single.content.remarks) == (None, ("frames_sorted",))
    given = read_given(DISORDER[way](ONE))
    assert_same(given.landmarks_TK, EXPECTED[IDS[0]])
    assert given.remarks == ("frames_sorted",)


@pytest.mark.parametrize("way", DISORDER)
def test_rows_in_another_order_in_packing_in_the_hidden_test_and_in_pictures(tmp_path, way):
    path = write(tmp_path, pd.concat([DISORDER[way](FRAME.loc[[one]]) for one in IDS]), "parquet")
    for dtype in ("float32", "float16"):
        packed = pack_shard(path, IDS, set(), 7, tmp_path / "7.npy", dtype)
        expected = np.concatenate([EXPECTED[one] for one in IDS]).astype(dtype)
        np.testing.assert_array_equal(np.load(tmp_path / "7.npy"), expected)
        assert packed.report["noted"] == {"frames_sorted": 4} and packed.report["skipped"] == {}
    rows = ROWS.assign(path=path.name)
    for position, x_TK in answers.test_clips(rows, tmp_path):
        assert_same(x_TK, EXPECTED[IDS[position]])
    assert open_recordings(path).remarks == dict.fromkeys(IDS, ("frames_sorted",))
    in_order = write(tmp_path / "..", FRAME, "parquet")
    np.testing.assert_array_equal(read_clip(path, IDS[1]), read_clip(in_order, IDS[1]))


SOUND = {
    "a start above 0": lambda frames: frames + 37,
    "gaps": lambda frames: frames * 3,
    "floats": lambda frames: frames.astype(np.float64),
    "unsigned": lambda frames: frames.astype(np.uint64),
    "nullable": lambda frames: frames.astype("Int32"),
    "below 0": lambda frames: frames - 5,
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("way", SOUND)
def test_numbers_that_rise_are_in_order(tmp_path, way, kind):
    found = clips(write(tmp_path, FRAME.assign(frame=SOUND[way](FRAME["frame"])), kind))
    assert [clip.sequence_id for clip in found] == IDS
    for clip in found:
        assert_same(clip.content.landmarks_TK, EXPECTED[clip.sequence_id], rtol=1e-6)
        assert clip.content.remarks == () and clip.problem == ""


def two_people(frame, in_turns):
    both = pd.concat([frame, frame.assign(x_face_0=0.9)])
    return both.sort_values("frame", kind="stable") if in_turns else both


REPEATED = {
    "two people, one behind the other": lambda frame: two_people(frame, False),
    "two people in turns": lambda frame: two_people(frame, True),
    "one row twice": lambda frame: pd.concat([frame, frame.iloc[[3]]]),
    "the row of a seam twice": lambda frame: pd.concat([frame.iloc[:5], frame.iloc[4:]]),
    "one number for all": lambda frame: frame.assign(frame=0),
}
ODD = {
    "a gap": lambda frame: frame.assign(frame=frame["frame"].astype(float).replace(3.0, np.nan)),
    "seconds": lambda frame: frame.assign(frame=frame["frame"] / 30),
    "times in nanoseconds": lambda frame: frame.assign(frame=2**60 + frame["frame"].astype("int64")),
    "infinite": lambda frame: frame.assign(frame=frame["frame"].astype(float).replace(3.0, np.inf)),
}
REFUSED = {
    **{way: ("repeated_frames", "more than once", spoil) for way, spoil in REPEATED.items()},
    **{way: ("odd_frames", "something else than whole numbers", spoil) for way, spoil in ODD.items()},
}


@pytest.mark.parametrize("way", REFUSED)
def test_one_of_several_clips_is_refused(tmp_path, way):
    """In files of clips, in packing, in the hidden test: the others stay."""
    reason, words, spoil = REFUSED[way]
    changed = pd.concat([spoil(FRAME.loc[[one]]) if one == IDS[1] else FRAME.loc[[one]] for one in IDS])
    for kind in ("parquet", "csv"):
        found = {clip.sequence_id: clip for clip in clips(write(tmp_path, changed, kind))}
        assert words in found[IDS[1]].problem and found[IDS[1]].content is None
        assert [found[one].problem for one in IDS if one != IDS[1]] == [""] * 3
    path = tmp_path / "clips.parquet"
    packed = pack_shard(path, IDS, set(), 7, tmp_path / "7.npy")
    assert packed.report["skipped"] == {reason: 1} and packed.report["examples"] == {reason: [IDS[1]]}
    expected = np.concatenate([EXPECTED[one] for one in IDS if one != IDS[1]])
    np.testing.assert_array_equal(np.load(tmp_path / "7.npy"), expected)
    assert dict(open_recordings(path).refused) == {IDS[1]: reason}
    ROWS.assign(split="test", path=path.name).to_parquet(tmp_path / "sequences.parquet")
    table = read_test_table(tmp_path / "sequences.parquet", "phrase")
    assert [position for position, x_TK in answers.test_clips(table, tmp_path) if x_TK is None] == [1]
    report, _ = evaluate(lambda x: {"outputs": DUMMY_SV}, answers, {}, table, tmp_path, "phrase")
    assert (report["num_unread"], report["num_without_frames"]) == (1, 0)


@pytest.mark.parametrize(
    "way", ["two people in turns", "one row twice", "the row of a seam twice", "one number for all", *ODD]
)
def test_a_single_clip_is_refused(tmp_path, way):
    _, words, spoil = REFUSED[way]
    for kind in ("parquet", "csv"):
        (clip,) = clips(write(tmp_path, spoil(ONE), kind, index=False))
        assert words in clip.problem
    with pytest.raises(ClipError, match=words):
        read_given(spoil(ONE))


@pytest.mark.parametrize("value", ["first", True, pd.Timestamp("2026-01-01")])
def test_a_column_frame_that_holds_no_numbers(tmp_path, value):
    changed = ONE.assign(frame=value)
    (clip,) = clips(write(tmp_path, changed, "parquet", index=False))
    assert "column frame is" in clip.problem
    with pytest.raises(ClipError, match="column frame is .*, not a number"):
        read_given(changed)


THREE = FRAME.loc[IDS[:3]]
BY_ID = {
    "another name": lambda frame: frame.reset_index(names="video_id"),
    "capitals": lambda frame: frame.reset_index(names="Sequence_ID"),
    "camel case": lambda frame: frame.reset_index(names="sequenceId"),
    "an index without a name": lambda frame: frame.rename_axis(None),
    "an index of another name": lambda frame: frame.rename_axis("take"),
    "text": lambda frame: frame.set_axis(frame.index.map("take {}".format)).reset_index(names="recording"),
    "a column that nobody knows": lambda frame: frame.reset_index(names="wurst"),
    "people in turns": lambda frame: frame.reset_index(names="person").sort_values("frame", kind="stable"),
    "whole floats": lambda frame: frame.set_axis(frame.index.astype(float)).reset_index(names="clip"),
    "a file's name": lambda frame: frame.reset_index(names="file"),
}


def labelled(found, kind):
    found = sorted(found, key=lambda clip: str(clip.sequence_id))
    for clip, one in zip(found, IDS[:3], strict=True):
        assert_same(clip.content.landmarks_TK, EXPECTED[one], rtol=1e-6)
        assert clip.content.remarks == (kind,)
    return [clip.sequence_id for clip in found]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("way", BY_ID)
def test_clips_by_another_column_of_ids(tmp_path, way, kind):
    changed = BY_ID[way](THREE)
    has_ids = any(name not in THREE.columns for name in changed.columns)
    labels = labelled(clips(write(tmp_path, changed, kind, index=not has_ids)), "clips_by_id")
    assert [str(label).removeprefix("take ") for label in labels] == [str(one) for one in IDS[:3]]
    with pytest.raises(ClipError, match="the table holds 3 sequences; give one at a time"):
        read_given(changed)


SPLIT = {
    "no ids": lambda frame: frame.reset_index(drop=True),
    "each beginning elsewhere": lambda frame: frame.assign(frame=frame["frame"] + frame.index % 7).reset_index(
        drop=True
    ),
    "a number for each row": lambda frame: frame.reset_index(drop=True).rename_axis("row").reset_index(),
    "only the signer": lambda frame: frame.assign(participant_id=5).reset_index(drop=True),
    "a column of ids with gaps": lambda frame: frame.reset_index(drop=True).assign(video_id=None),
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("way", SPLIT)
def test_clips_by_frames_that_begin_anew(tmp_path, way, kind):
    changed = SPLIT[way](THREE)
    assert labelled(clips(write(tmp_path, changed, kind, index=False)), "clips_split") == [0, 1, 2]
    with pytest.raises(ClipError, match="holds 3 sequences .the column frame begins anew"):
        read_given(changed)


WITHOUT_NUMBERS = {
    "whole floats": lambda ids: {"video_id": ids.astype(float)},
    "an id": lambda ids: {"id": ids},
    "a sample": lambda ids: {"sample": ids.astype(str)},
    "categories": lambda ids: {"Take": pd.Categorical(ids.astype(str))},
    "days": lambda ids: {"recording": pd.Timestamp("2026-01-01") + pd.to_timedelta(ids, unit="D")},
    "a video and a take of it": lambda ids: {"video": ids > IDS[1], "take": ids == IDS[1]},
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("way", WITHOUT_NUMBERS)
def test_clips_by_names_of_ids_without_frame_numbers(tmp_path, way, kind):
    bare = THREE.drop(columns="frame").reset_index(drop=True)
    changed = bare.assign(**WITHOUT_NUMBERS[way](THREE.index))
    found = clips(write(tmp_path, changed, kind, index=False))
    assert [clip.content.remarks for clip in found] == [("clips_by_id",)] * 3
    for clip, one in zip(found, IDS[:3], strict=True):
        assert_same(clip.content.landmarks_TK, EXPECTED[one], rtol=1e-6)
    assert len({clip.sequence_id for clip in found}) == 3
    assert {type(clip.sequence_id) for clip in found} <= {int, str}
    with pytest.raises(ClipError, match="the table holds 3 sequences; give one at a time"):
        read_given(changed)


@pytest.mark.parametrize("frames", [None, "global"])
@pytest.mark.parametrize("value", [5, "take one", pd.Timestamp("2026-01-01")])
def test_a_column_that_may_tell_clips_apart_is_remarked_on(tmp_path, value, frames):
    rows = THREE.reset_index(drop=True).assign(session=value)
    other = {5: 6, "take one": "take two"}.get(value, pd.Timestamp("2026-01-02"))
    rows.loc[20:, "session"] = other
    rows = rows.assign(frame=np.arange(len(rows))) if frames else rows.drop(columns="frame")
    (clip,) = clips(write(tmp_path, rows, "parquet", index=False))
    assert (len(clip.content.landmarks_TK), clip.content.remarks) == (len(THREE), ("clips_not_split",))
    assert read_given(rows).remarks == ("clips_not_split",)
    per_frame = rows.assign(session=np.arange(len(rows)) % 2)
    assert read_given(per_frame).remarks == read_given(rows.assign(session=value)).remarks == ()


NUMBERED = {
    "an index": lambda frame: frame.set_index("frame").iloc[::-1],
    "an index that is a range": lambda frame: frame.drop(columns="frame")
    .set_axis(pd.RangeIndex(len(frame), name="Frame")).iloc[::-1],
    "frame_id": lambda frame: frame.rename(columns={"frame": "frame_id"}).iloc[::-1].reset_index(drop=True),
}  # fmt: skip


@pytest.mark.parametrize("way", NUMBERED)
def test_frame_numbers_that_stand_elsewhere(tmp_path, way):
    changed = NUMBERED[way](ONE)
    (clip,) = clips(write(tmp_path, changed, "parquet", index=None))  # a range is stored as such
    for found in (clip.content.landmarks_TK, read_given(changed).landmarks_TK):
        assert_same(found, EXPECTED[IDS[0]])
    assert clip.content.remarks == read_given(changed).remarks == ("frames_sorted",)


@pytest.mark.parametrize("told", [b"no json", b"{}", b"[]", b'{"index_columns": [{"kind": "range", "name": "frame"}]}'])
def test_metadata_of_pandas_that_are_none(tmp_path, told):
    rows = pa.Table.from_pandas(ONE[COLUMNS], preserve_index=False).replace_schema_metadata({"pandas": told})
    pq.write_table(rows, tmp_path / "clip.parquet")
    (clip,) = clips(tmp_path / "clip.parquet")
    assert_same(clip.content.landmarks_TK, EXPECTED[IDS[0]])


@pytest.mark.parametrize("way", ["scattered", "as text would be sorted", "by number"])
def test_clips_that_nothing_tells_apart(tmp_path, way):
    change = {**DISORDER, "by number": lambda frame: frame.sort_values("frame", kind="stable")}[way]
    changed = change(THREE.reset_index(drop=True))
    (clip,) = clips(write(tmp_path, changed, "parquet", index=False))
    assert "column frame more than once" in clip.problem
    with pytest.raises(ClipError, match="column frame more than once"):
        read_given(changed)


def test_ids_without_frame_numbers(tmp_path):
    changed = THREE.drop(columns="frame")
    assert labelled(clips(write(tmp_path, changed.rename_axis("clip_id"), "parquet")), "clips_by_id") == IDS[:3]
    assert labelled(clips(write(tmp_path, changed.rename_axis(None), "parquet")), "clips_by_id") == IDS[:3]
    (clip,) = clips(write(tmp_path, changed.rename_axis("row").reset_index(drop=True), "parquet"))
    assert len(clip.content.landmarks_TK) == len(THREE) and clip.content.remarks == ()


def test_ids_and_frames_may_both_be_an_index(tmp_path):
    found = clips(write(tmp_path, FRAME.set_index("frame", append=True), "parquet"))
    assert [clip.sequence_id for clip in found] == IDS
    given = read_given(FRAME.loc[[IDS[1]]].set_index("frame", append=True).iloc[::-1])
    assert_same(given.landmarks_TK, EXPECTED[IDS[1]])
    assert given.remarks == ("frames_sorted",)


def test_many_row_groups_and_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("podium.landmarks.parquet.BATCH_FRAMES", 7)
    scattered = FRAME.sample(frac=1, random_state=2)
    scattered.rename_axis("clip").to_parquet(tmp_path / "clips.parquet", row_group_size=11)
    found = clips(tmp_path / "clips.parquet")
    assert sorted(clip.sequence_id for clip in found) == IDS
    for clip in found:
        assert_same(clip.content.landmarks_TK, EXPECTED[clip.sequence_id])
        assert set(clip.content.remarks) == {"frames_sorted", "clips_by_id"}


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        ([25.0, 30.0], [25.0, 30.0]),
        ([25, 30], [25.0, 30.0]),
        ([np.nan, 30.0], [None, 30.0]),
        ([0.0, 30.0], ["rate", 30.0]),
        ([-1.0, np.inf], ["rate", "rate"]),
        (["varies", 30.0], ["rate", 30.0]),
    ],
)
def test_rates_in_a_column(tmp_path, fps, expected):
    rates = [
        np.linspace(20, 30, len(EXPECTED[one])) if rate == "varies" else rate
        for one, rate in zip(IDS[:2], fps, strict=True)
    ]
    changed = pd.concat([FRAME.loc[[one]].assign(fps=rate) for one, rate in zip(IDS[:2], rates, strict=True)])
    found = sorted(clips(write(tmp_path, changed, "parquet")), key=lambda clip: clip.sequence_id)
    told = [clip.content.fps if clip.content else "rate" * ("rate" in clip.problem) for clip in found]
    assert told == expected
    if expected[0] == "rate":
        with pytest.raises(ClipError, match="one positive rate"):
            read_given(changed.loc[[IDS[0]]])
    else:
        assert read_given(changed.loc[[IDS[0]]]).fps == expected[0]


@pytest.mark.parametrize("name", ["FPS", "frame_rate", "framerate", "Frames per second"])
def test_other_names_of_the_rate(tmp_path, name):
    changed = ONE.assign(**{name: 25.0})
    (clip,) = clips(write(tmp_path, changed, "parquet", index=False))
    told = pa.Table.from_pandas(ONE).replace_schema_metadata({name: "25"})
    assert clip.content.fps == read_given(changed).fps == read_given(told).fps == 25


def test_two_rates_in_the_metadata():
    told = pa.Table.from_pandas(ONE).replace_schema_metadata({"fps": "25", "frame_rate": "30"})
    with pytest.raises(ClipError, match="not one positive number"):
        read_given(told)


@pytest.mark.parametrize(("told", "expected"), [("25", 25.0), ("29.97", 29.97), ("fast", None), ("-3", None)])
def test_a_rate_in_the_metadata(tmp_path, told, expected):
    found = pa.Table.from_pandas(FRAME)
    found = found.replace_schema_metadata({**found.schema.metadata, "fps": told})
    pq.write_table(found, tmp_path / "clips.parquet")
    (source,) = open_clips([tmp_path / "clips.parquet"])
    read = list(source.clips())
    if expected:
        assert [clip.content.fps for clip in read] == [expected] * 4
    else:
        assert [clip.content for clip in read] == [None] and "fps in the file's metadata" in read[0].problem


def test_zeros_are_missing_in_packing_and_in_the_hidden_test(tmp_path):
    hands = [name for name in FRAME.columns if "right_hand" in name]
    changed, expected = FRAME.copy(), FRAME.copy()
    first = np.flatnonzero(changed.index == IDS[0])[2:6]
    changed.iloc[first, changed.columns.get_indexer(hands)] = 0.0
    expected.iloc[first, expected.columns.get_indexer(hands)] = np.nan
    path = write(tmp_path, changed, "parquet")
    packed = pack_shard(path, IDS, set(), 7, tmp_path / "7.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "7.npy"), expected[COLUMNS].to_numpy())
    assert packed.report["noted"] == {"zeros_for_missing": 1}
    assert packed.sequences["right_hand_share"][0] == np.float32(16 / 20)
    clip = dict(answers.test_clips(ROWS.assign(path=path.name), tmp_path))[0]
    np.testing.assert_array_equal(clip, expected.loc[[IDS[0]], COLUMNS].to_numpy())


def test_the_command_reads_a_dataset_as_packing_does(tmp_path):
    write_raw(tmp_path / "raw", ROWS)
    for path in (tmp_path / "raw/train_landmarks").iterdir():
        pd.read_parquet(path).sample(frac=1, random_state=1).to_parquet(path)
    found = [clip for source in open_clips([tmp_path / "raw"]) for clip in source.clips()]
    assert sorted(clip.sequence_id for clip in found) == IDS
    for clip in found:
        assert_same(clip.content.landmarks_TK, EXPECTED[clip.sequence_id])
