"""Lets networks of earlier stages label clips together, before they teach a later stage."""

import argparse
from pathlib import Path

import yaml

from podium.errors import natural, run
from podium.runtime.gpu import lease_gpus
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, write_json
from podium.systems import part
from podium.systems.files import read_recipes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--how", required=True, help="the system's way of teaching")
    parser.add_argument("--index", required=True, type=Path, help="index.parquet")
    parser.add_argument("--data", required=True, type=Path, help="dataset folder with shards/")
    help_models = "weights of the networks (.safetensors), each beside its recipe.json"
    parser.add_argument("--models", required=True, type=Path, nargs="+", help=help_models)
    parser.add_argument("--options", nargs="*", default=[], metavar="KEY=VALUE", help="keys of the way")
    parser.add_argument("--threads", type=natural, default=1, help="CPU threads")
    parser.add_argument("--gpus", type=natural, default=0, help="GPUs to lease where there are any")
    parser.add_argument("--out", required=True, help="table to train on (.parquet)")
    parser.add_argument("--metrics", required=True, help="scores (.json)")
    arguments = parser.parse_args()
    system, recipes = read_recipes([path.with_name("recipe.json") for path in arguments.models])
    lease = lease_gpus(arguments.gpus) if arguments.gpus else None  # before torch looks for GPUs
    import torch

    from podium.training.weights import load_learner

    torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if arguments.gpus and torch.cuda.is_available() else "cpu")
    learner = part(system, "learner")
    learners = [load_learner(path, learner, one) for path, one in zip(arguments.models, recipes, strict=True)]
    options = {key: yaml.safe_load(value) for key, _, value in (one.partition("=") for one in arguments.options)}
    index = made_by(arguments.index, "index_data")
    table, metrics = learner.label(arguments.how, learners, recipes, index, arguments.data, device, **options)
    with atomic_path(arguments.out) as partial:
        table.to_parquet(partial, index=False)
    write_json(arguments.metrics, metrics)
    numbers = {name: value for name, value in metrics.items() if isinstance(value, int | float)}
    print(" ".join(f"{name}={value:.4g}" for name, value in numbers.items()))
    if lease:
        lease.close()


if __name__ == "__main__":
    run(main)
