"""The whole tiny experiment as jobs of a real Slurm."""

import os
from datetime import datetime

import pytest
import yaml
from project import ROOT, copy_project
from slurm_runs import jobs_of, submit

from podium.storage.files import read_json

PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
TRAININGS = {f"train_round{name}" for name in ("1_wildcards_0", "1_wildcards_1", "2_wildcards_1", "2_wildcards_2")}
EVALUATIONS = {"evaluate_seed_wildcards_1", "evaluate_seed_wildcards_2"}
ALONE = {"write_corpus_tables", "list_sequences", "index_data", "merge_oof", "benchmark_tflite"}
PREPARE = "prepare_generate_raw_file_pack_shard"
EXPORT = "export_answer_in_torch_evaluate_tflite_export_tflite_port_seed_verify_parity"


def by_name(jobs):
    return {job["Comment"].removeprefix("rule_"): job for job in jobs}


def requested(job):
    """Cores, memory in MB, and minutes, as the controller knows them."""
    resources = dict(one.split("=") for one in job["TRES"].split(","))
    hours, minutes, _ = job["TimeLimit"].split(":")
    return int(resources["cpu"]), int(resources["mem"].removesuffix("M")), 60 * int(hours) + int(minutes)


def asked(rule, attempt=1):
    requests = PROFILE["set-resources"]
    resources = requests.get(rule) or requests[rule.split("_")[0]]  # by name, or by kind: train, merge, import
    return [eval(str(resources[name]), {"attempt": attempt, "min": min}) for name in ("mem_mb", "runtime")]


def test_every_job_succeeds_and_small_ones_travel_together(chain):
    assert all(job["JobState"] == "COMPLETED" for job in chain.jobs)
    assert sorted(by_name(chain.jobs)) == sorted({*TRAININGS, *EVALUATIONS, *ALONE, PREPARE, EXPORT})
    assert len(chain.jobs) == len(by_name(chain.jobs)), "nothing ran twice"
    assert read_json(chain.project.root / "results/tiny/export/parity.json")["passed"]
    assert chain.project.planned() == {}


def test_requests_reach_the_scheduler(chain):
    jobs = by_name(chain.jobs)
    for name in TRAININGS | EVALUATIONS | ALONE:
        rule = name.split("_wildcards")[0]
        num_cores = 2 if rule == "benchmark_tflite" else 1
        assert requested(jobs[name]) == (num_cores, *asked(rule)), name
    # Four generators, then three packers, side by side; both stages one after the other.
    (generate_mb, generate_minutes), (pack_mb, pack_minutes) = asked("generate_raw_file"), asked("pack_shard")
    assert requested(jobs[PREPARE]) == (4, max(4 * generate_mb, 3 * pack_mb), generate_minutes + pack_minutes)


def test_partition_and_account_are_the_users_own(chain):
    assert {job["Account"] for job in chain.jobs} == {"lab"}
    assert {name for name, job in by_name(chain.jobs).items() if job["Partition"] == "other"} == TRAININGS


def test_the_scheduler_gives_the_gpu_to_one_training_at_a_time(chain):
    jobs = by_name(chain.jobs)
    assert {name for name, job in jobs.items() if job.get("TresPerJob") == "gres:gpu:1"} == TRAININGS
    assert not [name for name, job in jobs.items() if "gpu" in str(job) and name not in TRAININGS]
    for one, other in (("train_round1_wildcards_0", "train_round1_wildcards_1"),
                       ("train_round2_wildcards_1", "train_round2_wildcards_2")):  # fmt: skip
        first, second = sorted((jobs[one], jobs[other]), key=lambda job: job["StartTime"])
        moments = [datetime.fromisoformat(moment) for moment in (
            second["SubmitTime"], first["EndTime"], second["StartTime"], second["EndTime"])]  # fmt: skip
        assert moments == sorted(moments), "the second one waited in the queue for the first one's GPU"
        assert moments[0] < moments[1]
    for log in (chain.project.root / "results/logs/tiny").glob("round*/*.log"):
        assert "gpu=0\n" in log.read_text()


def test_logs_are_where_the_docs_say(chain):
    logs = chain.project.root / "results/logs"
    for name in ("data/tiny/index_data", "tiny/round1/fold0", "tiny/round2/seed2", "tiny/export_tflite"):
        assert (logs / f"{name}.log").is_file()
    assert not list((logs / "slurm").rglob("*.log")), "what Slurm itself has written goes when a job succeeds"
    said = (chain.project.root / "run0.log").read_text()
    assert "wall clock" in said and "results/tiny/export/model.tflite" in said


def test_shards_are_copied_once_to_the_node(chain):
    copies = list(chain.scratch.glob("*/podium-0/*/shards"))
    assert len(copies) == 1, "one copy for four trainings, under a name that the node has expanded"
    shared = chain.project.root / "results/data/tiny/shards"
    names = sorted(path.relative_to(shared) for path in shared.rglob("*.npy"))
    assert names == sorted(path.relative_to(copies[0]) for path in copies[0].rglob("*.npy"))
    assert all((copies[0] / name).read_bytes() == (shared / name).read_bytes() for name in names)
    for log in (chain.project.root / "results/logs/tiny").glob("round*/*.log"):
        assert f"shards={copies[0].parent}\n" in log.read_text()


@pytest.mark.skipif(os.environ.get("PODIUM_SLURM_TESTS") != "all", reason="takes a minute; make test-slurm")
def test_many_files_are_prepared_by_few_jobs(slurm, tmp_path):
    """64 parquet files of one sequence each: two jobs, of which neither takes more cores than a group may."""
    project = copy_project(tmp_path / "podium")
    project.edit("config/datasets/tiny.yaml", "sequences_per_file: 20", "sequences_per_file: 1")
    run = submit(project, "data")
    try:
        slurm.wait_for(lambda: by_name(jobs_of(slurm, project)).get(PREPARE), 240, "the job that prepares")
        slurm.wait_for(lambda: len(jobs_of(slurm, project)) == 4, 60, "the other one")
    finally:
        run.kill()
    prepare = [job for job in jobs_of(slurm, project) if job["Comment"].startswith("rule_prepare")]
    assert len(prepare) == 2
    (generate_mb, generate_minutes), (pack_mb, pack_minutes) = asked("generate_raw_file"), asked("pack_shard")
    assert PROFILE["cores"] == 16 and PROFILE["group-components"]["prepare"] == 32
    for job in prepare:
        num_cores, memory_mb, minutes = requested(job)
        assert num_cores == 16 and memory_mb in (16 * generate_mb, 16 * pack_mb)
        assert 2 * generate_minutes < minutes <= 2 * (generate_minutes + pack_minutes), "two rounds of sixteen"
    slurm.call("scancel", "--user=root")
