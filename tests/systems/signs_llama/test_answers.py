"""A person's clips in all layouts, and what is said of bad ones."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from signs_llama_small import random_clip

from podium.errors import ClipError, UserError
from podium.landmarks.mediapipe import RAW_COLUMNS, RAW_NAMES
from podium.recognise.predictions import Prediction
from podium.systems.signs.points import COLUMNS, ROWS
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_llama.answers import PART as answers


def wide(x_TRC: np.ndarray) -> pd.DataFrame:
    values_TK = x_TRC.transpose(0, 2, 1).reshape(len(x_TRC), -1)
    frame = pd.DataFrame(values_TK, columns=RAW_COLUMNS[1:])
    frame.insert(0, "frame", np.arange(len(x_TRC)))
    return frame


def long(x_TRC: np.ndarray) -> pd.DataFrame:
    num_frames = len(x_TRC)
    part, index = zip(*(name.rsplit("_", 1) for name in RAW_NAMES), strict=True)
    columns = {
        "frame": np.repeat(np.arange(20, 20 + num_frames), len(RAW_NAMES)).astype(np.int16),
        "type": np.tile(part, num_frames), "landmark_index": np.tile(np.array(index, np.int16), num_frames),
    }  # fmt: skip
    return pd.DataFrame({**columns, **dict(zip("xyz", x_TRC.reshape(-1, 3).T.astype(np.float64), strict=True))})


def read(path: Path) -> list:
    return [clip for source in answers.open_clips([path]) for clip in source.clips()]


def test_all_layouts_give_the_same_clip(tmp_path):
    x_TRC = random_clip(6)
    wide(x_TRC).to_parquet(tmp_path / "wide.parquet")
    long(x_TRC).to_parquet(tmp_path / "long.parquet")
    clips = {"array": x_TRC, "flat": x_TRC.reshape(6, -1), "table": wide(x_TRC)}
    for name in ("wide", "long"):
        (clip,) = read(tmp_path / f"{name}.parquet")
        assert not clip.problem and clip.num_frames == 6
        clips[name] = clip.content
    for name, clip in clips.items():
        prepared = answers.as_input(clip, {}, None)
        np.testing.assert_array_equal(prepared.x[:, ROWS], x_TRC[:, ROWS], err_msg=name)
        assert prepared.x.shape == (6, 543, 3) and not prepared.reason


def test_a_folder_in_the_competitions_layout(tmp_path):
    for signer in (2, 3):
        (tmp_path / f"train_landmark_files/{signer}").mkdir(parents=True)
        long(random_clip(4)).to_parquet(tmp_path / f"train_landmark_files/{signer}/70{signer}.parquet")
    (tmp_path / "train.csv").write_text("path,participant_id,sequence_id,sign\n")
    (tmp_path / "notes.txt").write_text("-")
    sources = answers.open_clips([tmp_path])
    assert [source.path.name for source in sources] == ["702.parquet", "703.parquet"]
    assert sources.passed_over == {".txt": 1}


@pytest.mark.parametrize("spoil, told", [
    (lambda table: table.iloc[:-1], "does not have 543 rows in each frame"),
    (lambda table: table.assign(type="face"), "MediaPipe's order"),
    (lambda table: table.iloc[:0], "has no frames"),
])  # fmt: skip
def test_a_bad_file_is_told_in_a_line(tmp_path, spoil, told):
    spoil(long(random_clip(3))).to_parquet(tmp_path / "bad.parquet")
    (clip,) = read(tmp_path / "bad.parquet")
    assert told in clip.problem and "\n" not in clip.problem


def test_bad_arrays_are_told():
    for clip, told in (
        (np.zeros((3, 542, 3), np.float32), "must be \\(frames, 543, 3\\)"),
        (np.zeros((3, 17), np.float32), "cannot be read"),
        (np.full((2, 543, 3), np.inf, np.float32), "infinite"),
    ):
        with pytest.raises(ClipError, match=told):
            answers.as_input(clip, {}, None)
    assert answers.as_input(random_clip(1)[:0], {}, None).reason == "no_frames"
    handless = random_clip(5)
    handless[:, 468:489] = handless[:, 522:] = np.nan
    assert answers.as_input(handless, {}, None).reason == "no_hand"
    with pytest.raises(UserError, match="names other columns"):
        answers.check_settings({"selected_columns": COLUMNS[::-1]}, Path("inference_args.json"))


def test_a_clip_of_another_rate_becomes_the_models():
    assert len(answers.as_input(random_clip(41), {"frame_rate": 30}, 60).x) == 21


def test_a_reading_names_five_signs():
    logits_V = np.zeros(250, np.float32)
    logits_V[[3, 7, 1]] = 9, 8, 7
    reading = answers.read({"outputs": logits_V})
    assert reading.text == SIGNS[3] and [text for text, _ in reading.alternatives[:3]] == [SIGNS[3], SIGNS[7], SIGNS[1]]
    assert len(reading.alternatives) == 5 and reading.alternatives[0][1] == reading.confidence
    prediction = Prediction("a.parquet", "a.parquet", None, 3, reading)
    fields = prediction.to_text({}).split("\t")
    assert fields[1] == SIGNS[3] and fields[3].startswith(f"{SIGNS[3]} 0.6") and fields[3].count(",") == 4
    assert list(prediction.to_json()["alternatives"]) == [text for text, _ in reading.alternatives]


def test_the_card_tells_limits_and_signs():
    recipe: Mapping = {"model": {"name": "llama"}, "data": {"max_frames": 512}}
    card = answers.card({"web_frames": 160}, [recipe])
    assert card["limits"] == {"size_mb": 40, "latency_ms": 100}
    assert card["input"]["shape"] == ["frames", 543, 3] and card["output"]["classes"] == list(SIGNS)
    assert card["output"]["name"] == "outputs" and card["web"]["inputs"]["inputs"]["shape"] == [160, 543, 3]
