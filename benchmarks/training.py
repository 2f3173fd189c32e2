"""How long a training step takes, how much of it is waiting for data, and what memory it needs.

python benchmarks/training.py                                # one CPU core, batches of 8
python benchmarks/training.py --device cuda --compile --joined    # a GPU, batches of 64: about 8 minutes

Both rounds at the winners' sizes (`winner_corrected_round{1,2}`), on clips of random landmarks as long as the
competition's (mean 165 frames), in length buckets. Beside them, on a CPU, `winner_round{1,2}` on the same clips: the
original's way, every clip padded to 384 frames in float32. `--compile` and `--joined` add the same with torch.compile,
and in a group of one process behind torch's DistributedDataParallel, which tells what that costs by itself. A first
table takes batches that lie ready, a second one takes them from the loader with all augmentations.

Each case has a process of its own, for its peak memory. They take turns, pass by pass over the same batches, so that a
busy machine disturbs all alike; a figure is the mean over the batches of the median over the passes. Beside each case
stand the seconds of processor time, which a busy machine stretches less, and the rate of a matrix product in the same
process at the same time.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
from loader import build
from torch.nn.parallel import DistributedDataParallel

from podium.config import load
from podium.systems.fingerspelling import learner, samples
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.batches import training_batches
from podium.training.device import choose_device, compile_blocks, make_autocast, prepare
from podium.training.learner import Progress
from podium.training.optimizers import make_optimizer
from podium.training.prefetch import DeviceBatches

NUM_CLIPS = 2_000
RECIPES = Path(__file__).parent.parent / "config/recipes/fingerspelling"
# Clips of an epoch and trainings of the whole recipe: four folds of three quarters of the 67,208 rows, and two seeds of
# all of them with the distinct supplemental phrases.
CLIPS_OF_ROUND, TRAININGS = {1: 67_208 * 3 // 4, 2: 67_700}, {1: 4, 2: 2}


@dataclass(frozen=True)
class Case:
    """One line of the tables."""

    round: int
    precision: str
    is_compiled: bool = False
    is_published: bool = False
    is_joined: bool = False

    def recipe(self, device: str, batch_size: int) -> Recipe:
        name = f"winner_round{self.round}" if self.is_published else f"winner_corrected_round{self.round}"
        recipe = load(Recipe, RECIPES / f"{name}.yaml")
        training = {"precision": self.precision, "device": device, "batch_size": batch_size}
        training["bucket_batches"] = 16 * 64 // batch_size  # as many clips sorted together as in the recipes
        training |= {} if device == "cuda" else {"num_workers": 0}  # one core makes the samples as well
        return recipe.model_copy(update={"training": recipe.training.model_copy(update=training)})

    def __str__(self) -> str:
        mode = "published, padded to 384" if self.is_published else "corrected"
        more = ", compiled" * self.is_compiled + ", joined" * self.is_joined
        return f"round {self.round} | {mode} | {self.precision}{more}"


@dataclass
class Pass:
    """One pass over the batches: seconds of each, and what else was seen."""

    seconds: list[float]
    processor_s: float
    waited_s: float
    num_clips: int
    num_frames: int
    num_padded: int
    gemm_gflops: float
    peak_mb: float
    kernel_s: float = field(default=0.0)


class Worker:
    """A case in its own process: network, optimiser and batches."""

    def __init__(self, case: Case, root: str, device: str, batch_size: int, num_batches: int) -> None:
        self.recipe = case.recipe(device, batch_size)
        self.device = choose_device(device)
        self.num_batches = num_batches
        prepare(self.recipe.training, self.device, seed=0)
        if self.device.type == "cpu":
            torch.set_num_threads(1)
        table = pd.read_parquet(Path(root, "index.parquet"))
        self.loader, self.sampler = self._batches(table, root, self.recipe)
        plain = {
            "data": self.recipe.data.model_copy(update={"augment": [], "p_cutmix": 0.0}),
            "training": self.recipe.training.model_copy(update={"num_workers": 0}),
        }
        loader, sampler = self._batches(table, root, self.recipe.model_copy(update=plain))
        by_length = sorted(sampler, key=lambda keys: sum(map(loader.dataset.num_frames, keys)))
        places = ((np.arange(num_batches) + 0.5) / num_batches * len(by_length)).astype(int)
        self.ready = [loader.collate_fn([loader.dataset[key] for key in by_length[place]]) for place in places]
        if self.device.type == "cuda":
            self.ready = [{name: tensor.pin_memory() for name, tensor in batch.items()} for batch in self.ready]
        self.model = learner.make(self.recipe).to(self.device).train()
        if case.is_compiled:
            compile_blocks(self.model)
        self.optimizer = make_optimizer(self.model, self.recipe.optimizer)
        if case.is_joined:
            backend = "nccl" if self.device.type == "cuda" else "gloo"
            dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
            self.model = DistributedDataParallel(self.model)
        self.generator = torch.Generator().manual_seed(0)

    def _batches(self, table: pd.DataFrame, root: str, recipe: Recipe):
        return training_batches(samples, table, Path(root), recipe, 0, self.device)

    def step(self, batch: dict[str, torch.Tensor]) -> None:
        with make_autocast(self.recipe.training, self.device)():
            loss = self.model(batch, Progress(0, 1, 0, 1), self.generator)["loss"]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.optimizer.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def run(self, with_loader: bool, with_profiler: bool = False) -> Pass:
        """One pass over all batches."""
        if with_loader:
            self.sampler.set_epoch(0)
        feed = DeviceBatches(islice(self.loader, self.num_batches) if with_loader else self.ready, self.device)
        gemm_gflops = self.gemm()
        seconds, counts = [], np.zeros(3, dtype=int)
        profiler = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) if with_profiler else None
        if profiler:
            profiler.start()
        self._finish()
        begin = started = time.perf_counter()
        processor = time.process_time()
        for batch in feed:
            self.step(batch)
            if self.device.type == "cpu":  # a GPU's queue is left alone
                seconds.append(time.perf_counter() - started)
                started = time.perf_counter()
            shape = batch["x_BTLC"].shape
            counts += [shape[0], 0, shape[0] * shape[1]]
            if self.device.type == "cpu":
                counts[1] += int(batch["mask_BT"].sum())
        self._finish()
        if not seconds:
            seconds = [(time.perf_counter() - begin) / self.num_batches] * self.num_batches
        kernel_s = 0.0
        if profiler:
            profiler.stop()
            kernel_s = sum(event.self_device_time_total for event in profiler.key_averages()) / 1e6
        processor_s = (time.process_time() - processor) / len(seconds)
        return Pass(seconds, processor_s, feed.waited_s, *map(int, counts), gemm_gflops, self.peak_mb(), kernel_s)

    def _finish(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def gemm(self) -> float:
        """10⁹ operations per second of a product of two matrices in the case's precision."""
        size = 1024 if self.device.type == "cpu" else 8192
        dtype = torch.float32 if self.recipe.training.precision == "fp32" else torch.bfloat16
        matrix = torch.randn(size, size, device=self.device, dtype=dtype)
        matrix @ matrix
        self._finish()
        begin = time.perf_counter()
        for _ in range(5):
            matrix @ matrix
        self._finish()
        return 5 * 2 * size**3 / (time.perf_counter() - begin) / 1e9

    def peak_mb(self) -> float:
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated() / 2**20
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def start(*arguments: object) -> None:
    """Makes the process's worker."""
    global worker
    worker = Worker(*arguments)


def run(with_loader: bool, with_profiler: bool = False) -> Pass:
    return worker.run(with_loader, with_profiler)


def line(case: Case, passes: list[Pass], is_cuda: bool) -> list[str]:
    """A case as cells of a table."""
    per_step = float(np.median([one.seconds for one in passes], axis=0).mean())
    first = passes[0]
    rate = first.num_clips / len(first.seconds) / per_step
    waited = np.median([one.waited_s / sum(one.seconds) for one in passes])
    cells = [str(case), f"{per_step:.3f}", f"{rate:,.1f}", f"{waited:.1%}"]
    if is_cuda:
        busy = np.median([one.kernel_s / sum(one.seconds) for one in passes])
        epochs = case.recipe("cuda", 64).training.epochs
        hours = TRAININGS[case.round] * epochs * CLIPS_OF_ROUND[case.round] / rate / 3600
        cells += [f"{busy:.0%}" if busy else "", f"{hours:.1f}"]
    else:
        processor_s = np.median([one.processor_s for one in passes])
        cells[-1:] = [f"{processor_s:.3f}", cells[-1]]
        cells += [f"{first.num_frames / first.num_clips:.0f}", f"{1 - first.num_frames / first.num_padded:.1%}"]
    gflops = np.median([one.gemm_gflops for one in passes])
    return [*cells, f"{gflops:,.0f}", f"{max(one.peak_mb for one in passes):,.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--precision", nargs="+", help="default: fp32 bf16; on cuda bf16")
    parser.add_argument("--rounds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch-size", type=int, help="default: 8; on cuda 64")
    parser.add_argument("--batches", type=int, help="of a pass (default: 16; on cuda 100)")
    parser.add_argument("--repeats", type=int, default=3, help="passes behind a median (default %(default)s)")
    parser.add_argument("--compile", action="store_true", help="also with torch.compile")
    parser.add_argument("--joined", action="store_true", help="also behind DistributedDataParallel, a group of one")
    parser.add_argument("--without-original", action="store_true", help="leave out the original's way")
    arguments = parser.parse_args()
    is_cuda = arguments.device == "cuda"
    batch_size = arguments.batch_size or (64 if is_cuda else 8)
    num_batches = arguments.batches or (100 if is_cuda else 16)
    cases = []
    for round in arguments.rounds:
        for precision in arguments.precision or (["bf16"] if is_cuda else ["fp32", "bf16"]):
            cases.append(Case(round, precision))
            cases += [Case(round, precision, is_compiled=True)] * arguments.compile
            cases += [Case(round, precision, is_joined=True)] * arguments.joined
        if not is_cuda and not arguments.without_original:
            cases.append(Case(round, "fp32", is_published=True))
    with tempfile.TemporaryDirectory() as folder:
        num_clips = max(NUM_CLIPS, batch_size * num_batches)
        table = build(Path(folder), num_clips).assign(sequence_id=range(num_clips))
        table.to_parquet(Path(folder, "index.parquet"))
        pools = {
            case: ProcessPoolExecutor(
                1, get_context("spawn"), start, (case, folder, arguments.device, batch_size, num_batches)
            )
            for case in cases
        }
        extra = ("data wait | GPU busy | hours of the recipe", "CPU s/step | data wait | frames | pads")[not is_cuda]
        for with_loader in (False, True):
            passes = {case: [] for case in cases}
            for number in range(arguments.repeats + 1):
                for case, pool in pools.items():
                    one = pool.submit(run, with_loader, is_cuda and number > 0).result()
                    if number:  # the first pass warms up
                        passes[case].append(one)
            title = "from the loader" if with_loader else "that lie ready"
            print(f"\nBatches of {batch_size} {title}; {num_batches} batches, medians of {arguments.repeats} passes\n")
            print(f"| round | mode | precision | s/step | clips/s | {extra} | GEMM GFLOP/s | peak MB |")
            print("|---|---|---|" + "---:|" * (7 + (not is_cuda)))
            for case in cases:
                print("| " + " | ".join(line(case, passes[case], is_cuda)) + " |")
        for pool in pools.values():
            pool.shutdown()


if __name__ == "__main__":
    main()
