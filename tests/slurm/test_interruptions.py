"""What happens to a cluster's jobs: ended by hand, out of time, on a node that fails, left alone by who submitted them.

The long ones run with `make test-slurm` only.
"""

import os
import shutil
import signal
import time
from contextlib import suppress

import pytest
import yaml
from project import RECIPES
from slurm_runs import MODEL, STATE, TIMEOUT_S, jobs_of, last_words, wait_for_line, wait_for_resumption

from podium.storage.files import file_digest

long = pytest.mark.skipif(os.environ.get("PODIUM_SLURM_TESTS") != "all", reason="takes minutes; make test-slurm")


def test_the_submitter_is_killed_and_started_again(slurm, long_training, start):
    first = start()
    epoch = int(wait_for_line(slurm, long_training, r"epoch=(\d\d)/"))
    first.kill()
    (job,) = jobs_of(slurm, long_training)
    assert job["JobState"] == "RUNNING", "the job has not noticed"
    long_training.snakemake("--unlock")
    again = start()
    wait_for_resumption(slurm, long_training, epoch)
    assert f"jobs={job['JobId']} are of a run that is gone" in again.log.read_text()
    states = [one["JobState"] for one in jobs_of(slurm, long_training)]
    assert states == ["CANCELLED", "RUNNING"], "never two trainings at once"
    assert "stopped by SIGTERM" in last_words(long_training, job)


@long
def test_a_cancelled_training_goes_on_to_the_same_bits(slurm, long_training, start, tmp_path):
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "epochs: 2000", "epochs: 400")
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "validate_every_epochs: 1000", "validate_every_epochs: 200")
    shutil.copytree(long_training.root, tmp_path / "undisturbed", symlinks=True)
    run = start()
    epoch = int(wait_for_line(slurm, long_training, r"epoch=(\d\d)/"))
    (job,) = jobs_of(slurm, long_training)
    slurm.call("scancel", job["JobId"])
    wait_for_resumption(slurm, long_training, epoch)
    run.wait()
    assert [one["JobState"] for one in jobs_of(slurm, long_training)] == ["CANCELLED", "COMPLETED"]
    assert "stopped by SIGTERM" in last_words(long_training, job)
    assert list((long_training.root / STATE).iterdir()) == []
    undisturbed = type(long_training)(tmp_path / "undisturbed")
    outcome = undisturbed.snakemake(MODEL, "--cores", "1")
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    assert file_digest(undisturbed.root / MODEL) == file_digest(long_training.root / MODEL)


@long
@pytest.mark.parametrize(("minutes", "has_warning", "state"), [(1, False, "TIMEOUT"), (3, True, "FAILED")])
def test_a_training_out_of_time_gets_more(slurm, long_training, start, minutes, has_warning, state):
    """By the limit itself, and by the warning before it that the profile asks for."""
    profile = yaml.safe_load((long_training.root / "profiles/slurm/config.yaml").read_text())
    own = profile["set-resources"]["train_round1"]
    assert "TERM@120" in own["slurm_extra"]
    own["runtime"] = f"{minutes} * attempt * attempt"
    if not has_warning:
        del own["slurm_extra"]
    folder = long_training.root / "profiles/short"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(profile))
    start(profile="profiles/short")
    epoch = int(wait_for_line(slurm, long_training, r"epoch=(\d\d)/"))
    wait_for_resumption(slurm, long_training, epoch)
    first, second = jobs_of(slurm, long_training)
    assert first["JobState"] == state
    assert "stopped by SIGTERM" in last_words(long_training, first)
    assert (first["TimeLimit"], second["TimeLimit"]) == (f"00:{minutes:02}:00", f"00:{4 * minutes:02}:00")


@long
def test_a_node_that_fails_and_comes_back(slurm, long_training, start):
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "training:\n", "training:\n  save_every_minutes: 0.02\n")
    run = start()
    states = long_training.root / STATE
    slurm.wait_for(lambda: any(states.glob("state-*.pt")), TIMEOUT_S, "a state that is written by the clock")
    (job,) = jobs_of(slurm, long_training)
    processes = [int(line.split()[0]) for line in slurm.call("scontrol", "listpids", job["JobId"]).splitlines()[1:]]
    assert processes
    slurm.call("scontrol", "update", f"NodeName={slurm.host}", "State=DOWN", "Reason=test")
    for process in processes:  # a node that fails takes them with it
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    slurm.wait_for(lambda: jobs_of(slurm, long_training)[0]["JobState"] == "PENDING", 60, "the job back in the queue")
    # It may have registered and so be up again by itself, which this would be refused for.
    slurm.call("scontrol", "update", f"NodeName={slurm.host}", "State=RESUME", check=False)
    wait_for_line(slurm, long_training, r"resumed epoch=(\d+)")
    (again,) = jobs_of(slurm, long_training)
    assert again["JobId"] == job["JobId"] and again["Restarts"] == "1", "Slurm has started it again, not Snakemake"
    assert again["JobState"] == "RUNNING"
    assert run.process.poll() is None


@long
def test_a_training_that_ends_while_nobody_waits_is_not_trained_again(slurm, long_training, start):
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "epochs: 2000", "epochs: 100")
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "validate_every_epochs: 1000", "validate_every_epochs: 50")
    run = start()
    wait_for_line(slurm, long_training, r"epoch=(\d)/")
    run.kill()
    slurm.wait_for(lambda: not slurm.call("squeue", "--noheader").strip(), TIMEOUT_S, "the end of the job")
    model = long_training.root / MODEL
    made = file_digest(model)
    time.sleep(1)
    long_training.snakemake("--unlock")
    later = "results/tiny/oof/train_with_oof.parquet"
    assert long_training.planned(later)["train_round1"] == 2, "the other fold, and this one, to take what is there"
    (folder,) = (long_training.root / STATE).iterdir()
    start(later).wait()
    assert file_digest(model) == made and not folder.exists()
    assert long_training.planned(later) == {}
    long_training.edit(f"{RECIPES}/tiny_round1.yaml", "weight_decay: 0.05", "weight_decay: 0.06")
    assert long_training.planned(later)["train_round1"] == 2, "its recipe is known"
