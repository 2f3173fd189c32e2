"""What came out of an experiment, for people: a page of text and a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from podium.data.unseen import scored_on, trained_share
from podium.storage.files import atomic_path, read_json, write_text


def summarize(
    data: Path,
    results: Path,
    runs: list[str],
    members: list[str],
    labels: Mapping[str, list[str]],
    scores: Mapping[str, str],
    recipes: str,
) -> None:
    """Writes report/summary.md, report/results.md (its tables alone) and report/progress.png.

    Args:
        data: Dataset folder, with manifest.json.
        results: The experiment's folder, with all stages finished.
        runs: Folders of the trainings below ``results``, as "stage/seed1".
        members: Those of them that are in the file.
        labels: By the way of labels, the stages that they come from.
        scores: Keys of scores → what people call them.
        recipes: The folder of the recipes.
    """
    manifest = read_json(data / "manifest.json", "dataset", "splits", "num_test_sequences", "test_signers")
    stages = score_table(results, members, labels, scores, scored_on(manifest["test_signers"]))
    tables = f"{stages}\n\n{file_table(results)}"
    export = results / "export"
    write_text(results / "report/results.md", tables + "\n")
    write_text(
        results / "report/summary.md",
        f"# {results.name}\n\n{corpus_line(manifest)}\n\n{tables}\n\n"
        "What to do next:\n\n"
        f"- look at the pictures: `{results}/report/report.html`;\n"
        f"- put `{export}/model.tflite` and `{export}/inference_args.json` into an app;\n"
        f"- see what it misread: `{export}/predictions.csv`, `{export}/evaluation.json`;\n"
        f"- see that it equals the trained networks: `{export}/parity.json`;\n"
        "- watch the training: `tensorboard --logdir results/logs/tensorboard`;\n"
        f"- change a recipe in `{recipes}/` and run again: only what depends on it is made anew.\n",
    )
    with atomic_path(results / "report/progress.png") as partial:
        histories = {run.replace("/", " "): pd.read_csv(results / run / "history.csv") for run in runs}
        draw_progress(histories, {member.replace("/", " ") for member in members}, partial)


def corpus_line(manifest: dict[str, Any]) -> str:
    """One sentence about the data."""
    parts = [
        f"{split}: {numbers['num_sequences']} clips by {numbers['num_participants']} people"
        for split, numbers in manifest["splits"].items()
    ]
    test = f"test: {manifest['num_test_sequences']} clips"
    if share := trained_share(manifest["test_signers"]):
        test += f" ({share})"
    return f"Corpus `{manifest['dataset']['name']}`: {'; '.join([*parts, test])}."


def score_table(
    results: Path, members: list[str], labels: Mapping[str, list[str]], scores: Mapping[str, str], test: str
) -> str:
    """Markdown: the score of each stage, and on whom.

    Args:
        results, members, labels, scores: See `summarize`.
        test: What the test part is, as `podium.data.unseen.scored_on` says it.
    """
    rows = [f"| stage | scored on | {' | '.join(scores.values())} |", "|---|---|" + "---|" * len(scores)]
    for how, stages in labels.items():
        metrics = read_json(results / how / "metrics.json")
        origin = f"from `{metrics['table']}`" if "table" in metrics else metrics.get("origin", "out of fold")
        told = metrics.get("scored_on", f"{metrics['num_sequences']} training clips, each unseen")
        rows.append(_score_row(f"{', '.join(stages)}, {origin}", told, metrics, scores))
    for member in members:
        folder = results / member
        name = f"{member.replace('/seed', ', seed ')}, torch"
        if (folder / "metrics.json").is_file():  # not of an imported checkpoint
            metrics = read_json(folder / "metrics.json")
            seen = "fold 0, which was trained on" if metrics["validation_was_trained_on"] else "held-out people"
            rows.append(_score_row(name, seen, metrics, scores))
        if (folder / "evaluation.json").is_file():
            rows.append(_score_row(name, test, read_json(folder / "evaluation.json"), scores))
    rows.append(_score_row("**the file, all seeds**", test, read_json(results / "export/evaluation.json"), scores))
    return "\n".join(rows)


def _score_row(stage: str, scored_on: str, numbers: dict[str, Any], scores: Mapping[str, str]) -> str:
    if numbers["score"] is None:
        return f"| {stage} | {scored_on} | none: {numbers['reason']} |{' |' * (len(scores) - 1)}"
    told = ["" if numbers.get(key) is None else f"{numbers[key]:.3f}" for key in scores]
    return f"| {stage} | {scored_on} | {' | '.join(told)} |"


def file_table(results: Path) -> str:
    """Markdown: size and latency of the file."""
    benchmark = read_json(results / "export/benchmark.json")
    parity = read_json(results / "export/parity.json")
    formats = read_json(results / "export/evaluation.json").get("formats", {})
    rows = ["| file | value |", "|---|---|", f"| size | {benchmark['size_mb']:.2f} MB |"]
    for format, one in formats.items():
        score = "no hidden test" if one["score"] is None else f"score {one['score']:.3f}"
        rows.append(f"| as {format} | {one['size_mb']:.2f} MB, {score} |")
    for key, latency in benchmark["latency_ms"].items():
        threads = key.replace("1_threads", "1 thread").replace("_", " ")
        for num_frames, numbers in latency.items():
            rows.append(f"| latency, {num_frames} frames, {threads} | {numbers['median']:.1f} ms |")
    rows.append(f"| equal to the trained networks | {'yes' if parity['passed'] else 'no'} |")
    return "\n".join(rows)


def draw_progress(tables: dict[str, pd.DataFrame], members: set[str], path: Path) -> None:
    """Loss and validation score of every run by epoch (PNG).

    Args:
        tables: history.csv by run: epoch, loss, and score in the epochs that were validated.
        members: The runs that are in the file.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(11, 4), layout="constrained")
    axes = figure.subplots(1, 2)
    for name, table in tables.items():
        style = "-" if name in members else "--"
        axes[0].plot(table["epoch"], table["loss"], style, label=name)
        scored = table.dropna(subset="score")
        axes[1].plot(scored["epoch"], scored["score"], style, marker="o", markersize=3, label=name)
    for axis, title in zip(axes, ("training loss", "validation score"), strict=True):
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=8)
    figure.savefig(path, dpi=110, format="png")
