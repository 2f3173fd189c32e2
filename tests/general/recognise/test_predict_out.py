"""Where ``podium predict --out`` writes, and where it must not."""

import os
from pathlib import Path

import pandas as pd
import pytest
from raw_folder import table, write_clip, write_raw
from small_networks import random_clip, small_recipe, write_network

import podium as package
from podium.systems.fingerspelling.landmarks import COLUMNS

CLIP = random_clip(30)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("model"), small_recipe(max_frames=64), seed=4)


def test_plain_text_and_a_file(podium, model, tmp_path):
    paths = [write_clip(tmp_path / "b.npy", CLIP), write_clip(tmp_path / "a.npy", random_clip(50))]
    done = podium("predict", *paths, "--model", model)
    recognizer = package.Recognizer(model)
    readings = [recognizer.read(clip) for clip in (CLIP, random_clip(50))]
    lines = [f"{path}\t{one.text}\t{one.confidence:.3f}\n" for path, one in zip(paths, readings, strict=True)]
    assert done.out == "".join(lines)
    written = podium("predict", *paths, "--model", model, "--out", tmp_path / "new/texts.tsv")
    assert written.out == "" and (tmp_path / "new/texts.tsv").read_text() == done.out


def test_a_bad_model_leaves_no_folders(podium, tmp_path):
    place = tmp_path / "new/deeper/texts"
    done = podium("predict", tmp_path, "--model", tmp_path / "absent.tflite", "--out", place)
    assert done.code == 2 and list(tmp_path.iterdir()) == []


def test_places_that_must_not_be_written(podium, model, tmp_path):
    clip = write_clip(tmp_path / "clip.npy", CLIP)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(clip)
    places = {
        tmp_path: "is no file", tmp_path / "pipe": "is no file", clip / "texts": "cannot be written",
        Path("/proc/texts"): "/proc cannot be written", clip: "is one of the clips",
        tmp_path / "link": "is one of the clips", model / "model.safetensors": "is the model",
    }  # fmt: skip
    before = {path: path.read_bytes() for path in (clip, model / "model.safetensors")}
    for place, words in places.items():
        done = podium("predict", tmp_path, "--model", model, "--out", place)
        assert done.code == 2 and words in done.err and done.err.count("\n") == 1, place
        assert {path: path.read_bytes() for path in before} == before
    assert (tmp_path / "pipe").is_fifo() and (tmp_path / "link").is_symlink()


def test_files_that_may_be_inputs_are_never_replaced(podium, model, tmp_path):
    write_raw(tmp_path / "raw", table(num_signers=4, clips_per_signer=3))
    places = [tmp_path / "raw/train.csv", tmp_path / "raw/train_landmarks/notes.json", model / "recipe.json"]
    places[1].write_text("{}")
    places.append(tmp_path / "elsewhere.mp4")  # a slip of the pen must not cost a video
    places[-1].write_bytes(b"a video")
    (tmp_path / "link").symlink_to(places[0])
    before = [path.read_bytes() for path in places]
    for place in [*places, tmp_path / "link"]:
        done = podium("predict", tmp_path / "raw", "--model", model, "--out", place)
        assert done.code == 2 and done.err.count("\n") == 1
        assert f"--out {place.resolve()} is there already and no answer of an earlier call" in done.err
    assert [path.read_bytes() for path in places] == before
    places = ["raw/texts.json", "raw/texts.tsv", "texts.csv"]
    for place in (*(tmp_path / name for name in places), model / "texts.json", model / "texts.tsv"):
        for _ in range(2):  # a new file, and then an answer's
            words = ["--out", place, "--format", "json" if place.suffix == ".json" else "plain"]
            assert podium("predict", tmp_path / "raw", "--model", model, *words).code == 0


def test_an_answer_beside_clips_is_no_clip(podium, model, tmp_path):
    pd.DataFrame(CLIP, columns=COLUMNS).to_csv(tmp_path / "clip.tsv", sep="\t", index=False)
    for _ in range(2):
        done = podium("predict", tmp_path, "--model", model, "--out", tmp_path / "texts.tsv")
        assert done.code == 0 and done.err.endswith("num_read=1 num_bad=0\n")
    assert "passed over: 1 file(s): 1 .tsv\n" in done.err
    done = podium("predict", tmp_path, "--model", model, "--out", tmp_path / "clip.tsv")
    assert done.code == 2 and "is one of the clips" in done.err


def test_texts_go_where_a_link_leads(podium, model, tmp_path):
    clip = write_clip(tmp_path / "clip.npy", CLIP)
    (tmp_path / "link").symlink_to(tmp_path / "texts")
    assert podium("predict", clip, "--model", model, "--out", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "texts").read_text().startswith(str(clip))
