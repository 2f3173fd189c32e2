"""What `podium diff` says of two manifests."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.report.manifest import by_subject, differences, find_manifest, read_manifest, write_manifest
from podium.storage.files import read_json, write_json

MANIFEST = {
    "state": "finished",
    "experiment": {"name": "demo", "round2": {"seeds": [1, 2]}},
    "recipes": {"round2": {"augment": [{"name": "affine", "p": 0.5}, {"name": "resample", "p": 0.5}]}},
    "code": {"rooms": {"models": "aa"}},
    "jobs": {"round2/seed1": {"seconds": 3.0}},
    "machine": {"num_cores": 2},
}


@pytest.fixture
def changed() -> dict:
    return copy.deepcopy(MANIFEST)


def test_equal_manifests_do_not_differ():
    assert differences(MANIFEST, copy.deepcopy(MANIFEST), with_measured=True) == []


def test_changes_are_named_by_key(changed):
    changed["experiment"]["round2"]["seeds"] = [1, 3]
    del changed["code"]["rooms"]["models"]
    changed["code"]["rooms"]["data"] = "bb"
    assert differences(MANIFEST, changed) == [
        ("experiment.round2.seeds", [1, 2], [1, 3]),
        ("code.rooms.models", "aa", "absent"),
        ("code.rooms.data", "absent", "bb"),
    ]


def test_an_item_more_does_not_shift_the_others(changed):
    changed["recipes"]["round2"]["augment"].insert(0, {"name": "mirror", "p": 0.1})
    assert [key for key, *_ in differences(MANIFEST, changed)] == [
        "recipes.round2.augment",
        "recipes.round2.augment.mirror.name",
        "recipes.round2.augment.mirror.p",
    ]


def test_items_of_one_name_are_each_compared(changed):
    twice = copy.deepcopy(MANIFEST)
    for manifest in (twice, changed):
        one_of = [{"name": "one_of", "choices": [{"name": "mirror", "p": p}]} for p in (0.1, 0.2)]
        manifest["recipes"]["round2"]["augment"] += one_of
    changed["recipes"]["round2"]["augment"][2]["choices"][0]["p"] = 0.3
    changed["recipes"]["round2"]["augment"][3]["choices"][0]["p"] = 0.4
    assert differences(twice, changed) == [
        ("recipes.round2.augment.one_of.choices.mirror.p", 0.1, 0.3),
        ("recipes.round2.augment.one_of#2.choices.mirror.p", 0.2, 0.4),
    ]


@pytest.mark.parametrize("name", [[1], None, {"a": 1}, 3])
def test_items_whose_names_are_none_are_compared_as_they_stand(name):
    one, other = ({"recipes": [{"name": name, "p": p}]} for p in (1, 2))
    assert differences(one, other) == [("recipes", one["recipes"], other["recipes"])]


def test_order_counts(changed):
    changed["recipes"]["round2"]["augment"].reverse()
    assert differences(MANIFEST, changed) == [
        ("recipes.round2.augment", ["affine", "resample"], ["resample", "affine"])
    ]


def test_times_and_machines_count_on_demand(changed):
    changed["jobs"]["round2/seed1"]["seconds"] = 4.0
    changed["machine"]["num_cores"] = 16
    assert differences(MANIFEST, changed) == []
    keys = [key for key, *_ in differences(MANIFEST, changed, with_measured=True)]
    assert keys == ["jobs.round2/seed1.seconds", "machine.num_cores"]


FULL = {
    **MANIFEST,
    "outcome": {
        "oof": {"score": 0.5},
        "file": {"formats": {"int8": {"score": 0.9}}, "score": 0.91},
        "parity": {"passed": True},
        "sha256": {"model.tflite": "ee"},
    },
    "dataset": {"title": "A corpus"},
    "data": {"sha256": "ff"},
    "packages": {"torch": "2.1"},
    "fingerprints": {"round1": "cc"},
    "data_jobs": {"seconds": 3.0},
    "news": 1,
}


def test_scores_come_first_and_what_is_measured_last():
    """Whatever the order in the file."""
    changed = {key: alter(FULL[key]) for key in sorted(FULL)}
    groups = by_subject(differences(dict(sorted(FULL.items())), changed, with_measured=True))
    assert {subject: [key for key, *_ in group] for subject, group in groups.items()} == {
        "scores": [
            "state", "outcome.file.score", "outcome.oof.score", "outcome.file.formats.int8.score",
            "outcome.parity.passed",
        ],
        "configuration": ["experiment.name", "experiment.round2.seeds"],
        "recipes": ["recipes.round2.augment.affine.p", "recipes.round2.augment.resample.p"],
        "dataset": ["dataset.title"],
        "code": ["code.rooms.models"],
        "data": ["data.sha256"],
        "packages": ["packages.torch"],
        "files": ["outcome.sha256.model.tflite"],
        "stages": ["fingerprints.round1"],
        "others": ["news"],
        "measured": ["jobs.round2/seed1.seconds", "machine.num_cores", "data_jobs.seconds"],
    }  # fmt: skip
    assert [*groups][:5] == ["scores", "dataset", "data", "recipes", "configuration"]
    assert by_subject([]) == {}


def alter(value):
    """The same content with every leaf another, but for names of items of lists."""
    if isinstance(value, dict):
        is_item = value.keys() == {"name", "p"}
        return {key: one if is_item and key == "name" else alter(one) for key, one in value.items()}
    if isinstance(value, list):
        return [alter(one) for one in value]
    return value * 2 if isinstance(value, str) else value + 1


@pytest.mark.parametrize(
    ("one", "other", "line"),
    [
        (0.9125, 0.9, "  outcome.file.score: 0.9125 | 0.9 (-0.0125)"),
        (0.9, 0.9125, "  outcome.file.score: 0.9 | 0.9125 (+0.0125)"),
        (0.9, None, "  outcome.file.score: 0.9 | null"),
    ],
)
def test_a_score_is_told_with_its_change(tmp_path, podium, one, other, line):
    for name, score in (("one", one), ("other", other)):
        write_json(tmp_path / name / "report/manifest.json", {**FULL, "outcome": {"file": {"score": score}}})
    done = podium("diff", tmp_path / "one", tmp_path / "other")
    assert done.out.splitlines() == ["scores", line]


def test_a_folder_means_its_manifest(tmp_path):
    write_json(tmp_path / "report/manifest.failed.json", MANIFEST)
    assert find_manifest(tmp_path).name == "manifest.failed.json"
    write_json(tmp_path / "report/manifest.json", MANIFEST)
    assert find_manifest(tmp_path).name == "manifest.json"
    with pytest.raises(UserError, match="there is neither"):
        find_manifest(tmp_path / "report")


def test_a_name_is_looked_up_where_results_lie(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"; run this in Podium's folder, which has results/, or name a manifest"):
        find_manifest("demo")
    (tmp_path / "results").mkdir()
    with pytest.raises(UserError, match=r"manifest.json; name a manifest, or an experiment"):
        find_manifest("demo")


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match="manifest"):
        read_manifest(tmp_path / "manifest.json")


def test_command(tmp_path, changed):
    changed["experiment"]["name"] = "other"
    for name, content in (("one", MANIFEST), ("other", changed)):
        write_json(tmp_path / name / "report/manifest.json", content)

    def diff(*arguments):
        command = [sys.executable, "-m", "podium", "diff", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert diff("one", "other").stdout == 'configuration\n  experiment.name: "demo" | "other"\n'
    assert json.loads(diff("one", "other", "--json").stdout) == [
        {"key": "experiment.name", "one": "demo", "other": "other"}
    ]
    assert diff("one", "one").stdout.startswith("no difference")
    refused = diff("one", "nowhere")
    assert refused.returncode == 2 and refused.stderr.startswith("error: there is neither nowhere/report/manifest.json")


def test_scores_of_an_earlier_configuration_are_not_told(tmp_path, monkeypatch):
    """Weights were imported where a training had been scored before: its files may still lie there."""
    monkeypatch.chdir(tmp_path)
    results = Path("results/tiny")
    write_json(results / "oof/metrics.json", {"score": 0.9})
    write_json(results / "export/evaluation.json", {"score": 0.8, "num_sequences": 5})
    write_json(results / "export/parity.json", {"passed": True})
    jobs = {"verify_parity": "results/tiny/export/parity.json"}
    outcomes = []
    for more in ({}, {"evaluate_tflite": "results/tiny/export/evaluation.json"}):
        written = write_manifest(results, {}, {}, {"name": "tiny"}, {}, jobs | more, [], ["oof"], has_failed=True)
        outcomes.append(read_json(written)["outcome"])
    assert outcomes[0] == {"oof": {}, "file": {}, "parity": {"passed": True}, "sha256": {}}
    assert outcomes[1]["file"] == {"score": 0.8, "num_sequences": 5} and outcomes[1]["oof"] == {}
