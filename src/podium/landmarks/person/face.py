"""A parametric face of 468 mesh points.

Mesh facts used: which indices run along which contour, and that the mesh is mirror-symmetric. 28 indices lie
on the mid-line; the other 440 form pairs: the k-th of those below 248 (the person's right) mirrors index 248
+ k. All positions are our own: contours are arcs laid on a smooth surface; points without a name are spread
over it.

Face frame: origin between the two outermost side points (234 and 454), unit = their distance, x to the
image's right (the person's left), y up, z out of the face. Legend: F frames, V mesh points (468), W
expressions, 3 axes.
"""

from dataclasses import dataclass

import numpy as np

NUM_POINTS = 468
_MIDLINE = [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]
_MIDLINE += [94, 151, 152, 164, 168, 175, 195, 197, 199, 200]
_RIGHT = [index for index in range(248) if index not in _MIDLINE]

# (468,) int64: the mirror partner of each point; an involution.
MIRROR = np.arange(NUM_POINTS)
MIRROR[_RIGHT], MIRROR[248:] = np.arange(248, NUM_POINTS), np.array(_RIGHT)

EXPRESSIONS = ("blink", "open", "wide")

# The person's right half of the contours, from the corner to the mid-line.
_UPPER_LIP = [
    [61, 185, 40, 39, 37, 0],
    [76, 184, 74, 73, 72, 11],
    [62, 183, 42, 41, 38, 12],
    [78, 191, 80, 81, 82, 13],
]
_LOWER_LIP = [
    [61, 146, 91, 181, 84, 17],
    [76, 77, 90, 180, 85, 16],
    [62, 96, 89, 179, 86, 15],
    [78, 95, 88, 178, 87, 14],
]
# From the outer to the inner corner: the lids, then rings around the eye.
_UPPER_EYE = [[33, 246, 161, 160, 159, 158, 157, 173, 133], [130, 247, 30, 29, 27, 28, 56, 190, 243]]
_LOWER_EYE = [[33, 7, 163, 144, 145, 153, 154, 155, 133], [130, 25, 110, 24, 23, 22, 26, 112, 243]]
_UPPER_EYE += [[226, 113, 225, 224, 223, 222, 221, 189, 244]]
_LOWER_EYE += [[226, 31, 228, 229, 230, 231, 232, 233, 244]]
_BROWS = [[70, 63, 105, 66, 107], [46, 53, 52, 65, 55]]
_OVAL = [10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152]
# Mid-line and nose wings: index → (x, y, z).
_NOSE = {
    168: (0, 0.18, 0.53), 6: (0, 0.13, 0.57), 197: (0, 0.08, 0.61), 195: (0, 0.03, 0.66),
    5: (0, -0.02, 0.70), 4: (0, -0.07, 0.725), 1: (0, -0.115, 0.71), 19: (0, -0.14, 0.675),
    94: (0, -0.16, 0.635), 2: (0, -0.175, 0.605), 98: (-0.13, -0.163, 0.545), 97: (-0.06, -0.17, 0.58),
    164: (0, -0.21, 0.60), 18: (0, -0.50, 0.535), 200: (0, -0.55, 0.535), 199: (0, -0.60, 0.53),
    175: (0, -0.65, 0.515), 8: (0, 0.245, 0.53), 9: (0, 0.31, 0.53), 151: (0, 0.42, 0.50),
}  # fmt: skip

_CENTRE_Y, _HALF_HEIGHT = -0.08, 0.61  # of the oval; the chin is at -0.69, the hairline at 0.53


def _half_width(y: np.ndarray) -> np.ndarray:
    """Half the face's width at height ``y``."""
    u = np.clip(np.abs((y - _CENTRE_Y) / (_HALF_HEIGHT + 0.03)), 0, 1)
    return 0.505 * np.sqrt(1 - u**2.6)


def _depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """z of the smooth surface: 0 at the ears, about 0.5 along the mid-line, chin and hairline."""
    rim = 0.46 * np.clip((y - _CENTRE_Y) / _HALF_HEIGHT, -1, 1) ** 2
    bulge = np.sqrt(np.clip(1 - (x / _half_width(y)) ** 2, 0, 1))
    return rim + (0.53 - rim) * bulge


def _arc(x0: float, x1: float, y0: float, y1: float, height: float, count: int) -> np.ndarray:
    """(count, 2) points of a half-ellipse over the chord (x0, y0) – (x1, y1)."""
    angle = np.linspace(np.pi, 0, count)
    share = (1 + np.cos(angle)) / 2
    return np.stack([x0 + (x1 - x0) * share, y0 + (y1 - y0) * share + height * np.sin(angle)], 1)


def _build() -> tuple[np.ndarray, np.ndarray]:
    """The generic face (468, 3) and the displacements of its expressions (3, 468, 3)."""
    points_V3 = np.full((NUM_POINTS, 3), np.nan)
    moves_WV3 = np.zeros((len(EXPRESSIONS), NUM_POINTS, 3))

    def place(indices: list[int], xy: np.ndarray, lift: float | np.ndarray = 0.0) -> None:
        points_V3[indices, :2] = xy
        points_V3[indices, 2] = _depth(xy[:, 0], xy[:, 1]) + lift

    quarter = np.linspace(0, np.pi / 2, 6)
    for ring, (upper, lower) in enumerate(zip(_UPPER_LIP, _LOWER_LIP, strict=True)):
        half_width = 0.18 - 0.006 * ring
        x = -half_width * np.cos(quarter)
        bow = 0.012 * np.sin(2 * quarter) ** 2 * (1 - ring / 3)  # the cupid's bow fades inwards
        push = 0.075 * np.sin(quarter) + 0.01
        up = 0.067 - 0.017 * ring
        down = -0.097 + 0.025 * ring
        place(upper, np.stack([x, -0.357 + up * np.sin(quarter) + bow], 1), push)
        place(lower, np.stack([x, -0.357 + down * np.sin(quarter)], 1), push - 0.005)
        moves_WV3[1, lower, 1] = -0.11 * np.sin(quarter) ** 0.7
        moves_WV3[1, upper, 1] = 0.015 * np.sin(quarter)
        moves_WV3[2, upper, 0] = moves_WV3[2, lower, 0] = 0.25 * x
    for ring, (upper, lower) in enumerate(zip(_UPPER_EYE, _LOWER_EYE, strict=True)):
        x0, x1 = -0.332 - 0.022 * ring, -0.128 + 0.02 * ring
        lift = np.linspace(-0.022, -0.095, 9) * (1 - 0.3 * ring)  # the eyes lie deep, above all beside the nose
        place(lower, _arc(x0, x1, 0.142, 0.134, -0.028 - 0.032 * ring, 9), lift)
        place(upper, _arc(x0, x1, 0.142, 0.134, 0.036 + 0.036 * ring, 9), lift)
        if ring == 0:
            moves_WV3[0, upper] = 0.9 * (points_V3[lower] - points_V3[upper])
            moves_WV3[0, lower, 1] = 0.004
    for row, indices in enumerate(_BROWS):
        place(indices, _arc(-0.42, -0.115, 0.25 - 0.03 * row, 0.32 - 0.05 * row, 0.045, 5), 0.01)
    angle = np.linspace(0, np.pi, len(_OVAL))
    oval_y = _CENTRE_Y + _HALF_HEIGHT * np.cos(angle)
    oval_x = -_half_width(oval_y) * np.sin(angle) ** 0.5
    oval_x[[0, -1]] = 0.0
    place(_OVAL, np.stack([oval_x, oval_y], 1))
    points_V3[234] = (-0.5, 0.0, 0.0)
    for index, position in _NOSE.items():
        points_V3[index] = position

    # Two irrational steps spread the remaining right-hand points evenly over their half.
    rest = [index for index in _RIGHT if np.isnan(points_V3[index, 0])]
    steps = np.arange(1, len(rest) + 1)
    y = -0.62 + 1.08 * (steps * 0.7548776662 % 1)
    x = -_half_width(y) * (0.06 + 0.9 * (steps * 0.5698402910 % 1))
    place(rest, np.stack([x, y], 1))
    chin = np.clip((-0.42 - points_V3[:, 1]) / 0.2, 0, 1)
    moves_WV3[1, :, 1] = np.where(moves_WV3[1, :, 1] == 0, -0.09 * chin, moves_WV3[1, :, 1])

    flip = np.array([-1.0, 1.0, 1.0])
    points_V3[248:] = points_V3[_RIGHT] * flip
    moves_WV3[:, 248:] = moves_WV3[:, _RIGHT] * flip
    return points_V3, moves_WV3


GENERIC_V3, _MOVES_WV3 = _build()


@dataclass(frozen=True)
class Face:
    """One person's face.

    Attributes:
        points_V3: (468, 3) float32 at rest, in face widths.
        moves_WV3: (3, 468, 3) float32 displacement of each of `EXPRESSIONS` at strength 1.
    """

    points_V3: np.ndarray
    moves_WV3: np.ndarray


def sample_face(rng: np.random.Generator) -> Face:
    """Draws a person's face: longer or shorter, deeper or flatter, with features a little higher or wider."""
    scale_3 = np.array([1.0, rng.normal(0.93, 0.03), rng.normal(0.9, 0.05)])
    x, y = GENERIC_V3[:, 0], GENERIC_V3[:, 1]
    waves = rng.normal(0.0, 0.012, (3, 2))
    warp_V3 = np.stack(
        [
            x * waves[0, 0] * np.cos(4 * y) + x * waves[0, 1] * np.sin(4 * y),
            waves[1, 0] * np.cos(5 * y) + waves[1, 1] * np.sin(5 * y),
            waves[2, 0] * np.cos(4 * y) + waves[2, 1] * np.cos(5 * x),
        ],
        1,
    )
    points_V3 = GENERIC_V3 * scale_3 + warp_V3
    return Face(points_V3.astype(np.float32), (_MOVES_WV3 * scale_3).astype(np.float32))


def expression_strengths(num_frames: int, p_blink: float, mouthing: float, rng: np.random.Generator) -> np.ndarray:
    """Blinks and small mouth movements.

    Args:
        p_blink: Probability that a blink starts in a frame.
        mouthing: Scale of mouth movement; 0 keeps the mouth closed.

    Returns:
        (F, 3) strengths of `EXPRESSIONS`: blink and open in [0, 1], wide around 0.
    """
    strengths_FW = np.zeros((num_frames, len(EXPRESSIONS)))
    shape = np.array([0.5, 1.0, 0.9, 0.4])  # a blink takes about 0.13 s at 30 frames per second
    starts = (rng.random(num_frames) < p_blink).astype(float)
    strengths_FW[:, 0] = np.minimum(np.convolve(starts, shape)[:num_frames], 1.0)
    kernel = np.hanning(9) / np.hanning(9).sum() * 2
    noise_F2 = rng.normal(0, 1, (num_frames + 8, 2))
    smooth_F2 = np.stack([np.convolve(noise_F2[:, i], kernel, "valid") for i in range(2)], 1)
    strengths_FW[:, 1] = np.clip(mouthing * smooth_F2[:, 0], 0, 1)
    strengths_FW[:, 2] = 0.4 * mouthing * smooth_F2[:, 1]
    return strengths_FW


def face_points(face: Face, strengths_FW: np.ndarray) -> np.ndarray:
    """The moving face in its own frame.

    Args:
        strengths_FW: (F, 3) as from `expression_strengths`.

    Returns:
        (F, 468, 3) float32 in face widths.
    """
    moved = strengths_FW.astype(np.float32) @ face.moves_WV3.reshape(len(EXPRESSIONS), -1)
    return face.points_V3 + moved.reshape(-1, NUM_POINTS, 3)
