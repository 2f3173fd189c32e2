"""Records beside artefacts: what they name, and what is removed by them."""

import os
from pathlib import Path

import pytest
from snakemake.persistence import MetadataRecord

from podium.plan.records import Records, record_of, recorded, remove_what_nothing_makes
from podium.storage.files import write_json

KEPT = {"train_round2"}


def make(root, rule, *files):
    """Artefacts of a rule, with their records."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if path.suffix == "" else path.write_text(rule)
        write_json(record_of(path), {"rule": rule})


def left(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if ".provenance" not in path.parts)


def sweep(root, *made):
    wanted = {str(root / file) for file in made}
    removed = remove_what_nothing_makes([str(root)], wanted.__contains__, KEPT)
    return [path.removeprefix(f"{root}/") for path in removed]


def test_records_name_artefacts(tmp_path):
    make(tmp_path, "export_tflite", "export/model.tflite")
    make(tmp_path, "port_seed", "port/seed1/saved_model")
    assert recorded(tmp_path) == {
        str(tmp_path / "export/model.tflite"): "export_tflite",
        str(tmp_path / "port/seed1/saved_model"): "port_seed",
    }
    for content in ("[", "[1]", "{}"):
        (tmp_path / "export/.provenance/model.tflite.json").write_text(content)
        assert list(recorded(tmp_path)) == [str(tmp_path / "port/seed1/saved_model")]


def test_what_no_job_makes_leaves(tmp_path):
    make(tmp_path, "export_tflite", "export/model.tflite", "export/model_int8.tflite", "export/model_web.tflite")
    make(tmp_path, "port_seed", "port/seed1/weights.safetensors", "port/seed1/saved_model")
    (tmp_path / "port/seed1/saved_model/variables").touch()
    removed = sweep(tmp_path, "export/model.tflite")
    assert removed == [
        "export/model_int8.tflite",
        "export/model_web.tflite",
        "port/seed1/saved_model",
        "port/seed1/weights.safetensors",
    ]
    assert left(tmp_path) == ["export", "export/model.tflite"]
    assert not sweep(tmp_path, "export/model.tflite")


def test_what_a_user_has_put_there_stays(tmp_path):
    make(tmp_path, "export_tflite", "export/model.tflite")
    for file in ("model_mine.tflite", "notes.txt", "predictions.csv"):
        (tmp_path / "export" / file).touch()
    assert sweep(tmp_path) == ["export/model.tflite"]
    assert left(tmp_path) == ["export", "export/model_mine.tflite", "export/notes.txt", "export/predictions.csv"]


def test_a_copy_that_a_user_has_made_stays(tmp_path):
    """Its records are copies, too."""
    make(tmp_path, "export_tflite", "export/model.tflite", "export_of_may/model.tflite", "export/old/model.tflite")
    for folder in ("export", "export_of_may", "export/old"):
        own = str(tmp_path / "export/model.tflite")
        write_json(record_of(tmp_path / folder / "model.tflite"), {"rule": "export_tflite", "artefact": own})
    assert sweep(tmp_path) == ["export/model.tflite"]
    assert {"export_of_may/model.tflite", "export/old/model.tflite"} <= set(left(tmp_path))


def test_a_training_stays_unless_its_folder_is_used_anew(tmp_path):
    for seed in (1, 5):
        make(tmp_path, "train_round2", f"round2/seed{seed}/model.safetensors", f"round2/seed{seed}/history.csv")
        make(tmp_path, "evaluate_seed", f"round2/seed{seed}/evaluation.json")
    make(tmp_path, "import_round2", "round2/seed1/model.safetensors")
    assert sweep(tmp_path, "round2/seed1/model.safetensors") == [
        "round2/seed1/evaluation.json",
        "round2/seed1/history.csv",
        "round2/seed5/evaluation.json",
    ]


def test_an_artefact_that_is_gone_already(tmp_path):
    make(tmp_path, "export_tflite", "export/model.tflite")
    (tmp_path / "export/model.tflite").unlink()
    assert sweep(tmp_path) == ["export/model.tflite"] and left(tmp_path) == []


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Records(path=tmp_path / ".snakemake")


@pytest.mark.parametrize("key", ["results/tiny/export/model.tflite", "elsewhere/model.tflite"])
def test_a_record_is_written_read_and_deleted(records, tmp_path, key):
    assert records._read_record(key) is None and not records._delete_record(key)
    records._write_record(key, MetadataRecord(rule="export_tflite", params=["'f1'"]))
    records._clear_cache()
    assert records._read_record(key).params == ["'f1'"]
    assert os.path.exists(record_of(key)) == key.startswith("results/")
    assert records._delete_record(key)
    records._clear_cache()
    assert records._read_record(key) is None


def test_a_copy_by_hard_links_keeps_its_own_records(records, tmp_path):
    key = "results/tiny/export/model.tflite"
    records._write_record(key, MetadataRecord(params=["'f1'"]))
    os.link(record_of(key), "copy.json")
    records._write_record(key, MetadataRecord(params=["'f2'"]))
    assert "f1" in Path("copy.json").read_text() and "f2" in Path(record_of(key)).read_text()


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b'{"params": 1}', b'{"rule": "x"', b"[" * 5000])
def test_a_damaged_record_is_none(records, content):
    key = "results/tiny/export/model.tflite"
    records._write_record(key, MetadataRecord(params=[]))
    Path(record_of(key)).write_bytes(content)
    assert records._read_record(key) is None
