"""What networks of virtual speakers know of real people.

    python benchmarks/speech_real.py SHARED/real/speech RUN_OR_FILE …

Reads 720 clips of 33 people, 60 of each of the 12 classes. RUN is the folder of a trained run, such as
results/speech/second/seed1; FILE a .tflite, which is asked through its own runtime. Prints the share of clips that are
read right, once over all twelve classes and once without silence, whose clips are crops of known noise recordings; the
spread over speakers of whom there are at least ten clips; and each class with what it is taken for most.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from podium import Recognizer
from podium.audio.clip_files import one_second, read_sound
from podium.systems.files import read_recipe
from podium.systems.speech import learner
from podium.systems.speech.conversion import to_12
from podium.systems.speech.labels import CLASSES_12, SILENCE
from podium.systems.speech.learning import probabilities
from podium.training.weights import load_network

LEAST_CLIPS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, help="folder with labels.csv")
    parser.add_argument("networks", nargs="+", type=Path)
    parser.add_argument("--classes", action="store_true", help="tell each class by itself")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table = pd.read_csv(arguments.clips / "labels.csv", keep_default_na=False)
    x_NW = np.stack([one_second(read_sound(arguments.clips / path)).x_S for path in table["path"]])
    for place in arguments.networks:
        probs_NV = of_file(place, x_NW) if place.suffix == ".tflite" else of_run(place, x_NW)
        report(str(place), table, probs_NV, arguments.classes)


def of_run(folder: Path, x_NW: np.ndarray) -> np.ndarray:
    """(N, 12) of a trained network."""
    _, recipe = read_recipe(folder / "recipe.json")
    network = load_network(folder / "model.safetensors", learner, recipe)
    with torch.no_grad():
        batches = [probabilities(network, batch_BW) for batch_BW in torch.from_numpy(x_NW).split(120)]
    return to_12(torch.cat(batches).numpy(), "sum")


def of_file(path: Path, x_NW: np.ndarray) -> np.ndarray:
    """(N, 12) of an exported file."""
    recognizer = Recognizer(path)
    return np.stack([recognizer.read(x_W).probabilities for x_W in x_NW])


def report(name: str, table: pd.DataFrame, probs_NV: np.ndarray, with_classes: bool) -> None:
    """Prints what the answers are worth."""
    said_N = np.array(CLASSES_12)[probs_NV.argmax(1)]
    right_N = said_N == table["label"].to_numpy()
    is_word_N = (table["label"] != SILENCE).to_numpy()
    of_speaker = pd.Series(right_N[is_word_N]).groupby(table.loc[is_word_N, "speaker"].to_numpy())
    spread = of_speaker.mean()[of_speaker.size() >= LEAST_CLIPS]
    print(
        f"{name}: {right_N.mean():.3f} of 12 classes, {right_N[is_word_N].mean():.3f} of 11; speakers"
        f" {spread.min():.2f} to {spread.max():.2f}, median {spread.median():.2f} ({len(spread)} of them)",
        flush=True,
    )
    for label in CLASSES_12 if with_classes else ():
        told = pd.Series(said_N[table["label"] == label]).value_counts()
        wrong = told.drop(label, errors="ignore")
        most = f"; {wrong.index[0]} {wrong.iloc[0]}" if len(wrong) else ""
        print(f"  {label:<10} {told.get(label, 0) / told.sum():.2f}{most}")


if __name__ == "__main__":
    main()
