"""Prints how fast clips of the isolated-sign competition are packed, beside pandas that merely reads the same files.

python benchmarks/signs_packing.py shared/real/signs_long [--clips 600] [--rounds 5]

Two sets, each in the folder of one signer, whose files the system has in its cache: the real clips, over and over, and
virtual ones of 38 frames on average, as 57 GB of raw files are for 94,477 clips at 15.8 kB a frame. Both ways take
turns in one process; the median of the rounds counts. A job reads with two threads, pandas with as many as it likes;
"two jobs" are two processes at once, as Snakemake runs them on two cores. Then a process of its own packs 4,500 such
clips, as a signer of the competition has, and tells its memory.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from podium.data.shards import pack_shard
from podium.systems.signs.corpus import corpus
from podium.systems.signs.corpus.long_files import write_long
from podium.systems.signs.corpus.section import SyntheticSource
from podium.systems.signs.raw import open_raw, prepare

_ALL_CLIPS, _OF_SIGNER = 94_477, 4_500


def _link(paths: list[Path], folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        os.symlink(paths[number % len(paths)].resolve(), folder / f"{number + 1}.parquet")
    return folder


def _virtual(folder: Path, count: int) -> list[Path]:
    folder.mkdir()
    source = SyntheticSource(kind="synthetic", num_train_clips=count, num_train_signers=20, median_frames=33.0)
    for row in corpus.plan_corpus(source).tables["train"].itertuples(index=False):
        write_long(folder / f"{row.sequence_id}.parquet", corpus.clip(source, *row), first_frame=20)
    return sorted(folder.iterdir())


def _pack(folder: Path) -> dict:
    ids = [int(path.stem) for path in folder.iterdir()]
    return pack_shard(open_raw(folder), prepare, ids, set(), 1, folder.parent / "shard.npy").report


def _read(folder: Path) -> None:
    for path in folder.iterdir():
        pd.read_parquet(path)


def _timed(work: Callable[[Path], object], folder: Path) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work(folder)
    return time.perf_counter() - clock, time.process_time() - processor


def _compare(name: str, folder: Path, rounds: int) -> None:
    report = _pack(folder)
    _read(folder)
    taken = {way: [] for way in (_pack, _read)}
    for _ in range(rounds):
        for way, found in taken.items():
            found.append(_timed(way, folder))
    number, frames = report["num_sequences"], report["num_frames"] / report["num_sequences"]
    (pack, pack_cpu), (read, read_cpu) = (np.median(found, axis=0) / number for found in taken.values())
    both = min(_of_two(folder) for _ in range(rounds)) / (2 * number)
    print(
        f"{name}: frames={frames:.1f} pandas_ms={read * 1e3:.2f} pack_ms={pack * 1e3:.2f} ratio={read / pack:.1f};"
        f" seconds of the processor: pandas_ms={read_cpu * 1e3:.2f} pack_ms={pack_cpu * 1e3:.2f}"
        f" ratio={read_cpu / pack_cpu:.1f}; two jobs: pack_ms={both * 1e3:.2f} ratio={read / both:.1f};"
        f" {_ALL_CLIPS:,} clips: {pack * _ALL_CLIPS / 60:.1f} min in one job, {both * _ALL_CLIPS / 60:.1f} min in two",
        flush=True,
    )


def _of_two(folder: Path) -> float:
    """Seconds in which two processes pack a copy of the folder each, once both have started."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    copies = [_link(sorted(folder.iterdir()), Path(tempfile.mkdtemp(), "1"), len(list(folder.iterdir()))) for _ in "12"]
    jobs = [context.Process(target=_wait_and_pack, args=(barrier, copy)) for copy in copies]
    for job in jobs:
        job.start()
    barrier.wait()
    start = time.perf_counter()
    for job in jobs:
        job.join()
    seconds = time.perf_counter() - start
    for copy in copies:
        shutil.rmtree(copy.parent)
    return seconds


def _wait_and_pack(barrier, folder: Path) -> None:
    barrier.wait()
    _pack(folder)


def _tell_memory(folder: Path) -> None:
    pa.set_memory_pool(pa.system_memory_pool())
    report = _pack(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"a signer: clips={report['num_sequences']} frames={report['num_frames']} peak_mb={peak:.0f}")


def main() -> None:
    """Prints three lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="real clips in the competition's layout")
    parser.add_argument("--clips", type=int, default=600, help="of each set")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        real = sorted(arguments.folder.glob("train_landmark_files/*/*.parquet"))
        virtual = _virtual(root / "virtual", min(arguments.clips, 200))
        for name, paths in (("real", real), ("virtual", virtual)):
            _compare(name, _link(paths, root / f"of_{name}/1", arguments.clips), arguments.rounds)
        signer = _link(virtual, root / "signer/1", _OF_SIGNER)
        process = multiprocessing.get_context("spawn").Process(target=_tell_memory, args=(signer,))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
