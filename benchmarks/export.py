"""Size, conversion and latency of the file at the winner's size: two seeds, random weights, 33 or 13 decoding steps.

    python benchmarks/export.py                          builds the files (minutes), then times them
    python benchmarks/export.py --folder F --runtime P   times two files of F in another Python, with tflite-runtime

Latencies from another machine compare by its matrix rate, which stands below the table.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from podium.config import load
from podium.systems.fingerspelling.plan import Recipe
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, PAD

ROOT = Path(__file__).parent.parent
RECIPE = ROOT / "config/recipes/fingerspelling/winner_corrected_round2.yaml"
FRAMES = (50, 150, 300)
STEPS = (33, 13)
ROUNDS = 3  # of all files in turn, since the machine may be busy for a while; medians of theirs are printed
WIDTH = 208
# The project's goals in ms by number of frames, must and aim, set on a core that multiplies GOAL_RATE.
GOALS = {
    "fp32": {50: (22, 18), 150: (48, 39), 300: (92, 76)},
    "fp16": {50: (22, 18), 150: (48, 39), 300: (92, 76)},
    "int8": {50: (13, 9), 150: (30, 21), 300: (60, 44)},
}
OLD_GOALS = {50: 40, 150: 90, 300: 180}
OLD_FORMATS = ("fp16", "kaggle")
MOST_MB = {"fp16": 35.3, "int8": 18.5, "kaggle": 40}
GOAL_RATE = {"fp32": 190, "int8": 580}  # GFLOP/s
WINNER = {50: 164, 150: 266, 300: 425}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the files are or go; default: a temporary one")
    parser.add_argument("--runs", type=int, default=30, help="timed calls per length")
    parser.add_argument("--runtime", help="a Python with tflite-runtime; times what it reads there, and nothing else")
    parser.add_argument("--build", nargs=2, metavar=("FORMAT", "STEPS"), help="only make one file, and say its cost")
    arguments = parser.parse_args()
    if arguments.build:
        format, steps = arguments.build
        return build(format, int(steps), arguments.folder)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [(format, STEPS[0]) for format in GOALS] + [("fp16", STEPS[1])]
        print("| file | MB | at most | conversion | peak memory |", "|---|---|---|---|---|", sep="\n")
        for format, steps in [(format, STEPS[0]) for format in OLD_FORMATS] if arguments.runtime else wanted:
            print(build_row(format, steps, folder))
        if arguments.runtime:
            print_old(folder, arguments.runtime, arguments.runs)
        else:
            print_latencies(folder, arguments.runs)


def file_of(folder: Path, format: str, steps: int) -> Path:
    """Where a file lies."""
    return folder / f"{format}_{steps}.tflite"


def build_row(format: str, steps: int, folder: Path) -> str:
    """Makes a file that is not there yet, in a process of its own; a row of the table."""
    path, cost = file_of(folder, format, steps), "| |"
    if not path.is_file():
        command = [sys.executable, __file__, "--folder", folder, "--build", format, str(steps)]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            sys.exit(made.stderr)
        numbers = json.loads(made.stdout.splitlines()[-1])
        cost = f"| {numbers['seconds']:.0f} s ({numbers['cpu_seconds']:.0f} s CPU) | {numbers['peak_gb']:.1f} GB"
    return f"| {path.stem} | {path.stat().st_size / 1e6:.2f} | {MOST_MB.get(format, '')} {cost} |"


def build(format: str, steps: int, folder: Path) -> None:
    """Makes one file; prints seconds of the conversion and the process' peak memory."""
    from podium.export.formats import make_file
    from podium.systems.fingerspelling.twin import assemble, make

    recipe = load(Recipe, RECIPE)
    twins = [make(recipe) for _ in range(2)]
    for seed, twin in enumerate(twins):
        fill(twin, np.random.default_rng(seed), steps)
    begin = time.perf_counter(), time.process_time()
    content = make_file(assemble(twins, {"min_frames": 15, "min_confidence": 0.0}), format)
    seconds, cpu_seconds = time.perf_counter() - begin[0], time.process_time() - begin[1]
    file_of(folder, format, steps).write_bytes(content)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_gb": peak_kb * 1024 / 1e9}))


def fill(twin, rng: np.random.Generator, steps: int) -> None:
    """Random weights whose decoder writes the first character until END wins at the last of ``steps``."""
    from podium.systems.fingerspelling.twins.decoder import position_table

    variables = twin.weights.variables
    for name, variable in variables.items():
        shape = tuple(variable.shape)
        if name.endswith("running_var"):
            value = rng.uniform(0.5, 1.5, shape)
        elif name.endswith(".scale") or ("norm" in name.split(".")[-2] and name.endswith("weight")):
            value = rng.normal(1, 0.1, shape)
        else:
            value = rng.normal(0, 0.1 if len(shape) == 1 else np.prod(shape[:-1]) ** -0.5, shape)
        if name.startswith("decoder") and (".o_proj." in name or ".fc2." in name or "embed_tokens" in name):
            value = 1e-3 * value  # what the decoder says then depends on the position alone
        if name == "decoder.norm.weight":
            value = np.ones(shape)
        variable.assign(value.astype(np.float32))
    h_SD = position_table(WIDTH)[PAD + 1 :]
    h_SD = (h_SD - h_SD.mean(-1, keepdims=True)) / h_SD.std(-1, keepdims=True)
    is_last_S = np.arange(LABEL_LENGTH) == steps - 1
    # Ridge regression, since neighbouring positions are alike; the bias puts 0 between the last and the others.
    gram_SS = h_SD @ h_SD.T + 0.1 * np.eye(LABEL_LENGTH)
    end_D = h_SD.T @ np.linalg.solve(gram_SS, np.where(is_last_S, 1.0, -1.0))
    logit_S = h_SD @ end_D
    middle = (logit_S[is_last_S].item() + logit_S[~is_last_S].max()) / 2
    variables["decoder.norm.bias"].assign((-middle * end_D / (end_D @ end_D)).astype(np.float32))
    head_DV = np.zeros(variables["decoder.lm_head.weight"].shape, np.float32)
    head_DV[:, END] = end_D
    variables["decoder.lm_head.weight"].assign(head_DV)


def timed(path: Path, runs: int, threads: int = 1, python: str = sys.executable) -> dict:
    """What `export_timing.py` says of a file."""
    command = [python, ROOT / "benchmarks/export_timing.py", path, "--frames", *map(str, FRAMES), "--runs", str(runs)]
    done = subprocess.run([*command, "--threads", str(threads)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    times = json.loads(done.stdout.splitlines()[-1])
    num_rows = int(path.stem.split("_")[1]) - 1  # END has none
    if any(one["num_rows"] != num_rows for one in times["latency_ms"].values()):
        sys.exit(f"{path} does not write {num_rows} characters: {times['latency_ms']}")
    return times


def rounds(folder: Path, runs: int) -> dict[tuple, list[dict]]:
    """What `timed` says of each (format, steps, threads), once per round."""
    kinds = [(format, STEPS[0], threads) for format in GOALS for threads in (1, 2)] + [("fp16", STEPS[1], 1)]
    found = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for format, steps, threads in kinds:
            found[format, steps, threads].append(timed(file_of(folder, format, steps), runs, threads))
    return found


def print_latencies(folder: Path, runs: int) -> None:
    """The tables of one and two threads, the shorter phrase and the first calls."""
    found = rounds(folder, runs)

    def latency(num_frames: int, *kind: str | int) -> float:
        return float(np.median([times["latency_ms"][str(num_frames)]["median"] for times in found[kind]]))

    print("\n| T | format | winner's file | must | aim | 1 thread | 2 threads | times |", "|" + "---|" * 8, sep="\n")
    for num_frames in FRAMES:
        for format, goals in GOALS.items():
            one, two = (latency(num_frames, format, STEPS[0], threads) for threads in (1, 2))
            must, aim = goals[num_frames]
            winner = WINNER[num_frames]
            print(f"| {num_frames} | {format} | {winner} | {must} | {aim} | {one:.1f} | {two:.1f} | {one / two:.2f} |")
    for num_frames in FRAMES:
        long, short = (latency(num_frames, "fp16", steps, 1) for steps in STEPS)
        print(f"\n13 steps, fp16, T = {num_frames}: {short:.1f} ms, {short / long:.0%} of 33 steps")
    first = {format: found[format, STEPS[0], 1][0]["first_ms"] for format in GOALS}
    print("\n| first calls, ms |", " | ".join(first["fp16"]), "|")
    print("|---|", "---|" * len(first["fp16"]), sep="")
    for format, times in first.items():
        print(f"| {format} |", " | ".join(f"{value:.0f}" for value in times.values()), "|")
    print()
    for format, goal in GOAL_RATE.items():
        rates = ", ".join(f"{matrix_rate(format, num_frames):.0f} at {num_frames} rows" for num_frames in FRAMES)
        two = matrix_rate(format, FRAMES[-1], num_threads=2)
        print(f"matrix rate {format}: {rates}, {two:.0f} with two threads, GFLOP/s (goals: set at {goal} with one)")


def print_old(folder: Path, python: str, runs: int) -> None:
    """The files that a runtime of 2023 reads, in that one."""
    times = {format: timed(file_of(folder, format, STEPS[0]), runs, python=python) for format in OLD_FORMATS}
    print("\n| T |", " | ".join(f"{format}, ms" for format in OLD_FORMATS), "| at most |")
    print("|---|", "---|" * len(OLD_FORMATS), "---|", sep="")
    for num_frames in FRAMES:
        medians = (one["latency_ms"][str(num_frames)]["median"] for one in times.values())
        print(f"| {num_frames} |", " | ".join(f"{median:.1f}" for median in medians), f"| {OLD_GOALS[num_frames]} |")


def matrix_rate(format: str, num_rows: int, num_threads: int = 1, num_layers: int = 20, runs: int = 60) -> float:
    """GFLOP/s of fully connected layers (num_rows, 208)×(208, 208) in TFLite."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from podium.export.formats import quantise

    rng = np.random.default_rng(0)
    kernels = [tf.constant(rng.normal(0, WIDTH**-0.5, (WIDTH, WIDTH)).astype(np.float32)) for _ in range(num_layers)]

    @tf.function(input_signature=[tf.TensorSpec([num_rows, WIDTH], tf.float32)])
    def multiply(x_MD):
        return tuple(tf.matmul(x_MD, kernel) for kernel in kernels)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([multiply.get_concrete_function()])
    content = converter.convert()
    content = quantise(content) if format == "int8" else content
    interpreter = Interpreter(model_content=content, num_threads=num_threads)
    interpreter.allocate_tensors()
    interpreter.set_tensor(
        interpreter.get_input_details()[0]["index"], rng.normal(size=(num_rows, WIDTH)).astype(np.float32)
    )
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        interpreter.invoke()
        seconds.append(time.perf_counter() - begin)
    return 2 * num_rows * WIDTH**2 * num_layers / float(np.median(seconds[5:])) / 1e9


if __name__ == "__main__":
    main()
