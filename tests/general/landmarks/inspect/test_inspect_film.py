"""The picture of one sequence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bound import choose, draw, open_folder, picture, presence, read_clip, survey
from inspected import FIRST_FILE, HANDS, ROWS, problems, reported, rewrite, rewrite_csv, spoil_frame
from matplotlib import image
from matplotlib.backend_bases import FigureCanvasBase
from PIL import Image
from raw_folder import landmark_frame, write_arrays

from podium.errors import UserError
from podium.landmarks.inspect.film import FORMATS, Choice, check_place
from podium.systems.fingerspelling.landmarks import COLUMNS

NOTHING_READ = {"train": pd.DataFrame(columns=["file_id", "sequence_id"])}


def test_a_clip_is_the_same_from_every_layout(raw, prepared, tmp_path):
    write_arrays(tmp_path, ROWS)
    clips = [
        read_clip(path, 1003)
        for path in (
            raw / f"train_landmarks/{FIRST_FILE}.parquet",
            prepared / f"shards/train/{FIRST_FILE}.npy",
            tmp_path / f"train_landmarks/{FIRST_FILE}",
        )
    ]
    assert [clip.shape[1:] for clip in clips] == [(543, 2), (130, 2), (130, 2)]
    np.testing.assert_array_equal(clips[1], clips[2])
    for clip in clips:
        np.testing.assert_array_equal(presence(clip), presence(clips[0]))
    expected = landmark_frame(ROWS[ROWS["sequence_id"] == 1003])
    np.testing.assert_array_equal(clips[0][:, 468, 1], expected["y_left_hand_0"])
    np.testing.assert_array_equal(clips[1][:, 40, 1], expected["y_left_hand_0"])
    assert np.isnan(clips[0]).any() and presence(clips[0])[0].mean() < 1


def drawn(folder: Path, out: Path, sequence_id: int | None = None, num_frames: int = 6) -> np.ndarray:
    opened = open_folder(folder)
    _, clips = survey(opened)
    draw(choose(opened, clips, sequence_id), out, num_frames)
    return image.imread(out)


@pytest.mark.parametrize("kind", ["raw", "prepared"])
def test_film(kind, raw, prepared, tmp_path):
    pixels = drawn({"raw": raw, "prepared": prepared}[kind], tmp_path / "new/film.png")
    colors = np.unique((pixels[..., :3].reshape(-1, 3) * 255).round().astype(int), axis=0)
    for color in ([44, 160, 44], [0, 0, 0], [214, 39, 40], [31, 119, 180]):  # left hand, right hand, face, pose
        assert (colors == color).all(axis=1).any()
    assert pixels.shape[1] > pixels.shape[0] > 200


def test_film_of_many_frames_is_wrapped(raw, tmp_path):
    few, many = (drawn(raw, tmp_path / "film.png", num_frames=number) for number in (12, 19))
    assert many.shape[1] == few.shape[1] and many.shape[0] > few.shape[0]


def test_film_of_awkward_sequences(copy, tmp_path):
    """Nothing in it; an infinite coordinate; a single frame; a phrase that looks like a formula."""
    rewrite(copy, FIRST_FILE, lambda frame: pd.concat([spoil_frame(frame).drop(1003), frame.loc[[1003]][:1]]))
    rewrite_csv(copy, lambda rows: rows.assign(phrase="$x_{$"))
    for sequence_id in (1000, 1001, 1003):
        assert drawn(copy, tmp_path / f"{sequence_id}.png", sequence_id).std() > 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [1e15, -1e15, 3e38])
def test_film_of_points_far_away(value, tmp_path):
    choice = Choice("train", 1, 2, tmp_path, None, None)
    x_FL2 = np.full((20, 130, 2), value, np.float32)
    picture(x_FL2, choice, num_frames=3).savefig(tmp_path / "film.png")


@pytest.mark.parametrize("suffix", [*FORMATS, "JPG"])
def test_the_suffix_says_the_format(raw, tmp_path, suffix):
    if suffix.lower() not in FigureCanvasBase.get_supported_filetypes():
        pytest.skip(f"this matplotlib does not write {suffix}")
    out = tmp_path / f"film.{suffix}"
    check_place(out)
    drawn(raw, out, num_frames=2)
    with Image.open(out) as opened:
        assert opened.format == {"jpg": "JPEG"}.get(suffix.lower(), suffix.upper())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.mp4", r"does not end as a picture does; give it one of the suffixes \.png, \.jpg, \.jpeg"),
        ("x", "does not end as a picture does"),
        (".png", "does not end as a picture does"),
        ("folder.png", "is a folder; name a file"),
        ("file/x.png", "file cannot be written: not a directory"),
        ("file/new/x.png", "file/new cannot be written: not a directory"),
        ("/proc/new/x.png", "/proc/new cannot be written"),
    ],
)
def test_places_where_no_picture_can_be_written(tmp_path, name, message):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=message):
        check_place(tmp_path / name)


def test_places_are_not_made_ahead(tmp_path):
    check_place(tmp_path / "new/x.png")
    assert list(tmp_path.iterdir()) == []


def test_infinite_values_are_missing_ones(copy):
    """The left hand of a clip is infinite wherever it is, x of one point or y of the others; the right wrist once."""
    left_hand = [name for name in HANDS if name.startswith("y_left")][1:] + ["x_left_hand_0"]

    def change(frame):
        frame.loc[1003, left_hand] = frame.loc[1003, left_hand] * np.inf
        frame.iloc[frame.index.get_loc(1003).start, frame.columns.get_loc("y_right_hand_0")] = np.inf
        return frame

    rewrite(copy, FIRST_FILE, change)
    choice = choose(open_folder(copy), NOTHING_READ, 1003)
    x_FL2 = read_clip(choice.path, 1003)
    num_infinite = int(np.isinf(x_FL2).any(axis=(1, 2)).sum())
    assert 0 < num_infinite < len(x_FL2)
    figure = picture(x_FL2, choice, num_frames=3)
    left_out = f"points with infinite values left out in {num_infinite} of them"
    assert figure.get_suptitle().endswith(f"{len(x_FL2)} frames\n{left_out}")
    shares = [text.get_text() for text in figure.subfigs[1].axes[0].texts]
    assert shares == ["0%", "100%", "100%", "100%"]
    assert np.isfinite(figure.subfigs[1].axes[1].get_ylim()).all()
    assert "infinite" not in picture(read_clip(choice.path, 1002), choice, num_frames=3).get_suptitle()


def test_the_sequence_of_median_length_is_chosen(copy):
    rewrite(copy, FIRST_FILE, lambda frame: frame.assign(**dict.fromkeys(HANDS, np.nan)).astype("float32"))
    folder = open_folder(copy)
    _, clips = survey(folder)
    with_hand = ROWS[ROWS["file_id"] != FIRST_FILE].sort_values(["num_frames", "sequence_id"])
    choice = choose(folder, clips)
    assert choice.sequence_id == with_hand["sequence_id"].iloc[3]
    told = (choice.participant_id, choice.label)
    assert told == tuple(with_hand[["participant_id", "phrase"]].iloc[3]), "the title tells who signs what"


def test_a_sequence_of_a_file_that_was_not_read(raw):
    folder = open_folder(raw)
    _, clips = survey(folder, max_files=1)
    assert choose(folder, clips, 1015).path.stem == str(FIRST_FILE + 1)
    with pytest.raises(UserError, match="no landmarks of sequence 4"):
        choose(folder, clips, 4)


def test_nothing_to_draw(copy):
    for path in copy.glob("train_landmarks/*.parquet"):
        path.write_bytes(b"no parquet")
    folder = open_folder(copy)
    with pytest.raises(UserError, match="no sequence that could be read"):
        choose(folder, survey(folder)[1])


def test_real_landmarks(shared, tmp_path):
    folder = shared / "real/wide"
    if not folder.is_dir():
        pytest.skip(f"no real landmarks: {folder} is absent")
    report = reported(folder)
    train = report["splits"]["train"]
    assert (train["num_sequences"], train["num_files"], train["participants"]["number"]) == (132, 21, 21)
    assert problems(report) == {"under_15_frames": 53}
    columns = [name for name in COLUMNS if name.startswith("x_")]
    is_missing = pd.concat([pd.read_parquet(path, columns=columns) for path in folder.glob("*/*.parquet")]).isna()
    for part in ("left_hand", "right_hand", "face", "pose"):
        share = is_missing[[name for name in columns if part in name]].all(axis=1).mean()
        assert train["missing"]["frames"][part] == pytest.approx(share)
    draw(choose(open_folder(folder), NOTHING_READ, 1925998736), tmp_path / "film.png", 12)
    assert image.imread(tmp_path / "film.png").std() > 0
