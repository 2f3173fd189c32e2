"""What all rules share: the checked configuration, the places of things, the fingerprints of stages.

A stage's fingerprint (podium.plan.stages) stands in its `params`, so that it runs again when its configuration, its code or
an earlier stage changes, wherever the files lie and whatever their time stamps say. Beside every artefact lies a record
of its params (podium.plan.records), so that moved results are judged by them as well. A path that only says where something
lies is no param: a shell line names it by its variable.
"""
import re
import sys
from pathlib import Path

# Fingerprints are of the code that rules run, the checkout's; an image has a copy of its own.
sys.path.insert(0, str(Path(workflow.basedir, "src")))

from podium import config as schema
from podium.data import sources
from podium.systems.fingerspelling.augment import build_augmentations
from podium.errors import UserError, explained_by, one_line, run
from podium.plan.origins import check_dataset_name, note_on_experiment_name
from podium.plan.records import Records, keep_records_beside_artefacts
from podium.plan.stages import Stages, check_comparison, check_model, named_yaml
from podium.systems import part

keep_records_beside_artefacts()


try:
    for file in workflow.configfiles:  # Snakemake has read them, and takes the last of two like keys
        schema.read_yaml(file)
    EXPERIMENT = schema.parse(schema.Experiment, config, "the experiment's config")
    DATASET_FILE = named_yaml("config/datasets", EXPERIMENT.dataset)
    RECIPE_FILES = {
        "round1": named_yaml("config/recipes/fingerspelling", EXPERIMENT.round1.recipe),
        "round2": named_yaml("config/recipes/fingerspelling", EXPERIMENT.round2.recipe),
    }
    COMPARED = EXPERIMENT.comparison.recipes if EXPERIMENT.comparison else {}
    RECIPE_FILES |= {f"compare/{label}": named_yaml("config/recipes/fingerspelling", recipe) for label, recipe in COMPARED.items()}
    SYSTEM_PLAN = part(EXPERIMENT.system, "plan")
    DATASET = schema.load(SYSTEM_PLAN.Dataset, DATASET_FILE)
    check_dataset_name(DATASET, DATASET_FILE)
    check_comparison(EXPERIMENT, DATASET)
    SOURCE = sources.create(DATASET, SYSTEM_PLAN.SOURCES)
    RECIPES = {stage: schema.load_recipe(file) for stage, file in RECIPE_FILES.items()}
    for stage, recipe in RECIPES.items():
        with explained_by(RECIPE_FILES[stage]):
            check_model(recipe)
            build_augmentations(recipe.data.augment)
    FILE_IDS = {split: SOURCE.file_ids(split) for split in SOURCE.splits()}
    STAGES = Stages(EXPERIMENT, DATASET, RECIPES, SOURCE.fingerprint())
    Records.parts = STAGES.parts
except UserError as error:
    print(f"error: {one_line(error)}", file=sys.stderr)
    sys.exit(2)

note = note_on_experiment_name(EXPERIMENT, workflow.configfiles)
if note and workflow.is_main_process:
    print(note, file=sys.stderr)

SYSTEM = EXPERIMENT.system
DATA = f"results/data/{DATASET.name}"
RESULTS = f"results/{EXPERIMENT.name}"
EXPORT = f"{RESULTS}/export"
FOLDS = list(range(DATASET.folds.num_folds))
SEEDS = EXPERIMENT.round2.seeds
# Imported weights take the place of round 2's training; what an export asks of the data then comes with them.
WEIGHTS = {str(seed): file for seed, file in zip(SEEDS, EXPERIMENT.round2.weights or [])}
INFERENCE_ARGS = f"{RESULTS}/round2/seed{SEEDS[0]}/inference_args.json" if WEIGHTS else f"{DATA}/inference_args.json"
TEST_LANDMARKS = [ancient(SOURCE.arrival("test", file_id)) for file_id in FILE_IDS.get("test", [])]
# A recipe that stays on the CPU asks for no GPU: its jobs run side by side on the cores.
GPUS = {stage: int(recipe.training.device != "cpu") for stage, recipe in RECIPES.items()}
THREADS = {stage: max(1, recipe.training.num_threads) + recipe.data.num_workers for stage, recipe in RECIPES.items()}

def get_raw_digest(wildcards):
    return SOURCE.digest(wildcards.split, int(wildcards.file_id))


# Scripts run this checkout's package, in whichever environment: the caller's, or one that `--sdm conda` has made.
# A scheduler ends a job with SIGTERM to all of its processes. A training then writes its state and says so. The shell waits
# for it, since a scheduler kills what the shell leaves behind, and `tee` still writes its last lines to the log.
shell.prefix(
    "set -euo pipefail; export PYTHONPATH=$PWD/src${{PYTHONPATH:+:$PYTHONPATH}}; trap : TERM INT HUP;"
    " tee() {{ trap '' TERM INT HUP; command tee \"$@\"; }}; "
)


wildcard_constraints:
    split="train|supplemental|test",
    file_id=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    recipe="|".join(map(re.escape, COMPARED)) or "none",
