"""What all rules share: the checked experiment, the places of things, the fingerprints of stages.

A stage's fingerprint (podium.plan.fingerprints) is among its `params`: it runs again when its configuration, its code or an
earlier stage changes, whatever time stamps say. A record beside each artefact keeps its params (podium.plan.records), so that
moved results are judged by them as well. A path that only says where something lies is no param but a variable.
"""
import sys
from pathlib import Path

# Fingerprints are of the code that rules run, the checkout's; an image has a copy of its own.
sys.path.insert(0, str(Path(workflow.basedir, "src")))

from podium.errors import UserError, one_line
from podium.plan.opening import open_plan
from podium.plan.records import Records, keep_records_beside_artefacts
from podium.plan.snakemake_run import attach_console, spread_requests

keep_records_beside_artefacts()

try:
    PLAN, SOURCE, FINGERPRINTS, NOTE = open_plan(config, workflow.configfiles)
except UserError as error:
    print(f"error: {one_line(error)}", file=sys.stderr)
    sys.exit(2)

Records.parts = FINGERPRINTS.parts
spread_requests(workflow, PLAN)
if NOTE and workflow.is_main_process:
    print(NOTE, file=sys.stderr)

EXPERIMENT, SYSTEM = PLAN.experiment, PLAN.experiment.system
DATASET, DATASET_FILE, DATA = PLAN.dataset, PLAN.dataset_file, PLAN.data
RESULTS, EXPORT = PLAN.results, f"{PLAN.results}/export"
LOGS, BENCHMARKS = f"results/logs/{EXPERIMENT.name}", f"results/benchmarks/{EXPERIMENT.name}"
FILE_IDS = {split: SOURCE.file_ids(split) for split in SOURCE.splits()}
TEST_FILES = [ancient(SOURCE.arrival("test", file_id)) for file_id in FILE_IDS.get("test", [])]

# What jobs say goes to their logs alone, if Podium's console (profiles/default) tells how far they are.
CONSOLE = attach_console(workflow, RESULTS)
ASIDE = " > /dev/null" if CONSOLE else ""

# Scripts run this checkout's package, in whichever environment: the caller's, or one that `--sdm conda` has made.
# A scheduler ends a job with SIGTERM to all of its processes. A training then writes its state and says so. The shell waits
# for it, since a scheduler kills what the shell leaves behind, and `tee` still writes its last lines to the log.
shell.prefix(
    "set -euo pipefail; export PYTHONPATH=$PWD/src${{PYTHONPATH:+:$PYTHONPATH}}; trap : TERM INT HUP;"
    " tee() {{ trap '' TERM INT HUP; command tee \"$@\"" + ASIDE + "; }}; "
    # A training that goes on from its state goes on in its log, of which Snakemake removes the earlier part.
    " keep_log() {{ trap '' TERM INT HUP; mkdir -p \"${{1%/*}}\"; touch \"$1.log\";"
    " if compgen -G \"$1/state-*.pt\" > /dev/null; then cat \"$1.log\" >> \"$2\"; else : > \"$1.log\"; fi;"
    " tee --append \"$2\" \"$1.log\"; }}; "
)


wildcard_constraints:
    split="train|supplemental|test",
    file_id=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    member=r"\w+",
