"""Whether a model's confidence means something: a table and a picture, on virtual signers whom it has not seen.

    python benchmarks/reliability.py MODEL [--dataset config/datasets/live.yaml] [--clips 600] [--picture FILE.png]

MODEL is a folder of trained weights, such as results/live/read/seed1: a file answers nothing below its own threshold.
The signers are drawn anew, with another seed than the dataset's. A clip's truth is its score, (N − edits) / N and at
least 0; of a clip with nothing to read it is 0. Printed are the expected calibration error over ten bins, the threshold
that lets through 95 % of the readable clips (of which at least half is read), how many of those with nothing to read it
stops, and both shares at --threshold, the file's own.
"""

import argparse
from pathlib import Path

import numpy as np
from hands import as_columns

from podium import Recognizer
from podium.config import load
from podium.systems.fingerspelling.corpus.everyday import record_everyday, sample_everyday_person
from podium.systems.fingerspelling.corpus.words import everyday_text
from podium.systems.fingerspelling.plan import Dataset
from podium.systems.fingerspelling.score import edit_distance

NUM_BINS = 10
SEED = 900_001


def read_all(recognizer: Recognizer, dataset: Dataset, num_clips: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence and truth of each clip, each (N,), and whether it has a text (N,) bool."""
    source = dataset.source
    conditions = source.conditions.model_copy(update={"holds": "all"})  # whoever reads makes them short
    told = []
    for number in range(num_clips):
        rng = np.random.default_rng([SEED, number])
        person = sample_everyday_person(rng, conditions)
        text = "" if number % 3 == 0 else everyday_text(rng, source.min_characters, source.max_characters)
        clip_F3 = record_everyday(text, person, conditions, rng, source.jitter, source.gaps)
        reading = recognizer.read(as_columns(clip_F3))
        right = max(1 - edit_distance(text, reading.text) / len(text), 0.0) if text else 0.0
        told.append((reading.confidence or 0.0, right, bool(text)))
    confidence_N, truth_N, has_text_N = np.array(told, dtype=float).T
    return confidence_N, truth_N, has_text_N.astype(bool)


def bins(confidence_N: np.ndarray, truth_N: np.ndarray) -> list[tuple[float, float, int]]:
    """(mean confidence, mean truth, number) of each bin that holds a clip."""
    place_N = np.minimum((confidence_N * NUM_BINS).astype(int), NUM_BINS - 1)
    members = [place_N == place for place in range(NUM_BINS)]
    return [(float(confidence_N[m].mean()), float(truth_N[m].mean()), int(m.sum())) for m in members if m.any()]


def main() -> None:
    """Prints the table, and draws it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--dataset", default="config/datasets/live.yaml")
    parser.add_argument("--clips", type=int, default=600)
    parser.add_argument("--threshold", type=float, default=0.3, help="below which the file answers nothing (0.3)")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    dataset = load(Dataset, arguments.dataset)
    recognizer = Recognizer(arguments.model)
    recognizer._settings = {**recognizer._settings, "holds": dataset.source.conditions.holds}
    confidence_N, truth_N, has_text_N = read_all(recognizer, dataset, arguments.clips)
    table = bins(confidence_N, truth_N)
    print("confidence  truth  clips")
    for confidence, truth, number in table:
        print(f"{confidence:10.2f} {truth:6.2f} {number:6}")
    error = sum(abs(confidence - truth) * number for confidence, truth, number in table) / len(confidence_N)
    is_readable_N = has_text_N & (truth_N >= 0.5)
    threshold = float(np.quantile(confidence_N[is_readable_N], 0.05)) if is_readable_N.any() else 0.0
    print(f"expected_calibration_error={error:.3f}")
    for limit in (threshold, arguments.threshold):
        stopped = (confidence_N[~has_text_N] < limit).mean()
        passed = (confidence_N[is_readable_N] >= limit).mean()
        print(f"threshold={limit:.3f} stopped_of_empty={stopped:.3f} passed_of_readable={passed:.3f}")
    if arguments.picture:
        _draw(table, arguments.picture)


def _draw(table: list[tuple[float, float, int]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4))
    axes = figure.add_subplot(xlabel="confidence", ylabel="share of the text that is right", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="0.7")
    confidence, truth, number = np.array(table).T
    axes.scatter(confidence, truth, s=4 + 200 * number / number.sum())
    figure.savefig(path, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    main()
