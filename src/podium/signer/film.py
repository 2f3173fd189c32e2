"""Film strips of virtual signers: ``python -m podium.signer.film docs/pictures/signer.png``."""

import argparse
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.files import atomic_path
from podium.landmarks import LEFT_EYE, LIPS, NOSE, RIGHT_EYE
from podium.signer.clip import FACE, LEFT_HAND, POSE, RIGHT_HAND, record
from podium.signer.person import sample_person

_FINGERS = [[0, *range(first, first + 4)] for first in (1, 5, 9, 13, 17)]
_KNUCKLES = [5, 9, 13, 17]
_BODY = [[15, 13, 11, 12, 14, 16], [11, 23, 24, 12]]
_ASPECT = 4 / 3


def draw_frame(axes, raw_L3: np.ndarray) -> None:
    """Draws one frame (543, 3) of raw landmarks; missing parts are left out."""
    points_L2 = raw_L3[:, :2] * np.array([1.0, _ASPECT])
    face_N2, pose_N2 = points_L2[FACE], points_L2[POSE]
    axes.plot(*face_N2.T, ".", color="0.75", markersize=0.7)
    axes.plot(*face_N2[LIPS].T, ".", color="tab:red", markersize=1.2)
    axes.plot(*face_N2[NOSE + RIGHT_EYE + LEFT_EYE].T, ".", color="0.25", markersize=1.2)
    for line in _BODY:
        axes.plot(*pose_N2[line].T, color="tab:blue", linewidth=0.8)
    for part, color in ((LEFT_HAND, "tab:green"), (RIGHT_HAND, "black")):
        for line in [*_FINGERS, _KNUCKLES]:
            axes.plot(*points_L2[part][line].T, color=color, linewidth=0.9)
    axes.set(xlim=(0, 1), ylim=(_ASPECT, 0), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_color("0.85")


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
