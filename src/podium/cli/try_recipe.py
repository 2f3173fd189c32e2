"""``podium try overfit|one-epoch``: whether a recipe works on prepared data, before a night is spent on it."""

import argparse
import logging
from pathlib import Path

from podium.cli.arguments import add_recipe, count, named_recipe
from podium.errors import UserError, natural

NUM_STEPS = 300
WORDS = ("try",)
HELP = "see in minutes whether a recipe works on its data; writes nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "preset",
        choices=("overfit", "one-epoch"),
        help="overfit: learn one batch by heart and read it back; one-epoch: the whole job, once through the data",
    )
    add_recipe(parser, "what to try")
    parser.add_argument("--data", required=True, type=Path, help="dataset folder, results/data/NAME")
    parser.add_argument("--table", type=Path, help="rows to train on (index.parquet of the dataset folder)")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--fold", type=natural, help="one-epoch: the fold to validate on (0)")
    part.add_argument("--full-fit", action="store_true", help="one-epoch: train on all folds")
    parser.add_argument("--steps", type=count, help=f"overfit: optimiser steps ({NUM_STEPS})")
    parser.add_argument("--seed", type=natural, default=0)


def run(arguments: argparse.Namespace) -> None:
    """Prints the verdict.

    Raises:
        UserError: A file is absent or unusable, or the run gave up.
        SystemExit: With code 1, the verdict is bad.
    """
    if arguments.preset == "overfit" and (arguments.fold is not None or arguments.full_fit):
        raise UserError("overfit learns one batch of all clips; leave --fold and --full-fit to one-epoch")
    if arguments.preset == "one-epoch" and arguments.steps is not None:
        raise UserError("one-epoch goes through all batches; leave --steps to overfit")
    from podium.runtime.gpu import lease_gpus

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    name, recipe = named_recipe(arguments.recipe, arguments.system)
    lease = None if recipe.training.device == "cpu" else lease_gpus()  # before torch looks for GPUs
    from podium.systems import part
    from podium.training import presets
    from podium.training.learner import Parts
    from podium.training.run import Job

    system = Parts.of(name, part)
    table = arguments.table or arguments.data / "index.parquet"
    if arguments.preset == "overfit":
        verdict = presets.overfit(recipe, system, arguments.data, table, arguments.steps or NUM_STEPS, arguments.seed)
    else:
        fold = None if arguments.full_fit else arguments.fold or 0
        verdict = presets.one_epoch(recipe, system, Job(arguments.data, table, fold, arguments.seed, Path()))
    if lease:
        lease.close()
    print(f"{'passed' if verdict.passed else 'failed'}: {verdict.text}")
    if not verdict.passed:
        raise SystemExit(1)
