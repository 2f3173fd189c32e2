"""Profiles know every rule that is submitted, name nobody's cluster, and leave the user's own keys alone."""

import re
from importlib.util import find_spec

import pytest
import yaml
from project import ROOT

PROFILES = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
CLUSTERS = ["kubernetes", "slurm"]


def profile(name):
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())


def submitted_rules():
    """Rules that do something and do not run where Snakemake runs."""
    found = set()
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        blocks = re.split(r"^ *rule ?(?=\w*:)", file.read_text(), flags=re.MULTILINE)[1:]
        found |= {named(block) for block in blocks if "localrule: True" not in block and "output:" in block}
    return found - {""} | {"train", "merge", "read", "import", "evaluate_seed"}


def named(block):
    """The name of a rule; "" of one that is made for each stage, whose kind a profile requests for."""
    return re.match(r"\w*", block)[0]


def test_the_rules_are_found():
    found = submitted_rules()
    assert {"pack_shard", "train", "import", "benchmark_tflite"} <= found
    assert not {"download", "summarize", "compare_recipes", "all", "data"} & found


@pytest.mark.parametrize("name", CLUSTERS)
def test_every_submitted_rule_has_its_requests(name):
    requests = profile(name)["set-resources"]
    assert set(requests) == submitted_rules()
    keys = {"mem_mb"} | ({"runtime"} if name == "slurm" else set())
    for rule, resources in requests.items():
        assert keys <= set(resources), f"{rule} asks for too little"
        is_training = rule == "train"
        assert ("attempt" in str(resources["mem_mb"])) != is_training, "more memory helps where a file's size needs it"
        assert ("slurm_extra" in resources) == (is_training and name == "slurm")
    assert set(profile(name)["groups"]) <= set(requests)


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_name_no_cluster_and_agree_on_what_makes_a_stage_run_again(name):
    content = profile(name)
    assert "default-resources" not in content and "slurm_account" not in str(content)
    assert "slurm_partition" not in str(content)
    ours = ("rerun-triggers", "rerun-incomplete", "max-checksum-file-size")
    assert [content[key] for key in ours] == [profile("default")[key] for key in ours]


@pytest.mark.parametrize("name", PROFILES)
def test_trainings_are_tried_again_by_profiles_alone(name):
    trainings = {"train"}
    assert set(profile(name)["preemptible-rules"]) == trainings and profile(name)["preemptible-retries"] >= 1
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        assert "retries:" not in file.read_text(), "else a job goes on after its scheduler has asked it to end"


@pytest.mark.parametrize("name", PROFILES)
def test_every_line_that_is_no_comment_stands_below_one(name):
    text = (ROOT / f"profiles/{name}/config.yaml").read_text()
    for paragraph in text.split("\n\n"):
        assert paragraph.startswith("#") or any(line.startswith("#") for line in paragraph.splitlines()), paragraph


def planned(fresh, name, config, *arguments):
    """What a dry run says; without the plugin of Kubernetes its own keys are left out."""
    content = profile(name)
    if name == "kubernetes":
        of_plugin = re.compile("executor$|__|.*kubernetes")
        content = {key: value for key, value in content.items() if not of_plugin.match(key)}
    folder = fresh.root / f"profiles/{name}"
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    outcome = fresh.snakemake("-n", "--workflow-profile", f"profiles/{name}", *arguments, config=config)
    assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-3000:]
    return outcome.stdout


def requests_of(said, rule):
    """Resources of the rule's first job."""
    return re.search(rf"rule {rule}:.*?resources: ([^\n]+)", said, re.DOTALL)[1].split(", ")


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "default"])
def test_a_plan_with_each_profile(fresh, name):
    said = planned(fresh, name, "config/test/tiny.yaml")
    wanted = {"multi-gpu": "gpu=2", "slurm": "mem_mb=32000", "kubernetes": "gpu_manufacturer=nvidia"}
    assert wanted[name] in requests_of(said, "train_round2")
    if name == "slurm":
        assert "runtime=480" in requests_of(said, "train_round1")


@pytest.mark.skipif(find_spec("snakemake_executor_plugin_kubernetes") is not None, reason="the plugin is installed")
@pytest.mark.parametrize("words", [["-n"], ["--cores", "1"], ["data", "-n"]])
def test_the_missing_plugin_is_named_in_one_line(fresh, monkeypatch, tmp_path, words):
    (tmp_path / "config.yaml").write_text("kubernetes-persistent-volumes: [CLAIM:/podium]\n")
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(tmp_path))
    done = fresh.snakemake(*words, "--workflow-profile", "profiles/kubernetes")
    assert done.returncode == 2 and done.stdout == ""
    used, said = done.stderr.splitlines()
    assert used.startswith("Using profile")
    assert said.startswith("error: profiles/kubernetes needs the package snakemake-executor-plugin-kubernetes; pip ")


def test_partition_and_account_come_from_a_profile_of_the_users_own(fresh, monkeypatch, tmp_path):
    own = tmp_path / "mine"
    own.mkdir()
    (own / "config.yaml").write_text("default-resources:\n  slurm_account: mylab\n  slurm_partition: night\n")
    monkeypatch.setenv("SNAKEMAKE_PROFILE", str(own))
    said = planned(fresh, "slurm", "config/test/tiny.yaml")
    for rule in ("index_data", "train_round1"):
        assert {"slurm_account=mylab", "slurm_partition=night"} <= set(requests_of(said, rule))
    assert "mem_mb=4000" in requests_of(said, "index_data"), "the profile's own requests stay"
