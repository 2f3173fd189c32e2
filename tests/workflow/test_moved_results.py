"""results/ without Snakemake's hidden folder: judged by the records that lie in it."""

import os
import shutil
import signal
import time

import pytest
from project import RECIPES, Project
from test_rerun import AFTER_BENCHMARK, EXPORT, FROM_ROUND1, FROM_ROUND2

MODEL = "results/tiny/round2/seed1/model.safetensors"
KILL_SNAKEMAKE = """
    import psutil
    for one in psutil.Process().parents():
        if any(word.endswith("bin/snakemake") for word in one.cmdline()):
            one.kill()
"""


@pytest.fixture
def moved(copied) -> Project:
    """As after `cp -r results`: no hidden folder, and every file looks as if it was made in another order."""
    shutil.rmtree(copied.root / ".snakemake")
    files = sorted(path for path in (copied.root / "results").rglob("*") if path.is_file())
    for number, path in enumerate(files):
        age = 60 * (1 + number * 7 % len(files))
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    return copied


def test_an_unchanged_copy_plans_nothing(moved):
    assert moved.planned() == {}
    assert moved.planned(MODEL) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (f"{RECIPES}/tiny_round1.yaml", "weight_decay: 0.05", "weight_decay: 0.06", FROM_ROUND1),
        (f"{RECIPES}/tiny_round2.yaml", "learning_rate: 0.003", "learning_rate: 0.004", FROM_ROUND2),
        ("config/test/tiny.yaml", "min_confidence: 0.0", "min_confidence: 0.2", {"evaluate_seed": 2, **EXPORT}),
        ("src/podium/export/benchmark.py", "\nfrom podium", "\nCHANGED = 1\nfrom podium", AFTER_BENCHMARK),
    ],
    ids=["recipe1", "recipe2", "export", "benchmark code"],
)
def test_a_change_plans_its_stages(moved, file, old, new, expected):
    moved.edit(file, old, new)
    assert moved.planned() == expected


def test_a_copy_without_raw_files_plans_nothing(moved):
    shutil.rmtree(moved.root / "results/data/tiny/raw")
    assert moved.planned() == {}


def test_a_single_target_is_judged_too(moved):
    moved.edit(f"{RECIPES}/tiny_round2.yaml", "learning_rate: 0.003", "learning_rate: 0.004")
    assert moved.planned(MODEL) == {"train_round2": 1}


@pytest.mark.parametrize("damage", ["absent", "cut", "other", "folder"])
def test_what_nothing_is_known_of_is_made_again(copied, damage):
    record = copied.root / "results/tiny/export/.provenance/benchmark.json.json"
    content = record.read_text()
    record.unlink()
    if damage == "folder":
        record.mkdir()
    elif damage != "absent":
        record.write_text({"cut": content[:100], "other": '{"params": 1}'}[damage])
    assert copied.planned() == AFTER_BENCHMARK


@pytest.mark.parametrize(
    ("file", "first"),
    [
        ("results/tiny/round2/seed1/model.safetensors", "train_round2"),
        ("results/tiny/export/model_int8.tflite", "export_tflite"),
        ("results/tiny/export/predictions.csv", "evaluate_tflite"),
        ("results/data/tiny/shards/train/100000000.npy", "pack_shard"),
    ],
)
def test_what_a_broken_copy_has_cut_off_is_made_again(moved, file, first):
    """Its record is whole, and it may look older than all that was made of it."""
    path = moved.root / file
    before = path.stat()
    path.write_bytes(path.read_bytes()[:-100])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert next(iter(moved.planned())) == first


@pytest.mark.parametrize("file", ["export/model_int8.tflite", "export/predictions.csv", "report/progress.png"])
def test_whatever_a_copy_lacks_of_the_results_is_made(moved, file):
    (moved.root / "results/tiny" / file).unlink()
    assert moved.planned()


def test_results_from_before_there_were_records(moved):
    for folder in list((moved.root / "results").rglob(".provenance")):
        shutil.rmtree(folder)
    plan = moved.snakemake("-n").stdout
    assert "nothing says what it was made of" in plan
    assert all(rule in plan for rule in ("write_corpus_tables", "pack_shard", "train_round1", "port_seed"))
    assert moved.snakemake("--touch", "--cores", "1").returncode == 0
    assert moved.planned() == {}, "they are taken as they are"


def test_a_killed_run_leaves_no_record_of_other_files(copied):
    """Its files are there; without records they may be of another configuration."""
    target, script = "results/tiny/port/seed1/weights.safetensors", "workflow/scripts/port_seed.py"
    copied.edit(script, "    print(", KILL_SNAKEMAKE + "    print(")
    copied.is_forked = False
    assert copied.snakemake("--cores", "1", "--force", target).returncode == -signal.SIGKILL
    assert (copied.root / target).is_file()
    shutil.rmtree(copied.root / ".snakemake")
    assert copied.planned(target) == {"port_seed": 1}


def test_files_of_an_earlier_configuration_leave(copied):
    export, port = copied.root / "results/tiny/export", copied.root / "results/tiny/port"
    (export / "model_mine.tflite").write_text("a user's own")
    shutil.copytree(export, copied.root / "results/tiny/export_of_may")
    backup = sorted(path.name for path in export.iterdir())
    copied.edit("config/test/tiny.yaml", "export:", "export:\n  formats: [fp16]")
    copied.edit("config/test/tiny.yaml", "seeds: [1, 2]", "seeds: [2]")
    before = sorted((copied.root / "results/tiny").rglob("*"))
    assert "train_round2" not in copied.planned()
    assert sorted((copied.root / "results/tiny").rglob("*")) == before, "a plan removes nothing"
    outcome = copied.snakemake("--cores", "2", "results/tiny/export/inference_args.json")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert sorted(path.name for path in export.glob("*.tflite")) == ["model.tflite", "model_mine.tflite"]
    assert sorted(path.name for path in (copied.root / "results/tiny/export_of_may").iterdir()) == backup
    (line,) = [line for line in outcome.stderr.splitlines() if line.startswith("removed")]
    for file in ("export/model_int8.tflite", "export/model_web.tflite", "port/seed1/weights.safetensors"):
        assert f"results/tiny/{file}" in line
    assert not (port / "seed1").exists() and (port / "seed2/weights.safetensors").is_file()
    assert (copied.root / MODEL).is_file(), "a training stays"
    copied.edit("config/test/tiny.yaml", "seeds: [2]", "seeds: [1, 2]")
    planned = copied.planned()
    assert planned["port_seed"] == 1 and "train_round2" not in planned, "and need not be trained again"


def test_a_users_own_raw_files_may_lie_elsewhere_with_other_times(copied, tmp_path):
    raw, elsewhere = tmp_path / "raw", tmp_path / "another place"
    shutil.copytree(copied.root / "results/data/tiny/raw", raw)
    dataset = copied.root / "config/datasets/mine.yaml"
    text = "name: mine\nsource: {{kind: local, root: {}}}\nfolds: {{num_folds: 2, num_holdout_participants: 2}}\n"
    dataset.write_text(text.format(raw))
    copied.edit("config/test/tiny.yaml", "dataset: tiny", "dataset: mine")
    outcome = copied.snakemake("--cores", "2", "data")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    shutil.copytree(raw, elsewhere, copy_function=shutil.copy)
    dataset.write_text(text.format(elsewhere))
    assert copied.planned("data") == {}
    table = elsewhere / "train.csv"
    table.write_text(table.read_text().rstrip("\n") + "x\n")
    assert copied.planned("data")["list_sequences"] == 1


def test_two_dataset_files_of_one_name(copied):
    copied.edit("config/test/tiny.yaml", "dataset: tiny", "dataset: other")
    text = (copied.root / "config/datasets/tiny.yaml").read_text()
    other = copied.root / "config/datasets/other.yaml"
    other.write_text(text)
    assert copied.planned() == {"write_manifest": 1, "write_report": 1}, "a copy of the file is the same dataset"
    other.write_text(text.replace("num_folds: 2", "num_folds: 3"))
    outcome = copied.snakemake("-n")
    (line,) = [line for line in outcome.stderr.splitlines() if "error:" in line]
    assert outcome.returncode == 2
    assert "config/datasets/tiny.yaml" in line and "config/datasets/other.yaml" in line
    (copied.root / "config/datasets/tiny.yaml").unlink()
    assert copied.planned("data") == {"index_data": 1, "data": 1}, "renamed and edited"


def test_two_experiments_of_one_name(copied):
    text = (copied.root / "config/test/tiny.yaml").read_text()
    other = copied.root / "config/test/other.yaml"
    other.write_text(text)
    assert "config/test" not in copied.snakemake("-n", config="config/test/other.yaml").stderr
    other.write_text(text.replace("min_confidence: 0.0", "min_confidence: 0.2"))
    outcome = copied.snakemake("-n", config="config/test/other.yaml")
    lines = [line for line in outcome.stderr.splitlines() if "to another experiment" in line]
    assert outcome.returncode == 0 and len(lines) == 1
    assert "config/test/tiny.yaml" in lines[0] and "config/test/other.yaml" in lines[0]


@pytest.mark.parametrize("is_known", [True, False], ids=["in place", "in a moved copy"])
def test_an_edited_raw_file_is_seen(copied, is_known):
    """Even one whose size and time stay; the plan's own memory of digests does not move along."""
    place = copied.root / "results/data/tiny/raw/train_landmarks/100000000.parquet"
    if is_known:
        assert copied.planned("data") == {}
    else:
        shutil.rmtree(copied.root / "results/state")
        shutil.rmtree(copied.root / ".snakemake")
    content, times = bytearray(place.read_bytes()), place.stat()
    content[1000] ^= 1
    time.sleep(0.05)  # a tick of the disk's clock
    place.write_bytes(content)
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    outcome = copied.snakemake("-n", "data")
    (line,) = [line for line in outcome.stderr.splitlines() if "error:" in line]
    assert outcome.returncode == 2 and "train_landmarks/100000000.parquet was edited" in line
    place.unlink()
    assert copied.planned("data") == {}
