"""What `podium predict` and the library say of clips that are whole and may be wrong, and of clips without a text."""

import numpy as np
import pandas as pd
import pytest
from planted import FAULTS, virtual_clips
from raw_folder import write_clip
from small_networks import built_in, random_clip, read_in_torch, small_recipe, write_network

from podium import Recognizer
from podium.landmarks.remarks import MEANINGS, REASONS
from podium.landmarks.timing import resample
from podium.storage.files import write_json
from podium.systems.fingerspelling import learner
from podium.systems.fingerspelling.landmarks import COLUMNS, SLOTS
from podium.systems.fingerspelling.readings import DUMMY_SV, host_text, read
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE
from podium.training.weights import load_network

PERSON = next(virtual_clips(1, seed=8))
RECIPE = small_recipe(max_frames=64)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = write_network(tmp_path_factory.mktemp("model"), RECIPE, seed=4)
    write_json(folder / "inference_args.json", {"selected_columns": COLUMNS, "frame_rate": 30})
    return folder


RATE = "a clip that tells no rate of its own counts as one of 30 frames a second, the model's; --fps says another"


@pytest.fixture
def predict(predict):
    """Calls the command; returns its JSON of clips and what it said beside, line by line."""

    def call(*words):
        outcome, said = predict(*words)
        lines = said.splitlines()
        assert lines.count(RATE) == ("--fps" not in words)
        return outcome["clips"], [line for line in lines if line != RATE]

    return call


def test_a_plausible_clip_brings_no_remark(predict, tmp_path):
    (clip,), said = predict(write_clip(tmp_path / "clip.npy", PERSON))
    assert clip["remarks"] == [] and said == ["num_read=1 num_bad=0"]


@pytest.mark.parametrize("name", ["hands swapped", "y upwards", "x mirrored", "quarter turn", "x y z side by side"])
@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_a_spoilt_clip_is_read_and_told(predict, tmp_path, name, suffix):
    change, kind = FAULTS[name]
    spoilt = np.ascontiguousarray(change(PERSON, np.random.default_rng(0)), np.float32)
    for number in range(2):
        write_clip(tmp_path / f"clip{number}{suffix}", spoilt)
    clips, said = predict(tmp_path)
    assert [one["remarks"] for one in clips] == [[kind], [kind]]
    names = ", ".join(f"{tmp_path}/clip{number}{suffix}" for number in range(2))
    assert said == [f"remark: 2 clip(s): {MEANINGS[kind]}: {names}", "num_read=2 num_bad=0"]


def with_zeros(*parts: str) -> tuple[np.ndarray, np.ndarray]:
    """A clip whose parts are 0.0 in every other frame, and the same with NaN in their place."""
    zeros, missing = PERSON.copy(), PERSON.copy()
    for clip, value in ((zeros, 0.0), (missing, np.nan)):
        for part in parts:
            clip.reshape(len(clip), 3, 130)[::2, :, SLOTS[part]] = value
    return zeros, missing


@pytest.mark.parametrize("parts", [["left_hand"], ["right_hand"], ["left_hand", "right_hand"], ["face", "pose"]])
def test_parts_of_zeros_are_missing(predict, model, tmp_path, parts):
    zeros, missing = with_zeros(*parts)
    expected = Recognizer(model).read(missing)
    assert Recognizer(model).read(zeros).text == expected.text
    (clip,), said = predict(write_clip(tmp_path / "clip.npy", zeros))
    assert clip["text"] == expected.text and "zeros_for_missing" in clip["remarks"]
    assert f"remark: 1 clip(s): {MEANINGS['zeros_for_missing']}: {tmp_path}/clip.npy" in said


def test_a_clip_of_zeros_alone_holds_no_hand(model):
    reading = Recognizer(model).read(np.zeros((20, 390), np.float32))
    assert (reading.text, reading.reason, reading.remarks) == ("", "no_hand", ("zeros_for_missing",))


@pytest.mark.parametrize("way", ["option", "column", "both"])
def test_clips_of_another_rate(predict, model, tmp_path, way):
    expected = Recognizer(model).read(PERSON).text
    fast = resample(PERSON, 30, 60)
    table = pd.DataFrame(fast, columns=COLUMNS)
    if way != "option":
        table["fps"] = 60.0 if way == "column" else 15.0
    table.to_parquet(tmp_path / "clip.parquet")
    (clip,), _ = predict(tmp_path / "clip.parquet", *([] if way == "column" else ["--fps", 60]))
    assert clip["text"] == expected and clip["num_frames"] == len(fast)
    assert Recognizer(model).read(table, fps=None if way == "column" else 60).text == expected


def test_a_rate_that_the_model_cannot_use_is_told(podium, tmp_path):
    model = write_network(tmp_path, RECIPE, seed=4)
    pd.DataFrame(PERSON, columns=COLUMNS).assign(fps=60).to_csv(tmp_path / "clip.csv", index=False)
    done = podium("predict", tmp_path / "clip.csv", "--model", model)
    assert done.code == 0 and f"remark: 1 clip(s): {MEANINGS['rate_not_used']}" in done.err
    done = podium("predict", tmp_path / "clip.csv", "--model", model, "--fps", 60)
    assert done.code == 2 and "does not tell at which frame rate it was trained" in done.err


@pytest.mark.parametrize("fps", ["0", "-1", "nan", "1e9"])
def test_what_is_no_rate_ends_the_command_before_it_reads(podium, model, tmp_path, fps):
    done = podium("predict", tmp_path / "absent.npy", "--model", model, "--fps", fps)
    assert done.code == 2 and "a rate lies from 1 to 1000 frames a second" in done.err


def test_a_clip_without_a_hand_has_a_reason(podium, model, predict, tmp_path):
    nobody = PERSON.copy()
    nobody[:, [column for column, name in enumerate(COLUMNS) if "hand" in name]] = np.nan
    path = write_clip(tmp_path / "clip.npy", nobody)
    done = podium("predict", path, "--model", model)
    assert done.out == f"{path}\t\t-\t{REASONS['no_hand']}\n"
    assert predict(path)[0][0]["reason"] == "no_hand"


@pytest.mark.parametrize(
    ("num_frames", "confidence", "expected"),
    [(14, 0.9, "too_short"), (14, 0.1, "too_short"), (15, 0.29, "not_trusted"), (15, 0.3, "ended_at_once"),
     (15, None, "ended_at_once")],
)  # fmt: skip
def test_reasons_follow_the_thresholds(num_frames, confidence, expected):
    outputs = {"outputs": DUMMY_SV} | ({} if confidence is None else {"confidence": np.float32(confidence)})
    reading = read(outputs, built_in(15, np.float32(0.3)), random_clip(num_frames))
    assert (reading.text, reading.reason) == ("", expected)
    assert read(outputs, {}, random_clip(num_frames)).reason == read(outputs).reason == "not_read"


@pytest.mark.parametrize(("min_frames", "min_confidence", "reason"), [(41, 0, "too_short"), (1, 1.0, "not_trusted")])
def test_people_get_no_text_and_the_host_its_phrase(model, min_frames, min_confidence, reason):
    network = load_network(model / "model.safetensors", learner, RECIPE)
    reading = read_in_torch(network, RECIPE, random_clip(40), min_frames, min_confidence)
    assert (reading.text, reading.reason, host_text(reading)) == ("", reason, DUMMY_PHRASE)
    reading = read_in_torch(network, RECIPE, random_clip(40))
    assert reading.text == host_text(reading) != DUMMY_PHRASE and reading.reason == ""


def test_the_files_answer_to_nothing_is_the_dummy_phrase_exactly():
    assert "".join(CHARACTERS[index] for index in DUMMY_SV.argmax(axis=1)) == DUMMY_PHRASE
    assert set(np.unique(DUMMY_SV)) == {0.0, 1.0}
