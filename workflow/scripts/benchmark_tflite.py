"""Measures the file: size, latency with one and two threads, operators; and the latency of its other formats."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.export.benchmark import benchmark
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.files import read_export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", required=True, nargs="+", help="the first is the one that is told")
    parser.add_argument(
        "--models", required=True, nargs="+", type=Path, help=f"their .tflite files, {SETTINGS_FILE} beside them"
    )
    parser.add_argument("--frames", required=True, nargs="+", type=int, help="lengths of the clips to time")
    parser.add_argument("--num-runs", required=True, type=int, help="timed calls per length")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    arguments = parser.parse_args()
    system, _ = read_export(arguments.models[0].with_name(SETTINGS_FILE))
    models = dict(zip(arguments.formats, arguments.models, strict=True))
    report = benchmark(models, part(system, "answers"), arguments.frames, arguments.num_runs)
    write_json(arguments.out, report)
    for threads, latencies in report["latency_ms"].items():
        medians = " ".join(f"ms_at_{num_frames}={one['median']:.1f}" for num_frames, one in latencies.items())
        print(f"threads={threads.split('_')[0]} {medians}")


if __name__ == "__main__":
    run(main)
