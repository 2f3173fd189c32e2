"""A picture of all virtual signs, each in four moments: ``python docs/signs.py docs/pictures/signs.png``."""

import argparse
import io
from dataclasses import replace
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.landmarks.drawing import draw_frame
from podium.landmarks.person.camera import Camera
from podium.landmarks.person.observation import observe
from podium.storage.files import atomic_path
from podium.systems.signs.corpus.clip import stage
from podium.systems.signs.corpus.dictionary import SIGNS
from podium.systems.signs.corpus.motion import Timing, perform
from podium.systems.signs.corpus.postures import Sign
from podium.systems.signs.corpus.signer import Manner, Signer, sample_signer

_MOMENTS, _COLUMNS = 4, 4  # frames of a sign; signs beside each other
_CAMERA = Camera(np.eye(3), 0.8, 0.8 / 0.585, 4 / 3, np.array([0.5, 0.64]))
_PLAIN = Manner(0.0, np.zeros(3), np.zeros(3), 1.0, np.zeros(21), 0)


def _signer() -> Signer:
    """Somebody without habits."""
    somebody = sample_signer(np.random.default_rng(5), variety=0.0)
    return replace(somebody, is_left_handed=False, size=1.0, head_turn_3=np.zeros(3), mouthing=0.05)


def _moments(sign: Sign, num_frames: int = 41) -> np.ndarray:
    """(4, 543, 3): frames of a sign, the hands up."""
    rng, signer = np.random.default_rng(0), _signer()
    right, left = perform(sign, signer, _PLAIN, Timing(num_frames, 0.12, 0.1, 0.2), rng)
    x_FL3 = observe(stage(sign, signer, right, left, rng), _CAMERA, 0.0, rng)
    return x_FL3[np.linspace(0.13 * num_frames, 0.87 * num_frames, _MOMENTS).astype(int)]


def draw_signs(path: Path) -> None:
    """Writes the picture of the first way of each sign (PNG) to ``path``."""
    from matplotlib.figure import Figure
    from PIL import Image

    num_rows = -(-len(SIGNS) // _COLUMNS)
    figure = Figure(figsize=(1.0 * _MOMENTS * _COLUMNS, 1.2 * num_rows))
    grid = figure.subplots(num_rows, _MOMENTS * _COLUMNS)
    for axes in grid.flat:
        axes.set_axis_off()
    for number, (name, ways) in enumerate(SIGNS.items()):
        row, column = divmod(number, _COLUMNS)
        cells = grid[row, _MOMENTS * column : _MOMENTS * (column + 1)]
        for axes, x_L3 in zip(cells, _moments(ways[0]), strict=True):
            axes.set_axis_on()
            draw_frame(axes, x_L3, window=(0.0, 1.0, 1.2, 0.12))
        cells[0].set_title(name, fontsize=9, fontweight="bold", pad=1, loc="left")
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.99, 0.03, 0.24)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=64)
    with atomic_path(path) as temporary:  # 32 colours are enough, and make the file small
        Image.open(drawn).convert("P", palette=Image.Palette.ADAPTIVE, colors=32).save(temporary, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw all signs of the virtual signer.")
    parser.add_argument("path", type=Path, help="the PNG to write")
    draw_signs(parser.parse_args().path)


if __name__ == "__main__":
    run(main)
