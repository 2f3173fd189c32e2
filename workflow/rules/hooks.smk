"""What happens before and after a run."""
import atexit
import os
from contextlib import suppress

from snakemake_interface_executor_plugins.utils import encode_target_jobs_cli_args

from podium.errors import run
from podium.storage.files import check_writable, remove_partials
from podium.runtime.finished_runs import forget
from podium.runtime.slurm import end_leftovers
from podium.report.manifest import write_manifest
from podium.plan.origins import note_origin
from podium.plan.reasons import note_parts
from podium.plan.records import remove_what_nothing_makes
from podium.storage.source_code import remember
from podium.runtime.usage import UsageMeter

METERS = []
NUM_NAMED = 10  # files in a line


def get_known_trainings():
    trainings = [job for job in workflow.dag.jobs if job.rule.name.startswith("train_")]
    return [job for job in trainings if workflow.dag.noneedrun_finished(job)]


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


# Rules that today's runs do not use: if weights are imported, nothing is scored.
UNUSED_RULES = {"evaluate_seed", "evaluate_tflite", "summarize"} if WEIGHTS else set()
# What cost hours stays, so that a seed that comes back to the configuration is not trained again.
KEPT_RULES = {"train_round1", "train_round2", "train_compared"}


def is_made_today(file):
    for maker in workflow.rules:
        if maker.name not in UNUSED_RULES and maker.is_producer(file):
            wildcards = maker.get_wildcards(file)
            seeds = COMPARED_SEEDS if maker.name == "train_compared" else SEEDS
            if (
                int(wildcards.get("fold", 0)) < len(FOLDS)
                and int(wildcards.get("seed", seeds[0])) in seeds
                and ("file_id" not in wildcards or int(wildcards["file_id"]) in FILE_IDS.get(wildcards["split"], []))
            ):
                return True
    return False


def is_worked_in(folder):
    return any(file.startswith(f"{folder}/") for job in workflow.dag.needrun_jobs() for file in job.output)


def sweep_earlier_configurations():
    folders = [RESULTS] if SOURCE.discards_raw else [RESULTS, f"{DATA}/shards"]  # such shards cost a download
    removed = remove_what_nothing_makes(filter(is_worked_in, folders), is_made_today, KEPT_RULES)
    if removed:
        more = f" and {len(removed) - NUM_NAMED} more" if len(removed) > NUM_NAMED else ""
        names = ", ".join(removed[:NUM_NAMED])
        print(f"removed, since this configuration does not make it: {names}{more}", file=sys.stderr)


def note_origins():
    for folder, origin in ((DATA, [DATASET_FILE]), (RESULTS, workflow.configfiles)):
        if origin and is_worked_in(folder):
            note_origin(folder, origin)


def note_stages():
    with suppress(OSError):  # on a full disk plans lose their words, and nothing else
        for folder in filter(is_worked_in, (DATA, RESULTS)):
            note_parts(folder, STAGES.parts)
        remember()


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
    run(note_origins)
    note_stages()
    run(sweep_earlier_configurations)
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
