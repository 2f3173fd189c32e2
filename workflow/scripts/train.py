"""Trains one network: a fold of round 1, or a full-fit seed of round 2."""

import argparse
import logging
from pathlib import Path

from podium.errors import run
from podium.gpu import lease_gpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", required=True, help="recipe YAML")
    parser.add_argument("--data", required=True, type=Path, help="dataset folder with shards/ and folds.parquet")
    parser.add_argument("--table", required=True, help="index.parquet, or the table with out-of-fold scores")
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument("--fold", type=int, help="validate on this fold, train on the others")
    part.add_argument("--full-fit", action="store_true", help="train on all folds")
    parser.add_argument("--seed", required=True, type=int)
    parser.add_argument("--out", required=True, type=Path, help="folder to write")
    parser.add_argument("--tensorboard", type=Path, help="folder for event files")
    parser.add_argument("--leases", type=Path, default=Path("results/state/gpu"), help="folder of GPU locks")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    lease = lease_gpu(arguments.leases)  # before torch looks for GPUs
    from podium.training.job import train_job

    train_job(
        arguments.recipe,
        arguments.data,
        arguments.table,
        None if arguments.full_fit else arguments.fold,
        arguments.seed,
        arguments.out,
        arguments.tensorboard,
    )
    if lease:
        lease.close()


if __name__ == "__main__":
    run(main)
