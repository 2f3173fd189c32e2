"""Speed beside score: the networks of config/student_compare.yaml, their teachers alone and together, fp16 and int8.

    snakemake compare --cores 2 --configfile config/student_compare.yaml
    python benchmarks/student_scores.py                   the tables; the picture lies beside the comparison's

Scores are of signers that neither students nor teachers have seen. Times are of these small networks, whose decoder
weighs more than at the winner's width (benchmarks/student.py). Of int8 all is measured on trained weights.
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from int8_parts import PARTS, int8_file

from podium.export.formats import make_file, make_files
from podium.recognise.tflite import TfliteFile
from podium.systems.files import read_recipe
from podium.systems.fingerspelling import answers, learner, samples
from podium.systems.fingerspelling.score import normalized_score
from podium.systems.fingerspelling.twin import assemble, make
from podium.systems.fingerspelling.unlabelled import texts_of
from podium.training.split import split_rows
from podium.training.weights import load_network

FRAMES = (50, 100)
SHOWN = FRAMES[-1]  # of the picture
ROUNDS = 5
SETTINGS = {"min_frames": 1, "min_confidence": 0.0}
TOGETHER, ALONE = "two seeds", "one seed"


class Point(NamedTuple):
    """A network, or two together: percent per seed, and its file by format."""

    name: str
    scores: list[float]
    files: dict[str, Path]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/student_compare"))
    parser.add_argument("--data", type=Path, default=Path("results/data/synthetic_unlabelled"))
    parser.add_argument("--fold", type=int, default=0, help="whose signers they have not seen")
    parser.add_argument("--student", default="half", help="whose int8 is looked at closely")
    parser.add_argument("--runs", type=int, default=20, help="timed calls per file, length and round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    index, folds = (pd.read_parquet(arguments.data / f"{name}.parquet") for name in ("index", "folds"))
    table = split_rows(index, folds, arguments.fold)[1]
    folder = arguments.results / "comparison"
    points = all_points(arguments.results, table, arguments.data)
    times = timed(points, example_clips(table, arguments.data), arguments.runs)
    first = times[TOGETHER, "fp16"]
    print(f"{len(table)} clips of unseen signers\n")
    formats = " | ".join(f"{format}, MB | ms at T = {SHOWN} | times" for format in ("fp16", "int8"))
    print(f"| networks | score | seeds | {formats} |")
    print("|---|---|---|" + "---|" * 6)
    for point in points:
        cells = []
        for format, path in point.files.items():
            ms = times[point.name, format]
            cells.append(f"{path.stat().st_size / 1e6:.2f} | {ms[SHOWN]:.1f} | {first[SHOWN] / ms[SHOWN]:.2f}")
        seeds = ", ".join(f"{score:.1f}" for score in point.scores)
        print(f"| {point.name} | {np.mean(point.scores):.2f} | {seeds} |", " | ".join(cells), "|")
    draw(points, times, folder / "student.png")
    print_parts(folder / arguments.student, table, arguments.data)


def all_points(results: Path, table: pd.DataFrame, data: Path) -> list[Point]:
    """The teachers together and alone, then each other stage; files lie in ``comparison/files``."""
    teachers = sorted((results / "teacher").glob("seed*"))
    points = [
        Point(TOGETHER, [100 * score_of(teachers, table, data)], files_of(results, TOGETHER, teachers)),
        Point(ALONE, [100 * metrics(one)["score"] for one in teachers], files_of(results, ALONE, teachers[:1])),
    ]
    stages = [*(results / "comparison").iterdir(), *(path for path in results.iterdir() if path.name != "teacher")]
    for stage in sorted((path for path in stages if list(path.glob("seed*"))), key=lambda path: path.name):
        runs = sorted(stage.glob("seed*"))
        scores = [100 * metrics(one)["score"] for one in runs]
        points.append(Point(stage.name, scores, files_of(results, stage.name, runs[:1])))
    return points


def metrics(run: Path) -> dict:
    """What a training says of itself."""
    return json.loads((run / "metrics.json").read_text())


def score_of(runs: list[Path], table: pd.DataFrame, data: Path) -> float:
    """Of several networks together."""
    recipes = [read_recipe(run / "recipe.json")[1] for run in runs]
    networks = [
        load_network(run / "model.safetensors", learner, recipe) for run, recipe in zip(runs, recipes, strict=True)
    ]
    together = learner.assemble(networks, recipes, {})
    texts, _ = texts_of(together, samples.validation(table, data, recipes[0]), recipes[0], torch.device("cpu"))
    return normalized_score(table["phrase"].tolist(), texts)


def graph_of(runs: list[Path]):
    """The graph of the file of some trainings."""
    twins = []
    for run in runs:
        _, recipe = read_recipe(run / "recipe.json")
        state = load_network(run / "model.safetensors", learner, recipe).state_dict()
        twins.append(make(recipe).port({name: value.numpy() for name, value in state.items()}, str(run)))
    return assemble(twins, SETTINGS)


def files_of(results: Path, name: str, runs: list[Path]) -> dict[str, Path]:
    """Their file in both formats."""
    folder = results / "comparison/files"
    folder.mkdir(exist_ok=True)
    files = {format: folder / f"{name.replace(' ', '_')}_{format}.tflite" for format in ("fp16", "int8")}
    for file, content in zip(files.values(), make_files(graph_of(runs), files), strict=True):
        file.write_bytes(content)
    return files


def example_clips(table: pd.DataFrame, data: Path) -> dict[int, np.ndarray]:
    """Real clips of about as many frames: on noise each network would write as long as it likes."""
    clips = samples.ValidationClips(table, data, max_frames=384)
    return {num_frames: clips.raw(int(np.abs(clips.lengths - num_frames).argmin())) for num_frames in FRAMES}


def timed(
    points: list[Point], clips: dict[int, np.ndarray], runs: int
) -> dict[tuple[str, str], dict[int, float]]:
    """Median ms of every file by number of frames; all files in turn."""
    files = {(point.name, format): TfliteFile(path) for point in points for format, path in point.files.items()}
    found = {key: {num_frames: [] for num_frames in FRAMES} for key in files}
    for _ in range(ROUNDS):
        for key, file in files.items():
            for num_frames, clip in clips.items():
                file.answer(clip)
                for _ in range(runs):
                    begin = time.perf_counter()
                    file.answer(clip)
                    found[key][num_frames].append(1e3 * (time.perf_counter() - begin))
    return {key: {t: float(np.median(ms)) for t, ms in one.items()} for key, one in found.items()}


def draw(points: list[Point], times: dict, path: Path) -> None:
    """Score over speed, with the spread of the seeds."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.5), constrained_layout=True)
    base = times[TOGETHER, "fp16"][SHOWN]
    for number, point in enumerate(points):
        for format, marker in (("fp16", "o"), ("int8", "s")):
            x, y = base / times[point.name, format][SHOWN], np.mean(point.scores)
            spread = [[y - min(point.scores)], [max(point.scores) - y]]
            label = f"{point.name}, {format}"
            axes.errorbar(x, y, spread, marker=marker, linestyle="none", color=f"C{number}", capsize=3, label=label)
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    axes.set_xlabel(f"times as fast as {TOGETHER} in fp16, {SHOWN} frames")
    axes.set_ylabel("score on unseen signers, % (of the fp32 network)")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)
    print(f"\npicture: {path}")


def print_parts(stage: Path, table: pd.DataFrame, data: Path) -> None:
    """What the file scores with all matrices in int8 and with fewer, by trained weights of each seed."""
    phrases, rows = table["phrase"].tolist(), []
    for run in sorted(stage.glob("seed*")):
        graph = graph_of([run])
        contents = {"fp16": (make_file(graph, "fp16"), None)} | {part: int8_file(graph, part) for part in PARTS}
        clips = samples.validation(table, data, read_recipe(run / "recipe.json")[1])
        scores = {}
        for name, (content, _) in contents.items():
            path = stage / "part.tflite"
            path.write_bytes(content)
            file = TfliteFile(path)
            texts = [answers.read(file.answer(clips.raw(row))).text for row in range(len(clips))]
            scores[name] = 100 * normalized_score(phrases, texts)
            path.unlink()
        rows.append(scores)
    print(f"\n| {stage.name}, matrices in int8 | score | against fp16, each seed |", "|---|---|---|", sep="\n")
    for name in rows[0]:
        losses = ", ".join(f"{one[name] - one['fp16']:+.2f}" for one in rows)
        print(f"| {name} | {np.mean([one[name] for one in rows]):.2f} | {losses} |")


if __name__ == "__main__":
    main()
