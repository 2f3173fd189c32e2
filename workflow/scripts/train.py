"""Trains one network: on all folds but one, or a full fit from a seed."""

import argparse
import logging
import os
import sys
from pathlib import Path

from podium.config import load
from podium.errors import natural, run
from podium.runtime.finished_runs import take
from podium.runtime.gpu import lease_gpus
from podium.runtime.launch import end_with_parent, launch
from podium.runtime.locks import stay_alone
from podium.runtime.node_copy import near
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--recipe", required=True, help="recipe YAML")
    parser.add_argument("--data", required=True, type=Path, help="dataset folder with shards/ and folds.parquet")
    parser.add_argument("--table", required=True, type=Path, help="index.parquet, or one with labels of earlier stages")
    share = parser.add_mutually_exclusive_group(required=True)
    share.add_argument("--fold", type=natural, help="validate on this fold, train on the others")
    share.add_argument("--full-fit", action="store_true", help="train on all folds")
    parser.add_argument("--seed", required=True, type=natural)
    help_labels = "label the clips of the split supplemental for later stages: supplemental.parquet"
    parser.add_argument("--label-supplemental", action="store_true", help=help_labels)
    help_teachers = "weights of earlier stages' networks to learn from, each beside its recipe.json"
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], metavar="WEIGHTS", help=help_teachers)
    parser.add_argument("--out", required=True, type=Path, help="folder to write")
    parser.add_argument("--tensorboard", type=Path, help="folder for event files")
    parser.add_argument("--state", type=Path, help="folder for the state of a run under way")
    parser.add_argument("--fingerprint", help="under which results are kept in --state until Snakemake knows of them")
    help_gpus = "GPUs to lease where there are any, one process each; 0 takes what is visible"
    parser.add_argument("--gpus", type=natural, default=1, help=help_gpus)
    arguments = parser.parse_args()
    if "RANK" in os.environ:  # one of several processes that train together
        end_with_parent()
    is_first = os.environ.get("RANK", "0") == "0"
    logging.basicConfig(level=logging.INFO if is_first else logging.ERROR, format="%(message)s")
    recipe = load(part(arguments.system, "plan").Recipe, arguments.recipe)
    state, fingerprint = arguments.state, arguments.fingerprint
    if state and "RANK" not in os.environ:
        stay_alone(state)  # first: whom it waits for may leave results to take
    if state and fingerprint and take(state, arguments.out, fingerprint):
        return
    # Before torch looks for GPUs; the lease ends with this process.
    lease = lease_gpus(arguments.gpus) if arguments.gpus and recipe.training.device != "cpu" else None
    if lease and len(lease.devices) > 1:
        raise SystemExit(launch([sys.executable, *sys.argv, "--gpus", "0"], lease))
    from podium.training.learner import Parts
    from podium.training.run import Job, train_job

    job = Job(
        root=near(arguments.data),
        table=arguments.table,
        fold=arguments.fold,
        seed=arguments.seed,
        out=arguments.out,
        tensorboard=arguments.tensorboard,
        state=state,
        fingerprint=fingerprint,
        labels_supplemental=arguments.label_supplemental,
        teachers=tuple(arguments.teachers),
    )
    train_job(job, recipe, Parts.of(arguments.system, part))
    if lease:
        lease.close()


if __name__ == "__main__":
    run(main)
