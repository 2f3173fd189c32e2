"""What a second stride brings: networks that keep few frames of a clip, many, and both together.

    python benchmarks/signs_strides.py results/signs_deberta_compare [--short base] [--long long]

Reads the runs of a comparison of `signs_deberta` on the signers that none of them has trained on. A pair answers by the
mean of its probabilities, as the file does. Beside pairs of two strides stand pairs of one stride and two seeds: what
any second network brings.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from podium.systems.files import read_recipe
from podium.systems.signs_deberta import learner, samples
from podium.training.split import split_rows
from podium.training.weights import load_learner


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", type=Path, help="results/NAME of the comparison")
    parser.add_argument("--short", default="base", help="stage whose networks keep few frames")
    parser.add_argument("--long", default="long", help="stage whose networks keep many")
    parser.add_argument("--data", type=Path, default=Path("results/data/signs_hard"))
    parser.add_argument("--fold", type=int, default=0, help="that the runs were validated on")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    index, folds = (pd.read_parquet(arguments.data / f"{name}.parquet") for name in ("index", "folds"))
    _, table, _ = split_rows(index, folds, arguments.fold)
    stages = {"short": arguments.short, "long": arguments.long}
    runs = {name: sorted((arguments.experiment / "comparison" / stage).glob("seed*")) for name, stage in stages.items()}
    if not all(runs.values()):
        raise SystemExit(f"{arguments.experiment}/comparison has no runs of {' and '.join(stages.values())}")
    probs = {name: [answers(run, table, arguments.data) for run in folders] for name, folders in runs.items()}
    _, recipe = read_recipe(runs["short"][0] / "recipe.json")
    targets_N = samples.validation(table, arguments.data, recipe).targets
    groups = {name: [(one,) for one in probs[name]] for name in stages}
    groups |= {f"two seeds, {name}": list(combinations(probs[name], 2)) for name in stages}
    groups["both strides"] = list(zip(probs["short"], probs["long"], strict=True))
    print(f"{len(table)} clips of {table['participant_id'].nunique()} signers\n")
    print("| networks | right, mean | each |\n|---|---|---|")
    for name, members in groups.items():
        right = [float((np.mean(one, axis=0).argmax(1) == targets_N).mean()) for one in members]
        print(f"| {name} | {np.mean(right):.3f} | {', '.join(f'{one:.3f}' for one in right)} |")


@torch.no_grad()
def answers(run: Path, table: pd.DataFrame, root: Path) -> np.ndarray:
    """(N, V): what a run's network makes of each clip, probabilities."""
    _, recipe = read_recipe(run / "recipe.json")
    network = load_learner(run / "model.safetensors", learner, recipe)
    clips = samples.validation(table, root, recipe)
    logits = np.stack([network.observe(clips.raw(row))["outputs"] for row in range(len(clips))])
    return torch.from_numpy(logits).softmax(1).numpy()


if __name__ == "__main__":
    main()
