"""What a comparison of recipes says: one table and one picture.

Each training leaves metrics.json, history.csv and model.safetensors in ``{recipe}/seed{seed}/``. All are scored on the
same clips by people that none has trained on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from safetensors import safe_open

from podium.storage.files import atomic_path, read_json, write_text


@dataclass(frozen=True)
class Trained:
    """A recipe, trained from every seed.

    Attributes:
        label: Its name in the comparison.
        num_parameters: Numbers that would be exported, the running statistics of batch norms included.
        num_clips: Clips it was scored on.
        scores: Normalised scores in percent, one per seed.
        histories: history.csv, one per seed.
    """

    label: str
    num_parameters: int
    num_clips: int
    scores: list[float]
    histories: list[pd.DataFrame]

    @property
    def mean(self) -> float:
        """Of the scores."""
        return sum(self.scores) / len(self.scores)

    @property
    def deviation(self) -> float:
        """Standard deviation over seeds, estimated from at least two."""
        return math.sqrt(sum((score - self.mean) ** 2 for score in self.scores) / (len(self.scores) - 1))


def compare(folder: Path, labels: list[str], seeds: list[int], training_only: Sequence[str]) -> None:
    """Writes comparison.md and comparison.png into ``folder``; the first recipe is what the others are held to.

    Args:
        training_only: How the names of tensors begin that no file holds; they are not counted.
    """
    trained = [_read(folder, label, seeds, tuple(training_only)) for label in labels]
    write_text(folder / "comparison.md", comparison_table(trained))
    with atomic_path(folder / "comparison.png") as partial:
        draw_comparison(trained, partial)


def _read(folder: Path, label: str, seeds: list[int], training_only: tuple[str, ...]) -> Trained:
    runs = [folder / label / f"seed{seed}" for seed in seeds]
    metrics = [read_json(run / "metrics.json") for run in runs]
    with safe_open(runs[0] / "model.safetensors", "numpy") as tensors:
        exported = [name for name in tensors.keys() if not name.startswith(training_only)]
        num_parameters = sum(math.prod(tensors.get_slice(name).get_shape()) for name in exported)
    return Trained(
        label,
        num_parameters,
        metrics[0]["num_validation_rows"],
        [100 * numbers["score"] for numbers in metrics],
        [pd.read_csv(run / "history.csv") for run in runs],
    )


def comparison_table(trained: list[Trained]) -> str:
    """Markdown: one row per recipe, with mean ± standard deviation over seeds.

    The difference to the first recipe stands with its standard error, √(s₁²/n + s₂²/n): below about twice that, seeds
    alone explain it.
    """
    first = trained[0]
    rows = [
        f"Scores in percent on {first.num_clips} clips of unseen people, {len(first.scores)} seeds each.\n",
        f"| recipe | parameters | score, mean ± deviation | difference to {first.label} ± standard error | seeds |",
        "|---|---:|---:|---:|---|",
    ]
    for one in trained:
        difference = "" if one is first else f"{one.mean - first.mean:+.1f} ± {_standard_error(one, first):.1f}"
        scores = ", ".join(f"{score:.1f}" for score in one.scores)
        rows.append(
            f"| {one.label} | {one.num_parameters:,} | {one.mean:.1f} ± {one.deviation:.1f} | {difference} | {scores} |"
        )
    return "\n".join(rows) + "\n"


def _standard_error(one: Trained, other: Trained) -> float:
    return math.sqrt(one.deviation**2 / len(one.scores) + other.deviation**2 / len(other.scores))


def draw_comparison(trained: list[Trained], path: Path) -> None:
    """Scores of every seed with their mean, and how the scores grew (PNG)."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(12, 0.45 * len(trained) + 2.5), layout="constrained")
    axes = figure.subplots(1, 2)
    for place, one in enumerate(trained):
        color = f"C{place % 10}"
        axes[0].plot(one.scores, [place] * len(one.scores), "o", color=color, alpha=0.6)
        axes[0].plot([one.mean], [place], "|", color=color, markersize=22, markeredgewidth=2.5)
        curves = [history.dropna(subset="score").set_index("epoch")["score"] for history in one.histories]
        curve = 100 * pd.concat(curves, axis=1).mean(axis=1)
        style = "-" if place < 10 else "--"
        axes[1].plot(curve.index, curve, style, marker="o", markersize=3, color=color, label=one.label)
    axes[0].set_yticks(range(len(trained)), [one.label for one in trained])
    axes[0].invert_yaxis()
    axes[0].set(xlabel="score of unseen people, percent", title="every seed, and the mean")
    axes[1].set(xlabel="epoch", ylabel="score, percent", title="mean over seeds, by epoch")
    axes[1].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].legend(fontsize=8)
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=110, format="png")
