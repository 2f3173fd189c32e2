"""How fast is a student at the winner's width? Two seeds beside one student, random weights, 33 decoding steps.

    python benchmarks/student.py                          builds the files (minutes), then times them in turn
    python benchmarks/student.py --folder F --runtime P   times the files that older runtimes read, in P

What the student scores is another question: benchmarks/student_scores.py.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from export import FRAMES, ROOT, STEPS, fill, matrix_rate
from int8_parts import PARTS, int8_file

from podium.config import load
from podium.systems.fingerspelling.plan import Recipe

RECIPES = ROOT / "config/recipes/fingerspelling"
RECIPE_OF = {"two seeds": "winner_corrected_round2", "student": "winner_student"}
MOST_MB = {"student fp16": 17, "student int8": 9}  # the goals
LEAST = {"student fp16": 3.3, "student int8": 6.0}  # times as fast as the two seeds in fp16
OLD = ("two seeds fp16", "two seeds kaggle", "student fp16", "student kaggle")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the files are or go; default: a temporary one")
    parser.add_argument("--runs", type=int, default=30, help="timed calls per length and round")
    parser.add_argument("--rounds", type=int, default=9, help="of all files in turn; medians are printed")
    parser.add_argument("--runtime", help="a Python with tflite-runtime or TensorFlow; times what it reads there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = build(folder)
        if arguments.runtime:
            print_table({(name, 1): [] for name in OLD}, folder, arguments, sizes, arguments.runtime)
            return
        names = [name for name in sizes if "kaggle" not in name]
        kinds = [(name, 1) for name in names] + [("student fp16", 2), ("student int8", 2)]
        print_table({kind: [] for kind in kinds}, folder, arguments, sizes, sys.executable)
    rates = {format: matrix_rate(format, FRAMES[1]) for format in ("fp32", "int8")}
    print("\nmatrix rate, one thread:", ", ".join(f"{name} {rate:.0f} GFLOP/s" for name, rate in rates.items()))


def build(folder: Path) -> dict[str, float]:
    """Makes the files that are not there yet; MB by name, ``sizes.json`` beside the files."""
    known = folder / "sizes.json"
    if known.is_file():
        return json.loads(known.read_text())
    from podium.export.formats import make_files
    from podium.systems.fingerspelling.twin import assemble, make

    sizes = {}
    for who, recipe_name in RECIPE_OF.items():
        recipe = load(Recipe, RECIPES / f"{recipe_name}.yaml")
        twins = [make(recipe) for _ in range(2 if who == "two seeds" else 1)]
        for seed, twin in enumerate(twins):
            fill(twin, np.random.default_rng(seed), STEPS[0])
        graph = assemble(twins, {"min_frames": 15, "min_confidence": 0.0})
        formats = ("fp16", "int8", "kaggle")
        for format, content in zip(formats, make_files(graph, formats), strict=True):
            file_of(folder, f"{who} {format}").write_bytes(content)
            sizes[f"{who} {format}"] = len(content) / 1e6
        for part in list(PARTS)[1:] if who == "student" else ():
            content, size = int8_file(graph, part)
            file_of(folder, f"{who} int8, {part}").write_bytes(content)
            sizes[f"{who} int8, {part}"] = size
    known.write_text(json.dumps(sizes))
    return sizes


def file_of(folder: Path, name: str) -> Path:
    """Where a file lies."""
    return folder / f"{name.replace(', ', '_').replace(' ', '_')}.tflite"


def timed(path: Path, runs: int, threads: int, python: str) -> dict[int, float]:
    """Median ms by number of frames."""
    command = [python, ROOT / "benchmarks/export_timing.py", path, "--frames", *FRAMES, "--runs", runs]
    done = subprocess.run([*map(str, command), "--threads", str(threads)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    latency = json.loads(done.stdout.splitlines()[-1])["latency_ms"]
    if any(one["num_rows"] != STEPS[0] - 1 for one in latency.values()):
        sys.exit(f"{path} does not write {STEPS[0] - 1} characters: {latency}")
    return {int(num_frames): one["median"] for num_frames, one in latency.items()}


def print_table(found: dict, folder: Path, arguments: argparse.Namespace, sizes: dict, python: str) -> None:
    """Times of all files in turn, and how many times as fast each is as the first of the table: medians over the
    rounds, of times and of ratios within a round, since a shared machine is quicker in one minute than in the next.

    Args:
        found: (name, threads) → an empty list, in the order of the rows.
    """
    for _ in range(arguments.rounds):
        for (name, threads), times in found.items():
            times.append(timed(file_of(folder, name), arguments.runs, threads, python))
    first = next(iter(found))
    print("| file | threads | MB |", " | ".join(f"T = {t}, ms | times" for t in FRAMES), "| goals |")
    print("|---|---|---|" + "---|---|" * len(FRAMES) + "---|")
    for (name, threads), times in found.items():
        cells = " | ".join(
            f"{np.median([one[t] for one in times]):.1f} | {gain(found[first], times, t):.2f}" for t in FRAMES
        )
        goals = f"{LEAST[name]} times, {MOST_MB[name]} MB" if name in LEAST and threads == 1 else ""
        print(f"| {name} | {threads} | {sizes[name]:.1f} | {cells} | {goals} |")
    for name in [name for name, threads in found if threads == 2]:
        gains = ", ".join(f"{gain(found[name, 1], found[name, 2], t):.2f} at T = {t}" for t in FRAMES)
        print(f"\ntwo threads against one, {name}: {gains}")


def gain(slow: list[dict[int, float]], quick: list[dict[int, float]], num_frames: int) -> float:
    """How many times as fast, the median over rounds."""
    return float(np.median([one[num_frames] / other[num_frames] for one, other in zip(slow, quick, strict=True)]))


if __name__ == "__main__":
    main()
