"""``podium predict``: every way in which clips may lie, and what is said of bad ones."""

import json
import os
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from raw_folder import landmark_frame, table, write_arrays, write_clip, write_raw
from small_networks import random_clip, small_recipe, write_network
from workplace import Workplace

import podium as package
from podium.storage.files import write_json
from podium.systems.fingerspelling.answers import open_clips
from podium.systems.fingerspelling.landmarks import COLUMNS

RECIPE = small_recipe(max_frames=64)
ROWS = table(num_signers=4, clips_per_signer=3)
CLIP = random_clip(30)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("model"), RECIPE, seed=4)


@pytest.fixture(scope="module")
def recognizer(model):
    return package.Recognizer(model)


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_a_file_of_one_clip(predict, recognizer, tmp_path, suffix):
    path = write_clip(tmp_path / f"clip{suffix}", CLIP)
    outcome, said = predict(path)
    text = recognizer.read(CLIP).text
    (found,) = outcome["clips"]
    assert found.pop("confidence") == pytest.approx(recognizer.read(CLIP).confidence, abs=1e-4)
    assert found.pop("remarks") == list(recognizer.read(CLIP).remarks)
    assert found == {
        "file": str(path), "sequence_id": None, "num_frames": 30, "num_read_frames": 30, "text": text, "reason": "",
    }  # fmt: skip
    assert outcome["bad"] == [] and said.endswith("num_read=1 num_bad=0\n")


def test_arrays_in_another_order(predict, recognizer, tmp_path):
    write_clip(tmp_path / "clip.npy", CLIP[:, ::-1])
    write_json(tmp_path / "inference_args.json", {"selected_columns": COLUMNS[::-1]})
    assert predict(tmp_path / "clip.npy")[0]["clips"][0]["text"] == recognizer.read(CLIP).text


@pytest.mark.parametrize(
    ("names", "message"), [(COLUMNS[:-1], "lack the column z_pose_21"), (None, "does not name the arrays' columns")]
)
def test_arrays_whose_columns_are_not_known(podium, model, tmp_path, names, message):
    write_clip(tmp_path / "clip.npy", CLIP)
    write_json(tmp_path / "inference_args.json", {"selected_columns": names} if names else [])
    done = podium("predict", tmp_path / "clip.npy", "--model", model)
    assert done.code == 2 and re.search(message, done.err)


def test_a_clip_of_hours_is_not_read(tmp_path, monkeypatch):
    for reader in ("landmarks.clip_files", "data.recordings"):
        monkeypatch.setattr(f"podium.{reader}.MAX_FRAMES", len(CLIP) - 1)
    files = [write_clip(tmp_path / name, CLIP) for name in ("a.npy", "b.parquet", "c.csv")]
    ids = pd.Index([7] * len(CLIP), name="sequence_id")
    pd.DataFrame(CLIP, index=ids, columns=COLUMNS).to_csv(tmp_path / "several.csv")
    clips = [clip for source in open_clips([*files, tmp_path / "several.csv"]) for clip in source.clips()]
    assert [clip.sequence_id for clip in clips] == [None, None, None, 7]
    assert {clip.problem for clip in clips} == {"is a clip of 30 frames; at most 29 are read, cut it"}


def test_tables_without_rows(podium, model, tmp_path):
    landmark_frame(ROWS).head(0).to_parquet(tmp_path / "none.parquet")
    done = podium("predict", tmp_path / "none.parquet", "--model", model)
    assert done.code == 2 and "no clips in there" in done.err


def expected_texts(recognizer, rows=ROWS) -> dict[int, str]:
    groups = landmark_frame(rows).groupby("sequence_id")
    return {int(name): recognizer.read(clip[COLUMNS].to_numpy()).text for name, clip in groups}


def texts(outcome: dict) -> dict[int, str]:
    return {clip["sequence_id"]: clip["text"] for clip in outcome["clips"]}


def test_layouts_of_many_clips(predict, recognizer, tmp_path):
    expected = expected_texts(recognizer)
    assert len(set(expected.values())) > 3
    write_raw(tmp_path / "raw", ROWS)
    assert texts(predict(tmp_path / "raw")[0]) == expected
    assert texts(predict(*sorted((tmp_path / "raw/train_landmarks").iterdir()))[0]) == expected
    write_arrays(tmp_path / "arrays", ROWS)
    assert texts(predict(tmp_path / "arrays")[0]) == expected
    landmark_frame(ROWS).sort_values("frame", kind="stable").reset_index().to_csv(tmp_path / "all.csv", index=False)
    assert texts(predict(tmp_path / "all.csv")[0]) == expected, "the sequences' frames are interleaved"
    landmark_frame(ROWS).sort_values("frame", kind="stable").to_parquet(tmp_path / "all.parquet")
    assert texts(predict(tmp_path / "all.parquet")[0]) == expected


def test_a_prepared_dataset(predict, recognizer, tmp_path):
    write_raw(tmp_path / "source", Workplace.rows)
    place = Workplace(tmp_path, tmp_path / "source")
    place.prepare()
    expected = expected_texts(recognizer, Workplace.rows)
    for path in (place.data, place.data / "shards/train"):
        assert texts(predict(path)[0]) == expected
    of_one = set(texts(predict(place.shard)[0]))
    assert of_one == set(Workplace.rows.loc[Workplace.rows["file_id"] == place.file_id, "sequence_id"])


@pytest.mark.parametrize(
    "names", ["1.parquet b.parquet c.npy d.csv", "1.parquet 2.parquet 1.npy 5.npy", "train.csv c.npy"]
)
def test_folders_of_clips_with_names_as_in_a_layout(tmp_path, names):
    for name in names.split():
        write_clip(tmp_path / name, CLIP)
    sources = open_clips([tmp_path])
    assert sorted(source.path.name for source in sources) == sorted(names.split())
    assert not any(clip.problem for source in sources for clip in source.clips())


def test_tables_beside_clips_are_no_clips(tmp_path):
    write_raw(tmp_path, ROWS)
    place = (tmp_path / "train.csv").rename(tmp_path / "train_landmarks/train.csv").parent
    write_clip(place / "c.npy", CLIP)
    names = {path.name for path in place.iterdir()}
    assert {source.path.name for source in open_clips([place])} == names - {"train.csv"}


def bad_clips(folder):
    """Bad files by the words that tell of each."""
    write_clip(folder / "good.npy", CLIP)
    np.save(folder / "narrow.npy", CLIP[:, :100])
    np.save(folder / "whole.npy", np.zeros((20, 390), np.int32))
    np.save(folder / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(folder / "empty.npy", random_clip(0))
    np.save(folder / "nothing.npy", np.full((20, 390), np.nan, np.float32))
    np.save(folder / "infinite.npy", np.full((20, 390), np.inf, np.float32))
    (folder / "cut.npy").write_bytes((folder / "good.npy").read_bytes()[:900])
    (folder / "cut.parquet").write_bytes(b"PAR1")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    (folder / "void.csv").write_text("")
    pd.DataFrame(CLIP[:0], columns=COLUMNS).to_csv(folder / "header.csv", index=False)
    pd.DataFrame(CLIP, columns=COLUMNS).drop(columns=COLUMNS[9]).to_csv(folder / "lacks.csv", index=False)
    pd.DataFrame(CLIP, columns=COLUMNS).drop(columns=COLUMNS[9]).to_parquet(folder / "lacks.parquet")
    pd.DataFrame(CLIP, columns=COLUMNS).assign(**{COLUMNS[1]: "a"}).to_csv(folder / "words.csv", index=False)
    pd.DataFrame(CLIP, columns=COLUMNS).assign(sequence_id="a").to_csv(folder / "ids.csv", index=False)
    return {
        "narrow.npy": "shape (30, 100)", "whole.npy": "type int32", "objects.npy": "damaged or no array of numbers",
        "empty.npy": "a clip without frames", "nothing.npy": "without a single landmark", "infinite.npy": "infinite",
        "cut.npy": "damaged", "cut.parquet": "cut off", "binary.csv": "cannot be read as a csv", "void.csv": "cannot",
        "header.csv": "a clip without frames",
        "lacks.csv": f"lacks the column(s) {COLUMNS[9]}", "lacks.parquet": f"lacks the column(s) {COLUMNS[9]}",
        "words.csv": f"column {COLUMNS[1]} is", "ids.csv": "column sequence_id is",
    }  # fmt: skip


def test_bad_clips_are_reported_and_the_others_read(predict, tmp_path):
    expected = bad_clips(tmp_path)
    outcome, said = predict(tmp_path, tmp_path / "good.npy")
    assert len(outcome["clips"]) == 2
    found = {one["file"].rsplit("/", 1)[1]: one["problem"] for one in outcome["bad"]}
    assert found.keys() == expected.keys()
    for name, words in expected.items():
        assert words in found[name], name
    remark, *named, last = said.splitlines()
    assert remark.startswith("remark: 2 clip(s): landmarks of one part"), "random values are no person"
    assert len(named) == 10 and all(line.startswith(f"bad clip: {tmp_path}/") for line in named)
    assert last == f"num_read=2 num_bad={len(expected)} (the first 10 are named)"


@pytest.mark.parametrize("name", ["narrow.npy", "lacks.parquet", "cut.parquet", "empty.npy"])
def test_only_bad_clips_are_an_error(podium, model, tmp_path, name):
    bad_clips(tmp_path)
    done = podium("predict", tmp_path / name, "--model", model)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: none of 1 clip(s) can be read; the first: ") and name in done.err


def test_a_place_that_is_not_there_is_an_error_at_once(podium, model, tmp_path):
    clip = write_clip(tmp_path / "clip.npy", CLIP)
    done = podium("predict", clip, tmp_path / "clop.npy", "--model", model, "--out", tmp_path / "texts.tsv")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {tmp_path}/clop.npy: no such file or folder; nothing was read\n"
    assert not (tmp_path / "texts.tsv").exists()


def test_a_bad_array_among_good_ones(predict, tmp_path):
    write_arrays(tmp_path, ROWS)
    path = next((tmp_path / "train_landmarks").glob("*/*.npy"))
    path.write_bytes(path.read_bytes()[:500])
    outcome, _ = predict(tmp_path)
    assert len(outcome["clips"]) == len(ROWS) - 1
    assert [one["sequence_id"] for one in outcome["bad"]] == [int(path.stem)]


def test_folders_without_clips(podium, model, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    done = podium("predict", tmp_path, tmp_path / "notes.txt", "--model", model)
    assert done.code == 2 and "none of 2 clip(s)" in done.err and "holds no clips" in done.err


def test_a_name_that_a_terminal_would_obey(podium, model, tmp_path):
    done = podium("predict", write_clip(tmp_path / "a\x1b[31m\nb.npy", CLIP), "--model", model)
    assert done.out.startswith(f"{tmp_path}/a\\x1b[31m\\nb.npy\t") and done.out.count("\n") == 1


def test_the_model_comes_first(podium, tmp_path):
    done = podium("predict", tmp_path / "absent.npy", "--model", tmp_path / "absent.tflite")
    assert done.code == 2 and "absent.tflite does not exist" in done.err


def test_what_may_not_be_opened_is_not_called_damaged():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        clip = write_clip(Path(folder, "clip.npy"), CLIP)
        clip.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            (source,) = open_clips([clip])
        finally:
            if is_root:
                os.seteuid(0)
        assert [one.problem for one in source.clips()] == [
            f"{clip} cannot be opened: permission denied; fix that and run again"
        ]


def test_more_threads_than_any_machine_has(podium, model, tmp_path):
    done = podium("predict", write_clip(tmp_path / "clip.npy", CLIP), "--model", model, "--threads", 100_000)
    assert (done.code, done.err) == (2, "error: the number of threads must be from 1 to 256, not 100000\n")


def test_a_recipe_by_name_far_from_podium(podium, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = podium("import-checkpoint", "a.pth", "--recipe", "winner_round2", "--out", tmp_path / "model.safetensors")
    assert done.code == 2 and "name a file, or run in Podium's folder" in done.err


@pytest.fixture
def stage(tmp_path):
    """The folder of a stage with three seeds, of an experiment that has been exported."""
    for seed in (1, 2, 10):
        write_network(tmp_path / "other" / "round2" / f"seed{seed}", small_recipe(max_frames=64), seed)
    settings = {"system": "fingerspelling", "frame_rate": 30, "min_frames": 15, "min_confidence": 0.0}
    write_json(tmp_path / "other/export/inference_args.json", {**settings, "selected_columns": COLUMNS})
    np.save(tmp_path / "clip.npy", random_clip(30))
    return tmp_path / "other/round2"


def test_a_stage_is_read_with_a_beam(podium, stage):
    """All its seeds together, and it says which; the experiment's settings hold."""
    clip = stage.parent.parent / "clip.npy"
    done = podium("predict", clip, "--model", stage, "--beam", 3, "--format", "json", "--fps", 30)
    told = json.loads(done.out)
    assert done.code == 0 and (told["seeds"], told["beam"]) == (["seed1", "seed2", "seed10"], 3)
    recognizer = package.Recognizer(stage, beam=3)
    assert told["clips"][0]["text"] == recognizer.read(random_clip(30)).text
    assert f"3 network(s) of {stage} read together: seed1, seed2, seed10" in done.err
    assert recognizer.frame_rate == 30 and recognizer.read(random_clip(14)).reason == "too_short"
    for _ in range(2):  # an earlier answer beside the seeds may be replaced, a network never
        assert podium("predict", clip, "--model", stage, "--format", "json", "--out", stage / "answers.json").code == 0
    weights = stage / "seed2/model.safetensors"
    done = podium("predict", clip, "--model", stage, "--out", weights)
    assert done.code == 2 and "is the model" in done.err


def test_stages_that_cannot_read(podium, stage):
    clip = stage.parent.parent / "clip.npy"
    (stage / "seed1_old").mkdir()
    assert len(package.Recognizer(stage).seeds) == 3
    write_network(stage / "seed2", small_recipe(max_frames=32), 2)
    done = podium("predict", clip, "--model", stage)
    assert done.code == 2 and "different recipes" in done.err
    (stage / "seed2/model.safetensors").unlink()
    done = podium("predict", clip, "--model", stage)
    assert done.code == 2 and "seed2/model.safetensors does not exist; train this seed to its end" in done.err
    write_network(stage.parent / "round1/fold0", small_recipe(max_frames=64), 1)
    done = podium("predict", clip, "--model", stage.parent / "round1")
    assert done.code == 2 and "round1 holds folds, which do not read together; name one of fold0 in it" in done.err


def test_a_beam_for_what_has_none(podium, tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"")
    np.save(tmp_path / "clip.npy", random_clip(30))
    done = podium("predict", tmp_path / "clip.npy", "--model", tmp_path / "model.tflite", "--beam", 3)
    assert done.code == 2 and done.out == ""
    assert done.err.splitlines()[-1] == (
        f"error: {tmp_path}/model.tflite reads greedily; a beam needs trained networks: name a .safetensors file, or"
        " the folder of a stage, results/EXPERIMENT/STAGE"
    )
