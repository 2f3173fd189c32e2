"""How fast training samples are made, on one core: ``python benchmarks/loader.py``.

Builds shards of random landmarks as long as the competition's clips (mean 165 frames) in a temporary folder, and an
index of 2,000 rows and one of 120,000 over them: the large one names every clip 60 times, so that the page cache holds
all of them. Prints samples per second for both, beside a plain way in the same run; what opening costs a loader
process; and an epoch on cold pages.
"""

import argparse
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from podium.data.sampler import BucketSampler
from podium.landmarks.normalise import STATISTICS_COLUMNS, fill_missing, normalise, resize, statistics
from podium.systems.fingerspelling import samples
from podium.systems.fingerspelling.clips import mirror
from podium.systems.fingerspelling.recipe import Data
from podium.systems.fingerspelling.samples import TrainingClips
from podium.systems.fingerspelling.text import encode
from podium.training.batches import Collate

NUM_FILES = 121
NUM_SIGNERS = 94
SIZES = (2_000, 120_000)


def affine(scale: tuple, shear: float, shift: float) -> dict:
    return {"name": "affine", "p": 0.75, "scale": scale, "shear": [-shear, shear], "shift": [-shift, shift],
            "degrees": [-30, 30]}  # fmt: skip


def mask(size: tuple, num_masks: int = 1, **more) -> dict:
    return {"name": "temporal_mask", "size": size, "num_masks": num_masks, **more}


RECIPES = {  # those of the 1st-place solution, with corrected choices, which do more
    "round 1": [
        {"name": "resample", "p": 0.8, "rate": [0.5, 1.5]},
        affine((0.8, 1.2), 0.15, 0.1),
        mask((0.2, 0.4), p=0.5),
        {"name": "spatial_mask", "p": 0.5, "size": [0.05, 0.1]},
    ],
    "round 2": [
        {"name": "resample", "p": 0.8, "rate": [0.3, 2.0]},
        {"name": "dynamic_resample", "p": 0.25, "rate": [0.9, 1.1], "num_chunks": [20, 28]},
        {"name": "time_shift", "p": 0.5, "shift": [-10, 9]},
        affine((0.7, 1.3), 0.2, 0.15),
        {"name": "finger_drop", "p": 0.75, "num_fingers": [2, 5], "window_size": [0.25, 0.5], "num_windows": 2},
        {"name": "one_of", "choices": [
            {"weight": 0.5, "name": "one_of", "p": 0.5, "choices": [
                {"weight": 0.7, "name": "arm_drop"}, {"weight": 0.5, "name": "part_drop", "parts": ["face"]},
            ]},
            {"weight": 0.05, "name": "part_drop", "parts": ["left_hand", "right_hand"]},
        ]},
        {"name": "one_of", "p": 0.5, "choices": [
            mask((0.2, 0.4), weight=1), mask((0.1, 0.2), 2, weight=1), mask((0.05, 0.1), 4, weight=1),
        ]},
        {"name": "spatial_mask", "p": 0.5, "size": [0.05, 0.1]},
    ],
}  # fmt: skip


def build(root: Path, num_rows: int) -> pd.DataFrame:
    """Writes the shards, and one npy file per clip for the original's way. Returns the index."""
    rng = np.random.default_rng(0)
    num_frames = np.clip(rng.gamma(3.2, 165 / 3.2, num_rows), 15, 600).astype(int)
    file_of_row = np.sort(rng.integers(NUM_FILES, size=num_rows))
    (root / "shards/train").mkdir(parents=True)
    (root / "npy").mkdir()
    parts = []
    for file_id in range(NUM_FILES):
        of_file = num_frames[file_of_row == file_id]
        shard = rng.standard_normal((int(of_file.sum()), 390), dtype=np.float32) * np.float32(0.1) + np.float32(0.5)
        hand = np.flatnonzero(rng.random(len(shard)) < 0.4)
        for first in (40, 170, 300):  # x, y and z of a hand
            shard[hand[:, None], np.arange(first, first + 21)] = np.nan
        np.save(root / f"shards/train/{file_id}.npy", shard)
        offset = np.cumsum([0, *of_file])[:-1]
        clips = [shard[begin : begin + length] for begin, length in zip(offset, of_file, strict=True)]
        for number, clip in enumerate(clips):
            np.save(root / f"npy/{file_id}_{number}.npy", clip)
        numbers = np.array([np.concatenate(statistics(clip)) for clip in clips]).reshape(-1, 6)
        part = pd.DataFrame({"file_id": file_id, "number": range(len(clips)), "offset": offset, "num_frames": of_file})
        parts.append(part.assign(**dict(zip(STATISTICS_COLUMNS, numbers.T, strict=True))))
    table = pd.concat(parts, ignore_index=True)
    phrases = ["".join(rng.choice(list("abcdefghij 0123456789-/"), length)) for length in rng.integers(5, 31, num_rows)]
    return table.assign(split="train", participant_id=rng.integers(NUM_SIGNERS, size=num_rows), phrase=phrases)


def enlarged(table: pd.DataFrame, num_rows: int) -> pd.DataFrame:
    """An index of ``num_rows`` rows over the same clips."""
    large = pd.concat([table] * -(-num_rows // len(table)), ignore_index=True)[:num_rows]
    rng = np.random.default_rng(1)
    return large.assign(participant_id=rng.integers(NUM_SIGNERS, size=num_rows), sequence_id=range(num_rows))


def rate(run, num_samples: int, repeats: int) -> tuple[float, float]:
    """Samples per second of wall clock and of processor time: medians."""
    figures = []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        run()
        figures.append([time.perf_counter() - wall, time.process_time() - processor])
    return tuple(num_samples / np.median(figures, axis=0))


RECIPE = SimpleNamespace(data=Data())  # what batches are padded to
collate = Collate(samples, RECIPE, is_training=True)


def batches(clips: TrainingClips, keys: list[tuple[int, int]]) -> None:
    """Makes all samples, in batches of 64 of similar length, as in training."""
    keys = sorted(keys, key=clips.num_frames)
    for first in range(0, len(keys), 64):
        collate([clips[key] for key in keys[first : first + 64]])


def plain(table: pd.DataFrame, root: Path, data: Data):
    """Samples the way the original makes them: a file per clip, statistics each time, a scan of the table for the
    partner; with this package's augmentations, which are quicker than the original's."""
    changes = TrainingClips(table, root, data, seed=0)

    def load(row) -> np.ndarray:
        return normalise(np.load(root / f"npy/{row.file_id}_{row.number}.npy"))

    def make(key: tuple[int, int]) -> None:
        rng = np.random.default_rng([0, *key])
        row = table.iloc[key[1]]
        x_TLC, phrase = load(row), row.phrase
        if rng.random() < data.p_mirror:
            x_TLC = mirror(x_TLC)
        if rng.random() < data.p_cutmix:
            others = table[(table["participant_id"] == row.participant_id) & (table.index != key[1])]
            other = others.iloc[rng.integers(len(others))]
            second_TLC, share = load(other), rng.random()
            x_TLC = np.concatenate([x_TLC[int(len(x_TLC) * share) :], second_TLC[: int(len(second_TLC) * share)]])
            phrase = phrase[int(len(phrase) * share) :] + other.phrase[: int(len(other.phrase) * share)]
        if len(x_TLC) == 0:
            return
        for augmentation in [*changes._choices, *changes._changes]:
            x_TLC = augmentation(x_TLC, rng)
        resize(fill_missing(x_TLC), data.max_frames), encode(phrase)

    return make


def private_megabytes(pid: int) -> float:
    """Memory that a process shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def opening(table: pd.DataFrame, root: Path, data: Data) -> dict[str, float]:
    """Seconds until a training set stands, and what it adds to each of two loader processes."""
    begin = time.perf_counter()
    clips = TrainingClips(table, root, data, seed=0)
    for row in table.groupby("file_id").head(1).index:
        clips._rows.clips.raw(row)
    seconds = time.perf_counter() - begin
    sampler = BucketSampler(len(clips), clips.num_frames, 64, 16, seed=0)
    loader = DataLoader(clips, batch_sampler=sampler, collate_fn=collate, num_workers=2)
    batches = iter(loader)
    for _ in range(min(40, len(sampler) - 1)):
        next(batches)
    memory = max(private_megabytes(worker.pid) for worker in batches._workers)
    return {"seconds": seconds, "megabytes": memory}


def drop_pages(root: Path) -> None:
    """Makes the kernel forget the shards.

    Raises:
        RuntimeError: A shard is still mapped by this process; the kernel keeps mapped pages, whatever it is told.
    """
    if f"{root}/shards" in Path("/proc/self/maps").read_text():
        raise RuntimeError("a shard is still mapped, so that its pages would stay")
    for path in (root / "shards").rglob("*.npy"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="medians are of so many (default %(default)s)")
    parser.add_argument("--samples", type=int, default=1500, help="samples per repeat (default %(default)s)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        small = build(root, SIZES[0])
        rng = np.random.default_rng(2)
        print("| index | recipe | samples/s | per CPU second | plain way | ratio |\n|---|---|---|---|---|---|")
        for size in SIZES:
            table = enlarged(small, size)
            keys = [(0, int(item)) for item in rng.permutation(size)[: arguments.samples]]
            for name, augment in RECIPES.items():
                data = Data(augment=augment)
                clips = TrainingClips(table, root, data, seed=0)
                batches(clips, keys)
                wall, processor = rate(partial(batches, clips, keys), len(keys), arguments.repeats)
                make = plain(table, root, data)
                theirs, _ = rate(lambda make=make, keys=keys: [make(key) for key in keys[:200]], 200, 3)
                print(f"| {size:,} | {name} | {wall:,.0f} | {processor:,.0f} | {theirs:,.0f} | {wall / theirs:.1f} |")
        table, data = enlarged(small, SIZES[1]), Data(augment=RECIPES["round 2"])
        cost = opening(table, root, data)
        print(f"\nopening {SIZES[1]:,} rows in {NUM_FILES} shards: {cost['seconds']:.2f} s; memory of a loader process "
              f"that it shares with nobody: {cost['megabytes']:.0f} MB")  # fmt: skip
        del clips  # and its maps
        keys = [(1, int(item)) for item in rng.permutation(len(small))]
        rates = {"cold": [], "warm": []}
        for _ in range(arguments.repeats):
            drop_pages(root)
            for of_pages in rates.values():  # cold first; each opens the shards anew
                clips = TrainingClips(small, root, data, seed=0)
                of_pages.append(rate(partial(batches, clips, keys), len(keys), 1)[0])
                del clips
        cold, warm = np.median(rates["cold"]), np.median(rates["warm"])
        print(f"a shuffled epoch of {len(small):,} clips: {warm:,.0f} samples/s warm, {cold:,.0f} on cold pages")


if __name__ == "__main__":
    main()
