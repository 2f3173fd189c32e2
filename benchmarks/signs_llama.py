"""The file of three members of `signs_llama` beside the 1st place's network, and how fast samples are made.

    python benchmarks/signs_llama.py [--folder F] [--rounds N]

All files are asked in turn, on one thread, in one process; the table gives the processor's time for a call, the median
and the least, and the ratio to the peer (`signs_peer`). Weights are random. Torch computes the same three members.
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
import pandas as pd
import torch
from signs_peer import Peer

from podium.config import load
from podium.data.clips import shard_path
from podium.data.sampler import BucketSampler
from podium.export.benchmark import processor
from podium.export.formats import make_file
from podium.recognise.tflite import TfliteFile
from podium.systems.signs.limits import MAX_MB, MAX_MS
from podium.systems.signs.points import as_columns
from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_llama import learner, samples, twin
from podium.systems.signs_llama.answers import PART as answers
from podium.systems.signs_llama.plan import Settings
from podium.systems.signs_llama.recipe import Recipe

RECIPE = Path(__file__).parent.parent / "config/recipes/signs_llama/member.yaml"
NUM_MEMBERS, FRAMES, FORMATS = 3, (25, 50, 150), ("fp16", "int8", "fp32")
MOST_MB = {"fp16": 10.5, "int8": 5.5}
MOST_RATIO, AIM_RATIO, LEAST_CLIPS = 1.0, 0.6, 3000
NUM_CLIPS, MEAN_FRAMES, BATCH = 4096, 38, 256  # the competition's clips have 38 frames on average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the files are or go; default: a temporary one")
    parser.add_argument("--rounds", type=int, default=40, help="of calls of all files in turn")
    arguments = parser.parse_args()
    recipe = load(Recipe, RECIPE)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        members = [learner.make(recipe).eval() for _ in range(NUM_MEMBERS)]
        paths = {format: folder / f"{format}.tflite" for format in (*FORMATS, "peer")}
        print(f"{processor()}\n\n| file | MB | at most |\n|---|---|---|")
        build(paths, members, recipe)
        asks = {name: TfliteFile(path).answer for name, path in paths.items()}
        asks["torch"] = learner.assemble([one.network for one in members], [recipe] * NUM_MEMBERS, {}).answer
        print_latencies(asks, arguments.rounds)
        print_loader(folder, recipe)


def build(paths: dict[str, Path], members: list, recipe: Recipe) -> None:
    """Makes the files that are not there, and prints their sizes."""
    for name, path in paths.items():
        if not path.is_file():
            if name == "peer":
                content = make_file(Peer(), "fp16")
            else:
                states = [{key: one.numpy() for key, one in member.network.state_dict().items()} for member in members]
                twins = [twin.make(recipe).port(state, "the benchmark") for state in states]
                content = make_file(twin.assemble(twins, Settings().model_dump()), name)
            path.write_bytes(content)
        size_mb, most = path.stat().st_size / 1e6, MOST_MB.get(name)
        print(f"| {name} | {size_mb:.2f} | {most or '-'} |")
        if most and size_mb > min(most, MAX_MB):
            sys.exit(f"{name} has {size_mb:.2f} MB, and {most} are allowed")


def print_latencies(asks: dict[str, Callable], rounds: int) -> None:
    """A row for each length and file."""
    print("\n| frames | file | median ms | least ms | median / peer's | least / peer's |\n|---|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    for num_frames in FRAMES:
        x = answers.example(num_frames, rng)
        times: dict[str, list[float]] = {name: [] for name in asks}
        for ask in asks.values():
            ask(x)
        for _ in range(rounds):
            for name, ask in asks.items():
                for _ in range(1 if name == "torch" else 3):
                    begin = time.thread_time()
                    ask(x)
                    times[name].append((time.thread_time() - begin) * 1e3)
        medians, least = ({name: reduce(one) for name, one in times.items()} for reduce in (np.median, np.min))
        for name in asks:
            ratios = [kind[name] / kind["peer"] for kind in (medians, least)]
            numbers = [medians[name], least[name], *ratios]
            print(f"| {num_frames} | {name} | " + " | ".join(f"{number:.2f}" for number in numbers) + " |")
        if least["fp16"] >= MAX_MS:
            sys.exit(f"{num_frames} frames take {least['fp16']:.0f} ms, and the competition allows {MAX_MS}")
    print(f"\nasked for: at most {MOST_RATIO} of the peer, aim {AIM_RATIO}; at most a third of torch")


def print_loader(folder: Path, recipe: Recipe) -> None:
    """Clips a second and core, mirrored and mixed, in batches of similar length."""
    rng = np.random.default_rng(1)
    lengths = np.clip(rng.gamma(2.0, MEAN_FRAMES / 2, NUM_CLIPS).astype(int), 5, 300)
    path = shard_path(folder, "train", 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, as_columns(answers.example(int(lengths.sum()), rng)))
    table = pd.DataFrame({
        "split": "train", "file_id": 0, "sequence_id": range(NUM_CLIPS), "participant_id": 0, "num_frames": lengths,
        "offset": np.cumsum([0, *lengths[:-1]]), "sign": rng.choice(SIGNS, NUM_CLIPS),
    })  # fmt: skip
    clips = samples.training(table, folder, recipe, seed=0)
    collate = partial(samples.collate, recipe=recipe, is_training=True)
    rates = []
    for epoch in range(3):
        sampler = BucketSampler(len(clips), clips.num_frames, BATCH, recipe.training.bucket_batches, seed=0)
        sampler.set_epoch(epoch)
        begin = time.thread_time()
        for keys in sampler:
            collate([clips[key] for key in keys])
        rates.append(NUM_CLIPS / (time.thread_time() - begin))
    told = f"mean {lengths.mean():.0f} frames; {LEAST_CLIPS:,} asked for"
    print(f"\nloader: {max(rates):,.0f} clips a second and core, {told}")


if __name__ == "__main__":
    main()
