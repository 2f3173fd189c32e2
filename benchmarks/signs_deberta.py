"""The file of both networks of `signs_deberta` beside the same networks in torch, and a step of the three that train.

    python benchmarks/signs_deberta.py [--folder F] [--rounds N] [--steps N]

All files are asked in turn, on one thread, in one process; the tables give the processor's time of a call, median and
least, and ratios. Weights are random.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import torch

from podium.config import load
from podium.export.benchmark import processor
from podium.export.formats import make_file
from podium.recognise.tflite import TfliteFile
from podium.systems.signs.limits import MAX_MB, MAX_MS
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_deberta import learner, samples, twin
from podium.systems.signs_deberta.answers import PART as answers
from podium.systems.signs_deberta.network import SignNetwork
from podium.systems.signs_deberta.plan import Settings
from podium.systems.signs_deberta.recipe import Recipe
from podium.systems.signs_deberta.samples import Sample
from podium.systems.signs_deberta.teaching import cross_entropy, targets
from podium.training.learner import Progress
from podium.training.optimizers import make_optimizer

RECIPES = Path(__file__).parent.parent / "config/recipes/signs_deberta"
FRAMES, FORMATS = (25, 50, 80), ("fp16", "int8", "fp32")
ASKED_MB = {"fp16": 34.0, "int8": 18.0}
BATCH, READ_FRAMES = 32, {"short": 20, "long": 38}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the files are or go; default: a temporary one")
    parser.add_argument("--rounds", type=int, default=20, help="of calls of all files in turn")
    parser.add_argument("--steps", type=int, default=3, help="of training, each kind in turn; 0: none")
    arguments = parser.parse_args()
    recipes = {name: load(Recipe, RECIPES / f"{name}.yaml") for name in READ_FRAMES}
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        networks = [SignNetwork(one.model, one.model.distilled, one.data.max_frames).eval() for one in recipes.values()]
        paths = {format: folder / f"{format}.tflite" for format in FORMATS}
        print(f"{processor()}\n\n| file | MB | asked for |\n|---|---|---|")
        build(paths, networks, list(recipes.values()))
        asks = {name: TfliteFile(path).answer for name, path in paths.items()}
        asks["torch"] = learner.assemble(networks, list(recipes.values()), {}).answer
        print_latencies(asks, arguments.rounds)
        if arguments.steps:
            print("\n| recipe | three plain steps, s | the learner's step, s | ratio |\n|---|---|---|---|")
            for name, recipe in recipes.items():
                print_step(name, recipe, READ_FRAMES[name], arguments.steps)


def build(paths: dict[str, Path], networks: list[SignNetwork], recipes: list[Recipe]) -> None:
    """Makes the files that are not there, and prints their sizes."""
    for name, path in paths.items():
        if not path.is_file():
            states = [{key: one.numpy() for key, one in network.state_dict().items()} for network in networks]
            twins = [
                twin.make(recipe).port(state, "the benchmark") for recipe, state in zip(recipes, states, strict=True)
            ]
            path.write_bytes(make_file(twin.assemble(twins, Settings().model_dump()), name))
        size_mb = path.stat().st_size / 1e6
        print(f"| {name} | {size_mb:.2f} | {ASKED_MB.get(name, '-')} |")
        if name in ASKED_MB and size_mb >= MAX_MB:
            sys.exit(f"{name} has {size_mb:.2f} MB, and the competition takes less than {MAX_MB}")


def print_latencies(asks: dict[str, Callable], rounds: int) -> None:
    """A row for each length and file."""
    print("\n| frames | file | median ms | least ms | median / torch's | least / torch's | median / fp16's |")
    print("|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for num_frames in FRAMES:
        x = answers.example(num_frames, rng)
        times: dict[str, list[float]] = {name: [] for name in asks}
        for ask in asks.values():
            ask(x)
        for _ in range(rounds):
            for name, ask in asks.items():
                times[name].append(seconds_of(partial(ask, x)) * 1e3)
        medians, least = ({name: reduce(one) for name, one in times.items()} for reduce in (np.median, np.min))
        for name in asks:
            ratios = [medians[name] / medians["torch"], least[name] / least["torch"], medians[name] / medians["fp16"]]
            numbers = [medians[name], least[name], *ratios]
            print(f"| {num_frames} | {name} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |")
        if least["fp16"] >= MAX_MS:
            sys.exit(f"{num_frames} frames take {least['fp16']:.0f} ms, and the competition allows {MAX_MS}")


def print_step(name: str, recipe: Recipe, num_frames: int, steps: int) -> None:
    """One step of the learner, and three plain ones after each other: each network by itself, with labels alone."""
    rng = np.random.default_rng(1)
    views = [tuple(rng.normal(size=(num_frames, 3, 100)).astype(np.float32) for _ in range(3)) for _ in range(BATCH)]
    clips = [Sample(view, int(rng.integers(len(SIGNS))), row) for row, view in enumerate(views)]
    batch = {key: torch.from_numpy(one) for key, one in samples.collate(clips, recipe, is_training=True).items()}
    three = learner.make(recipe).train()
    optimizer, progress = make_optimizer(three, recipe.optimizer), Progress(1, 100, 0, 10)
    plain = []
    for size in (recipe.model.student, recipe.model.student, recipe.model.distilled):
        network = SignNetwork(recipe.model, size, recipe.data.max_frames).train()
        plain.append((network, torch.optim.AdamW(network.parameters(), 3e-4, fused=True)))

    def step() -> None:
        three(batch, progress, torch.Generator())["loss"].backward()
        for group in three.parameter_groups():
            torch.nn.utils.clip_grad_norm_(group["params"], 10.0)
        optimizer.step()
        three.after_step(progress)
        optimizer.zero_grad(set_to_none=True)

    def plain_steps() -> None:
        for view, (network, one) in enumerate(plain):
            logits_BV = network(batch["x_BYTCN"][:, view], batch["mask_BYT"][:, view])
            cross_entropy(logits_BV, targets(batch["target_B"], None), 0.3).mean().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            one.step()
            one.zero_grad(set_to_none=True)

    times = np.array([[seconds_of(one) for one in (plain_steps, step)] for _ in range(steps + 1)])[1:]
    least = times.min(axis=0)
    print(f"| {name} | {least[0]:.2f} | {least[1]:.2f} | {least[1] / least[0]:.2f} |")


def seconds_of(what: Callable[[], object]) -> float:
    """Of the processor."""
    begin = time.thread_time()
    what()
    return time.thread_time() - begin


if __name__ == "__main__":
    main()
