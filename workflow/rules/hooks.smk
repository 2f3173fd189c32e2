"""What happens before and after a run."""
import atexit
import os
from contextlib import suppress

from snakemake_interface_executor_plugins.utils import encode_target_jobs_cli_args

from podium.errors import run
from podium.files import check_writable, remove_partials
from podium.kept import forget, is_kept
from podium.leftovers import end_leftovers
from podium.manifest import write_manifest
from podium.usage import UsageMeter

METERS = []


def get_known_trainings():
    trainings = [job for job in workflow.dag.jobs if job.rule.name.startswith("train_")]
    return [job for job in trainings if workflow.dag.noneedrun_finished(job)]


def adopt_results():
    # What ended while nobody waited may pass for finished, but Snakemake does not know what it was made of.
    for job in get_known_trainings():
        if is_kept(Path(job.params.state), job.params.fingerprint):
            workflow.async_run(workflow.persistence.finished(job))


def forget_known_results():
    for job in get_known_trainings():
        forget(Path(job.params.state))


def end_earlier_run():
    if workflow.executor_plugin.name == "slurm":
        targets = [target for job in workflow.dag.needrun_jobs() for target in job.get_target_spec()]
        targets = encode_target_jobs_cli_args(targets)
        run(lambda: end_leftovers(Path.cwd(), targets, workflow.overwrite_configfiles))


def sweep():
    # Snakemake holds the lock on these files, so nobody else writes them. A stage may write its folder as a whole.
    files = [file for job in workflow.dag.needrun_jobs() for file in job.output]
    remove_partials([*files, *map(os.path.dirname, files)])


def goes_on():
    # Snakemake plans anew what a killed run had begun, and then overlooks all that takes such a file for ancient: a plan
    # that ends before its targets. The same command, once the lock is given back, does the rest.
    files = [file for job in workflow.dag.targetjobs for file in [*job.input, *job.output]]
    if "PODIUM_GOES_ON" in os.environ or all(os.path.exists(file) for file in files):
        return False
    print("What a killed run had begun is made; the rest follows.", flush=True)
    command = [sys.executable, "-m", "snakemake", *sys.argv[1:]]
    atexit.register(os.execve, sys.executable, command, {**os.environ, "PODIUM_GOES_ON": "1"})
    return True


def print_summary():
    summary = Path(RESULTS, "report", "summary.md")
    for meter in METERS:
        if summary.is_file() and summary.stat().st_mtime >= meter.started:  # not that of an earlier run
            print(summary.read_text())
        print(f"This run: {meter.stop()}.")


onstart:
    run(lambda: check_writable("results"))
    end_earlier_run()
    run(sweep)
    run(adopt_results)
    forget_known_results()
    METERS.append(UsageMeter())


onsuccess:
    forget_known_results()
    if not goes_on():
        print_summary()


onerror:
    forget_known_results()
    with suppress(OSError):  # the disk may be what has failed
        write_manifest(Path(RESULTS), **get_account(), has_failed=True)
