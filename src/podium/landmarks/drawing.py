"""Draws a person out of landmarks: the face as points, the hands as skeletons, the arms as lines.

Legend: L landmarks, N those of one part, C coordinates.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from podium.landmarks.mediapipe import LEFT_EYE, LIPS, NOSE, RAW_NAMES, RIGHT_EYE

ASPECT = 4 / 3  # height of the picture over its width; files do not tell it, phones held upright have about this
COLORS = {"left_hand": "tab:green", "right_hand": "black", "face": "tab:red", "pose": "tab:blue"}

_FINGERS = [[0, *range(first, first + 4)] for first in (1, 5, 9, 13, 17)]
_KNUCKLES = [5, 9, 13, 17]
_BODY = [[15, 13, 11, 12, 14, 16], [11, 23, 24, 12]]  # wrist to wrist; the trunk, where the hips are known


class Places(NamedTuple):
    """Where landmarks stand; each (N,) int64, and ``body`` a list of such lines."""

    face: np.ndarray
    lips: np.ndarray
    outlines: np.ndarray  # nose and eyes
    left_hand: np.ndarray
    right_hand: np.ndarray
    pose: np.ndarray
    body: list[np.ndarray]


@cache
def places(names: tuple[str, ...]) -> Places:
    """Where the landmarks of a frame stand.

    Args:
        names: Of all landmarks of a frame, in order.
    """
    place = {name: row for row, name in enumerate(names)}

    def of(part: str, indices: list[int]) -> np.ndarray:
        return np.array([place[f"{part}_{index}"] for index in indices if f"{part}_{index}" in place])

    whole = (np.array([row for name, row in place.items() if name.startswith(part)]) for part in COLORS)
    left_hand, right_hand, face, pose = whole
    outlines = of("face", NOSE + RIGHT_EYE + LEFT_EYE)
    body = [line for line in (of("pose", line) for line in _BODY) if len(line) > 2]
    return Places(face, of("face", LIPS), outlines, left_hand, right_hand, pose, body)


def to_plane(x_LC: np.ndarray) -> np.ndarray:
    """(…, L, 2): x and y in picture widths, y down; from (…, L, ≥2) in fractions of the picture."""
    return x_LC[..., :2] * np.array([1.0, ASPECT])


def draw_frame(
    axes,
    x_LC: np.ndarray,
    window: tuple[float, float, float, float] = (0, 1, ASPECT, 0),
    names: tuple[str, ...] = tuple(RAW_NAMES),
) -> None:
    """Draws one frame, head up; missing parts are left out.

    Args:
        axes: Matplotlib axes.
        x_LC: (L, ≥2), x and y in fractions of the picture, NaN if a landmark is missing.
        window: Left, right, bottom and top of what is shown, in picture widths, y down; by default the picture.
        names: Of the L landmarks; by default of all that MediaPipe finds.
    """
    points_L2 = to_plane(x_LC)
    of = places(names)
    axes.plot(*points_L2[of.face].T, ".", color="0.75", markersize=0.7)
    axes.plot(*points_L2[of.lips].T, ".", color=COLORS["face"], markersize=1.2)
    axes.plot(*points_L2[of.outlines].T, ".", color="0.25", markersize=1.2)
    for line in of.body:
        axes.plot(*points_L2[line].T, color=COLORS["pose"], linewidth=0.8)
    for hand in ("left_hand", "right_hand"):
        for line in [*_FINGERS, _KNUCKLES]:
            axes.plot(*points_L2[getattr(of, hand)[line]].T, color=COLORS[hand], linewidth=0.9)
    axes.set(xlim=window[:2], ylim=window[2:], aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_color("0.85")
