"""Film strips of virtual signers: ``python docs/signer.py docs/pictures/signer.png``."""

import argparse
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.landmarks.drawing import draw_frame
from podium.storage.files import atomic_path
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import sample_person


def draw_film(path: Path, phrases: list[str], num_frames: int = 12) -> None:
    """Writes a picture (PNG): a row per phrase, each by another person, at the real corpus's tempo."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(num_frames * 1.1, len(phrases) * 1.65), layout="constrained")
    rows = figure.subplots(len(phrases), num_frames, squeeze=False)
    for seed, (phrase, row) in enumerate(zip(phrases, rows, strict=True)):
        rng = np.random.default_rng(seed)
        clip_FL3 = record(phrase, sample_person(rng), 9.0, rng)
        for axes, frame in zip(row, np.linspace(0, len(clip_FL3) - 1, num_frames).astype(int), strict=True):
            draw_frame(axes, clip_FL3[frame])
        row[0].set_ylabel(phrase, fontsize=9)
    with atomic_path(path) as partial:
        figure.savefig(partial, format="png", dpi=90)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Draw film strips of virtual signers.")
    parser.add_argument("path", type=Path, help="the PNG to write")
    parser.add_argument("--phrases", nargs="+", default=["jazz.io", "55 elm", "zoe kay", "213-480"])
    arguments = parser.parse_args()
    draw_film(arguments.path, arguments.phrases)


if __name__ == "__main__":
    run(main)
