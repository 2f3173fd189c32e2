"""`podium predict` over wav files: words, times, and each kind of bad file told in one line."""

import json
import re

import numpy as np
import pytest
import torch
from speech import recipe
from wavs import FLOAT, chunk, coded, fmt, tone, wav

from podium.audio.clip_files import MEANINGS
from podium.storage.files import write_json
from podium.systems.speech import learner
from podium.systems.speech.conversion import said
from podium.training.weights import account, save_weights

GOOD = coded(tone(), 16)
NOT_FINITE = coded(np.where(np.arange(16_000) == 7, np.inf, tone()), 32, is_float=True)
REFUSED = {
    "mp3": (lambda path: path.write_bytes(b"ID3\x04" + bytes(4000)), "is an mp3 file, not a wav file"),
    "text": (lambda path: path.write_bytes(b"yes, no, up"), r"is no wav file \(no RIFF header\)"),
    "cut": (lambda path: wav(path, fmt(), GOOD[:16_000], stated=len(GOOD)), r"cut off after 0\.50 of 1\.00 seconds"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "nothing": (lambda path: wav(path, fmt(), b"", behind=chunk(b"LIST", b"INFO")), "holds no samples"),
    "choir": (lambda path: wav(path, fmt(channels=50), bytes(10_000)), "has 50 channels"),
    "infinite": (lambda path: wav(path, fmt(32, tag=FLOAT), NOT_FINITE), "no finite numbers"),
    "adpcm": (lambda path: wav(path, fmt(bits=4, tag=2), bytes(5000)), "not read here; write it as 16-bit PCM"),
}  # fmt: skip
DOUBTFUL = {
    "coarse": (fmt(8), coded(tone(), 8)),
    "resampled": (fmt(rate=96_000), coded(tone(96_000, 96_000), 16)),
    "mixed_down": (fmt(channels=2), coded(np.stack([tone(), tone()], 1), 16)),
    "dc_offset": (fmt(), coded(0.3 + 0.4 * tone(), 16)),
    "clipped": (fmt(), coded(np.clip(5 * tone(), -1, 1), 16)),
    "all_zeros": (fmt(), bytes(32_000)),
    "shorter_than_a_second": (fmt(), coded(tone(9_000), 16)),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network with random weights, as a run leaves it."""
    folder, one = tmp_path_factory.mktemp("run"), recipe()
    torch.manual_seed(3)
    save_weights(learner.make(one).exported, folder / "model.safetensors")
    write_json(folder / "recipe.json", account("speech", one, 3, None))
    return folder


def test_a_long_recording_has_times(model, podium, tmp_path):
    wav(tmp_path / "long.wav", fmt(), coded(tone(40_000), 16))
    ended = podium("predict", tmp_path / "long.wav", "--model", model, "--format", "json")
    clips = json.loads(ended.out)["clips"]
    assert [(clip["begin_s"], clip["end_s"]) for clip in clips] == [(0, 1), (0.5, 1.5), (1, 2), (1.5, 2.5)]
    assert all(clip["text"] in said(12) and 0 < clip["confidence"] <= 1 for clip in clips)
    ended = podium("predict", tmp_path / "long.wav", "--model", model)
    assert [line.split("\t")[0].partition("#")[2] for line in ended.out.splitlines()] == [
        "0.00s", "0.50s", "1.00s", "1.50s",
    ]  # fmt: skip


def test_a_folder_of_good_bad_and_doubtful_files(model, podium, tmp_path):
    wav(tmp_path / "good.wav", fmt(), GOOD)
    for name, (write, _) in REFUSED.items():
        write(tmp_path / f"{name}.wav")
    for name, content in DOUBTFUL.items():
        wav(tmp_path / f"{name}.wav", *content)
    ended = podium("predict", tmp_path, "--model", model, "--format", "json")
    told = json.loads(ended.out)
    assert ended.code == 0 and f"num_read={1 + len(DOUBTFUL)} num_bad={len(REFUSED)}" in ended.err
    remarks = {clip["file"].rpartition("/")[2].removesuffix(".wav"): clip["remarks"] for clip in told["clips"]}
    assert remarks == {"good": [], **{name: [name] for name in DOUBTFUL}}
    assert all(MEANINGS[name] in ended.err for name in DOUBTFUL)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_ends_with_one_line(model, podium, tmp_path, name):
    write, message = REFUSED[name]
    write(tmp_path / "bad.wav")
    ended = podium("predict", tmp_path / "bad.wav", "--model", model, "--out", tmp_path / "answers.json")
    assert ended.code == 2 and ended.out == "" and not (tmp_path / "answers.json").exists()
    (line,) = ended.err.splitlines()
    assert line.startswith("error: none of 1 clip(s) can be read") and line.count("bad.wav") == 1
    assert re.search(message, line), line


def test_a_folder_without_wav_files(model, podium, tmp_path):
    (tmp_path / "notes.txt").write_text("no clip")
    ended = podium("predict", tmp_path, "--model", model)
    assert ended.code == 2 and "no clips in there" in ended.err
