"""A picture of all handshapes side by side: ``python docs/handshapes.py docs/pictures/handshapes.png``."""

import argparse
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.landmarks.person.hand import GENERIC_BONES
from podium.storage.files import atomic_path
from podium.systems.fingerspelling.corpus.handshapes import SHAPES, Handshape, key_frames

_ORDER = "abcdefghijklmnopqrstuvwxyz0123456789 !#$%&'()*+,-./:;=?@[_~"
_COLORS = ("#d62728", "#ff7f0e", "#2ca02c", "#1f77b4", "#9467bd")  # thumb … pinky
_PALM_COLOR = "#c9ab94"
_PALM = np.array([0, 1, 5, 9, 13, 17, 0])
_BONES = [(1 + 4 * digit + bone, _COLORS[digit]) for digit in range(5) for bone in range(3)]


def _draw_hand(axes, joints_J3: np.ndarray, alpha: float = 1.0) -> None:
    """One skeleton in the view frame; near bones are drawn later and thicker."""
    palm_J3 = joints_J3[_PALM]
    depth = float(palm_J3[:, 2].mean())
    axes.fill(palm_J3[:, 0], palm_J3[:, 1], color=_PALM_COLOR, alpha=0.8 * alpha, zorder=10 + depth, linewidth=0)
    for start, color in _BONES:
        bone_23 = joints_J3[start : start + 2]
        depth = float(bone_23[:, 2].mean())
        width = float(np.clip(4.0 + 2.0 * depth, 2.0, 7.0))
        for extra, shade in ((1.6, "white"), (0.0, color)):  # the white rim shows which bone passes in front
            axes.plot(bone_23[:, 0], bone_23[:, 1], color=shade, linewidth=width + extra, alpha=alpha,
                      solid_capstyle="round", zorder=10 + depth - 0.001 * extra)  # fmt: skip


def _draw_shape(axes, character: str, shape: Handshape) -> None:
    """One character as the viewer sees it: its first key frame, the others faint, the fingertip's path as an arrow."""
    joints_KJ3 = key_frames(shape, GENERIC_BONES)
    for joints_J3 in joints_KJ3[:0:-1]:
        _draw_hand(axes, joints_J3, alpha=0.12)
    _draw_hand(axes, joints_KJ3[0])
    if len(joints_KJ3) > 1:
        farthest = int(np.linalg.norm(joints_KJ3[0] - joints_KJ3[0, 0], axis=1).argmax())
        path_K3 = joints_KJ3[:, farthest]
        axes.plot(path_K3[:, 0], path_K3[:, 1], color="black", linewidth=1.0, zorder=20)
        arrow = {"arrowstyle": "-|>", "color": "black"}
        axes.annotate("", path_K3[-1, :2], path_K3[-2, :2], arrowprops=arrow, zorder=20)
    low_2, high_2 = joints_KJ3[..., :2].min((0, 1)), joints_KJ3[..., :2].max((0, 1))
    half = max(1.15, float((high_2 - low_2).max()) / 2 + 0.15)
    center_2 = (low_2 + high_2) / 2
    axes.set(xlim=(center_2[0] - half, center_2[0] + half), ylim=(center_2[1] - half, center_2[1] + half))
    axes.set(aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_color("#dddddd")
    axes.set_title("space" if character == " " else character, fontsize=13, pad=3)


def draw_handshapes(path: Path) -> None:
    """Writes the picture of all 59 shapes (PNG) to ``path``."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 10.4), layout="tight")
    for axes, character in zip(figure.subplots(6, 10).flat, _ORDER + "\0", strict=True):
        if character in SHAPES:
            _draw_shape(axes, character, SHAPES[character])
        else:
            axes.set_axis_off()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=75)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw all handshapes of the virtual signer.")
    parser.add_argument("path", type=Path, help="the PNG to write")
    draw_handshapes(parser.parse_args().path)


if __name__ == "__main__":
    run(main)
