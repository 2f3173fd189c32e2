"""The Python example runs with LiteRT alone, and reads as the file does."""

import shutil
import subprocess
import sys

import numpy as np
from planted import virtual_clips
from project import ROOT

from podium.recognise.tflite import TfliteFile
from podium.systems.fingerspelling.readings import read

EXAMPLE = ROOT / "examples/python/read_clip.py"


def test_it_reads_as_the_file_does(phone_file, model, tmp_path):
    for name in ("inference_args.json", "model_card.json"):
        shutil.copy(model / name, tmp_path)
    (tmp_path / "model.tflite").write_bytes(phone_file)
    file = TfliteFile(tmp_path / "model.tflite")
    clips = list(virtual_clips(2))
    texts = [read(file.answer(clip)).text for clip in clips]
    assert any(texts)
    for clip, text in zip([*clips, clips[0][:5]], [*texts, ""], strict=True):
        np.save(tmp_path / "clip.npy", clip)
        command = [sys.executable, EXAMPLE, tmp_path, tmp_path / "clip.npy"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n")
        assert said == text or (text == "" and said.startswith("no text: "))


def test_a_clip_of_another_shape_ends_with_one_line(model, tmp_path):
    for name in ("inference_args.json", "model_card.json"):
        shutil.copy(model / name, tmp_path)
    np.save(tmp_path / "clip.npy", np.zeros((20, 100), np.float32))
    command = [sys.executable, EXAMPLE, tmp_path, tmp_path / "clip.npy"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 1 and outcome.stderr == "the clip has the shape (20, 100), not (frames, 390)\n"
