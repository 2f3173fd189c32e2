"""What a beam costs and brings beside the file: scores and times of the hidden test's clips, all readings in turn.

    python benchmarks/beam.py --experiment results/demo --raw results/data/synthetic/raw

One thread each: OMP_NUM_THREADS=1.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from clip_timing import read_clips

from podium import Recognizer
from podium.systems.fingerspelling.score import normalized_score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiment", type=Path, default=Path("results/demo"), help="with export/ and round2/")
    parser.add_argument("--raw", type=Path, default=Path("results/data/synthetic/raw"), help="with test.csv")
    parser.add_argument("--clips", type=int, default=500)
    arguments = parser.parse_args()
    clips, phrases = read_clips(arguments.raw, arguments.clips)
    seeds = arguments.experiment / "round2"
    readers = {
        "the file of both seeds": Recognizer(arguments.experiment / "export"),
        "both seeds in torch, greedily": Recognizer(seeds),
        "one seed, `--beam 8`": Recognizer(seeds / "seed1", beam=8),
        "both seeds, `--beam 4`": Recognizer(seeds, beam=4),
        "both seeds, `--beam 8`": Recognizer(seeds, beam=8),
    }
    texts, seconds = ({name: [] for name in readers} for _ in range(2))
    for clip in clips:
        for name, reader in readers.items():
            begin = time.perf_counter()
            texts[name].append(reader.read(clip).text)
            seconds[name].append(time.perf_counter() - begin)
    medians = {name: 1e3 * np.median(values) for name, values in seconds.items()}
    print("| read by | score | median ms per clip | times |\n|---|---:|---:|---:|")
    for name, median in medians.items():
        times = median / next(iter(medians.values()))
        print(f"| {name} | {normalized_score(phrases, texts[name]):.3f} | {median:.3g} | {times:.2g} |")


if __name__ == "__main__":
    main()
