"""`podium.Recognizer`: what it opens, what it accepts, and that threads do not disturb each other."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from small_networks import random_clip, random_network, read_in_torch, small_recipe, write_network

from podium import Recognizer
from podium.errors import UserError
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.storage.files import write_json
from podium.systems.fingerspelling.landmarks import COLUMNS, SLOTS

RECIPE = small_recipe(max_frames=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("model"), RECIPE, seed=0)


@pytest.fixture(scope="module")
def recognizer(folder):
    return Recognizer(folder)


def test_folder_and_file_are_the_same(folder, recognizer):
    expected = read_in_torch(random_network(RECIPE), RECIPE, random_clip(30))
    assert expected.text and expected.confidence is not None and not expected.reason
    for reading in (recognizer.read(random_clip(30)), Recognizer(folder / "model.safetensors").read(random_clip(30))):
        assert (reading.text, reading.confidence, reading.reason) == (expected.text, expected.confidence, "")
    assert recognizer.path == folder / "model.safetensors"


def test_a_table_is_read_by_name(recognizer):
    clip = random_clip(30)
    table = pd.DataFrame(clip, columns=COLUMNS).reindex(columns=RAW_COLUMNS[::-1], fill_value=0.0)
    table = table.assign(frame=range(30))
    assert recognizer.read(table) == recognizer.read(clip)
    assert recognizer.read(table.assign(comment="nobody reads this")) == recognizer.read(clip)
    assert recognizer.read(pd.DataFrame(clip, columns=COLUMNS[::-1])) != recognizer.read(clip)


def test_precision_and_memory_order_do_not_matter(recognizer):
    clip = random_clip(30)
    expected = recognizer.read(clip).text
    assert recognizer.read(clip.astype(np.float64)).text == expected
    assert recognizer.read(np.asfortranarray(clip)).text == expected
    half = clip.astype(np.float16)
    assert recognizer.read(half) == recognizer.read(half.astype(np.float32))


def test_clips_that_hold_little(recognizer):
    assert recognizer.read(random_clip(0)).reason == "no_frames"
    assert recognizer.read(random_clip(1)).text
    for nobody in (np.full((20, 390), np.nan), without_hands(random_clip(20))):
        reading = recognizer.read(nobody)
        assert (reading.text, reading.confidence, reading.reason) == ("", None, "no_hand")


def without_hands(clip: np.ndarray) -> np.ndarray:
    clip = clip.copy()
    clip.reshape(len(clip), 3, 130)[:, :, [*SLOTS["left_hand"], *SLOTS["right_hand"]]] = np.nan
    return clip


def with_value(value) -> np.ndarray:
    clip = random_clip(20).astype(np.float64)
    clip[3, 5] = value
    return clip


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        (random_clip(20)[:, :389], r"shape \(20, 389\) cannot be read; it must be \(frames, 390\)"),
        (random_clip(20)[0], r"shape \(390,\)"),
        (random_clip(20).reshape(20, 3, 130), r"shape \(20, 3, 130\)"),
        (random_clip(20).reshape(20, 390).tolist()[0], "shape"),
        (np.zeros((20, 390), np.int64), "type int64"),
        (np.zeros((20, 390), complex), "type complex128"),
        (np.full((20, 390), "a"), "type <U1"),
        (with_value(np.inf), f"frame 3 has an infinite {COLUMNS[5]}"),
        (with_value(1e300), f"frame 3 has an infinite {COLUMNS[5]}"),
        (with_value(-1e20), f"frame 3 has an infinite {COLUMNS[5]}"),
        (pd.DataFrame(random_clip(20), columns=COLUMNS).drop(columns=COLUMNS[7]), f"lacks the column.s. {COLUMNS[7]}$"),
        (pd.DataFrame({"x": [1.0]}), "and 385 more"),
        (pd.DataFrame(random_clip(9), columns=COLUMNS).assign(**{COLUMNS[2]: "a"}), f"column {COLUMNS[2]} is"),
        (pd.DataFrame(random_clip(9)[:, [0, *range(390)]], columns=[COLUMNS[0], *COLUMNS]), "more than once"),
    ],
)  # fmt: skip
def test_bad_clips(recognizer, clip, message):
    with pytest.raises(UserError, match=message):
        recognizer.read(clip)


def test_bad_models(folder, tmp_path):
    (tmp_path / "no.tflite").write_text("no model")
    (tmp_path / "model.onnx").write_text("no model")
    (tmp_path / "bare.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    for path, message in [
        (tmp_path / "absent.tflite", "absent.tflite does not exist"),
        (tmp_path / "absent.safetensors", "absent.safetensors does not exist"),
        (tmp_path / "no.tflite", "is not a TFLite file"),
        (tmp_path / "model.onnx", "is no model"),
        (tmp_path / "bare.safetensors", "recipe.json does not exist"),
        (tmp_path, "holds neither model.tflite nor model.safetensors"),
    ]:
        with pytest.raises(UserError, match=message):
            Recognizer(path)
    write_json(tmp_path / "inference_args.json", {"system": "fingerspelling", "selected_columns": COLUMNS[::-1]})
    with pytest.raises(UserError, match="other columns"):
        Recognizer(tmp_path / "no.tflite")
    (tmp_path / "inference_args.json").write_text("no JSON")
    with pytest.raises(UserError, match="damaged or no JSON"):
        Recognizer(tmp_path / "no.tflite")


def test_threads_share_one(recognizer):
    clips = [random_clip(num_frames, seed) for seed in range(4) for num_frames in (16, 40, 80)]
    expected = [recognizer.read(clip) for clip in clips]
    assert len({reading.text for reading in expected}) > 3
    with ThreadPoolExecutor(4) as pool:
        for _ in range(2):
            assert list(pool.map(recognizer.read, clips)) == expected


@pytest.mark.parametrize("as_index", [True, False])
def test_a_table_of_several_sequences_is_no_clip(recognizer, as_index):
    table = pd.DataFrame(random_clip(30), columns=COLUMNS).assign(sequence_id=[1] * 10 + [2] * 20)
    with pytest.raises(UserError, match="the table holds 2 sequences; give one at a time"):
        recognizer.read(table.set_index("sequence_id") if as_index else table)
    assert recognizer.read(table.assign(sequence_id=3)).text
    with pytest.raises(UserError, match="has the column sequence_id more than once"):
        recognizer.read(pd.concat([table, table["sequence_id"]], axis=1))


@pytest.mark.parametrize("num_threads", [0, -1, "2"])
def test_numbers_of_threads(folder, num_threads):
    with pytest.raises(UserError, match="number of threads must be from 1 to 256"):
        Recognizer(folder, num_threads)
