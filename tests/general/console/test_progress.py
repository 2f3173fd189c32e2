"""How far a run is: from the table, from earlier runs, from what its trainings say."""

import os

import pytest

from podium.console.job_logs import Epochs
from podium.console.progress import TABLE, Job, Progress, recorded_seconds

BEGIN = 1_000_000.0


def trainings(number, **given):
    return {one: Job("train_a", f"a, fold {one}", num_epochs=5, **given) for one in range(number)}


def test_earlier_runs_are_believed_at_once():
    progress = Progress(trainings(4, recorded=30.0), BEGIN)
    assert progress.left(BEGIN) == (120.0, True)
    assert progress.share(BEGIN) == 0.0


def test_jobs_side_by_side_take_less():
    assert Progress(trainings(4, recorded=30.0, lanes=2), BEGIN).left(BEGIN) == (60.0, True)
    assert Progress(trainings(4, recorded=30.0, lanes=8), BEGIN).left(BEGIN) == (30.0, True)


def test_a_first_run_says_nothing_before_a_training_does():
    progress = Progress(trainings(2), BEGIN)
    progress.jobs[0].started = BEGIN
    assert not progress.left(BEGIN + 1000)[1]
    progress.jobs[0].told = Epochs(2, 5, {}, 150.0)
    seconds, is_told = progress.left(BEGIN + 100)
    assert (seconds, is_told) == (150.0 + 250.0, True)
    assert progress.share(BEGIN + 100) == pytest.approx(100 / 500)


def test_another_stage_is_guessed_by_its_epochs():
    jobs = trainings(1, started=BEGIN, ended=BEGIN + 100) | {9: Job("train_b", "b, seed 1", num_epochs=10)}
    progress = Progress(jobs, BEGIN)
    assert progress.left(BEGIN + 100) == (200.0, True)


def test_a_guess_is_not_told_in_the_first_minute():
    progress = Progress({0: Job("verify_parity", "proof")}, BEGIN)
    assert progress.left(BEGIN + 1) == (TABLE["verify_parity"], False)
    assert progress.left(BEGIN + 61)[1]


def test_a_slow_machine_is_slow_in_what_follows():
    done = Job("export_tflite", "the file", started=BEGIN, ended=BEGIN + 10 * TABLE["export_tflite"])
    progress = Progress({0: done, 1: Job("verify_parity", "proof")}, BEGIN)
    assert progress.left(BEGIN)[0] > 5 * TABLE["verify_parity"]


def test_this_run_counts_more_than_earlier_ones():
    jobs = trainings(3, recorded=30.0)
    jobs[0].started, jobs[0].ended = BEGIN, BEGIN + 90
    assert Progress(jobs, BEGIN).left(BEGIN + 90)[0] == 180.0


def test_a_job_that_takes_longer_is_never_done():
    jobs = {0: Job("train_a", "a", recorded=10.0, started=BEGIN)}
    seconds, _ = Progress(jobs, BEGIN).left(BEGIN + 1000)
    assert seconds == 100.0


def test_a_training_is_read_from_its_log(tmp_path):
    log = tmp_path / "fold0.log"
    log.write_text("epoch=2/5 loss=2.61 eta=1m01s\n")
    os.utime(log, (BEGIN, BEGIN))
    job = Job("train_a", "a", str(log), num_epochs=5, started=BEGIN - 40)
    job.look(BEGIN + 11)
    assert (job.told.done, job.told.seconds_left) == (2, 50.0)
    assert Progress({0: job}, BEGIN - 40).left(BEGIN + 11)[0] == 50.0


def test_seconds_of_an_earlier_run(tmp_path):
    table = tmp_path / "a.tsv"
    table.write_text("s\th:m:s\tmax_rss\n82.3177\t0:01:22\t900\n")
    assert recorded_seconds(str(table)) == 82.3177
    table.write_text("s\n")
    assert recorded_seconds(str(table)) is None
    assert recorded_seconds(str(tmp_path / "absent")) is None and recorded_seconds(None) is None


def shares_of(progress, took):
    """What is shown every second while jobs of these seconds run one after another, and the seconds left."""
    now, shown = BEGIN, []
    for job, seconds in zip(progress.jobs.values(), took, strict=True):
        job.started = now
        for _ in range(seconds):
            now += 1
            shown.append((progress.share(now), progress.left(now)[0]))
        job.ended = now
    return shown, progress.share(now)


def test_the_bar_never_goes_back_when_the_first_file_was_the_smallest():
    jobs = {one: Job("read_clips", "clips made", is_one_of_many=True) for one in range(7)}
    shown, end = shares_of(Progress(jobs, BEGIN), [70, 10, 90, 90, 90, 90, 90])
    shares = [share for share, _ in shown]
    assert shares == sorted(shares) and shares[-1] < end == 1.0
    assert all(share > before for before, share in zip(shares[61:], shares[62:], strict=False))  # nor does it stand
    assert all(shown[second][1] > 0.5 * (530 - second) for second in (171, 261, 351, 441))


def test_the_bar_never_goes_back_when_a_later_stage_has_slower_epochs():
    jobs = {0: Job("train_a", "a", num_epochs=5), 1: Job("train_b", "b", num_epochs=5)}
    progress = Progress(jobs, BEGIN)
    jobs[0].started = BEGIN
    assert progress.share(BEGIN + 50) == 0.0  # a guess is not shown
    jobs[0].told = Epochs(5, 5, {}, 0.0)
    jobs[0].ended = jobs[1].started = BEGIN + 100
    before = progress.share(BEGIN + 100)
    assert before == pytest.approx(0.5)
    jobs[1].told = Epochs(1, 5, {}, 320.0)
    assert progress.left(BEGIN + 180)[0] == 320.0
    after = progress.share(BEGIN + 180)
    assert before < after == pytest.approx(0.5 + 0.5 * 80 / 400)
    jobs[1].told = Epochs(4, 5, {}, 80.0)
    assert progress.share(BEGIN + 420) < 0.95


def test_a_job_under_way_shows_that_those_after_it_take_as_long():
    jobs = {one: Job("read_clips", "clips made", is_one_of_many=True) for one in range(3)}
    jobs[0].started = BEGIN
    assert Progress(jobs, BEGIN).left(BEGIN + 100)[0] == pytest.approx(10 + 110 + 110)
