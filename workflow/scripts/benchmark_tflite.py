"""Measures the file: size, latency with one and two threads, operators."""

import argparse

from podium.errors import run
from podium.export.benchmark import benchmark
from podium.storage.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="the .tflite file")
    parser.add_argument("--frames", required=True, nargs="+", type=int, help="lengths of the clips to time")
    parser.add_argument("--num-runs", required=True, type=int, help="timed calls per length")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    arguments = parser.parse_args()
    report = benchmark(arguments.model, arguments.frames, arguments.num_runs)
    write_json(arguments.out, report)
    for threads, latencies in report["latency_ms"].items():
        medians = " ".join(f"ms_at_{num_frames}={one['median']:.1f}" for num_frames, one in latencies.items())
        print(f"threads={threads.split('_')[0]} {medians}")


if __name__ == "__main__":
    run(main)
