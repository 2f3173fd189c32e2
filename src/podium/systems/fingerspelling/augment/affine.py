"""The camera's place: scale, shear, rotation and shift in the image plane."""

import math

import numpy as np

from podium.config import Choice
from podium.landmarks.normalise import fill_missing
from podium.systems.fingerspelling.augment.base import AUGMENTATIONS, Augmentation, FactorRange, Range


@AUGMENTATIONS.register("affine")
class Affine(Augmentation):
    """One affine map of x and y for the whole clip; z stays.

    Args:
        scale: Bounds of the factor; 0.8–1.2 in round 1 of the 1st-place solution, 0.7–1.3 in round 2.
        shear: Bounds of the shear along one axis, drawn; ±0.15, ±0.2.
        shift: Bounds of the shift, in deviations of the clip; ±0.1, ±0.15.
        degrees: Bounds of the rotation; ±30.
        missing: "published" moves missing landmarks along with the others, as if they stood at the origin, so that they
            no longer look missing; "corrected" leaves them missing.
        shifts: "published" shifts x and y by the same amount; "corrected" draws two.
    """

    example = {"scale": (0.8, 1.2), "shear": (-0.15, 0.15), "shift": (-0.1, 0.1), "degrees": (-30, 30)}

    scale: FactorRange
    shear: Range
    shift: Range
    degrees: Range
    missing: Choice = "corrected"
    shifts: Choice = "corrected"

    def apply(self, x_TLC: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        scale = rng.uniform(*self.scale)
        shear = (rng.uniform(*self.shear), 0.0)
        if rng.random() < 0.5:
            shear = shear[::-1]
        degrees = rng.uniform(*self.degrees)
        shift_x, shift_y = rng.uniform(*self.shift, size=2)
        if self.shifts == "published":
            shift_y = shift_x
        if self.missing == "published":
            fill_missing(x_TLC)
        return affine(x_TLC, scale, shear, degrees, (shift_x, shift_y))


def affine(
    x_TLC: np.ndarray, scale: float, shear: tuple[float, float], degrees: float, shift: tuple[float, float]
) -> np.ndarray:
    """Scales and shears about the origin, rotates about the point that the shear makes its centre, shifts.

    Args:
        x_TLC: (T, 130, 3) float32; what is NaN stays NaN. Changed in place.
        shear: (h_x, h_y): x gains h_y·y and y gains h_x·x; the centre of the rotation is (h_y, h_x).
        degrees: Counter-clockwise where y points down would be negative: p ← p·[[cos, sin], [−sin, cos]].

    Returns:
        ``x_TLC``.
    """
    shear_x, shear_y = shear
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rotation = np.array([[cos, sin], [-sin, cos]])  # for row vectors
    linear = scale * np.array([[1.0, shear_x], [shear_y, 1.0]]) @ rotation
    centre = np.array([shear_y, shear_x])
    offset = (centre - centre @ rotation + np.array(shift)).astype(np.float32)
    (xx, xy), (yx, yy) = linear.astype(np.float32)
    x_TL, y_TL = x_TLC[..., 0], x_TLC[..., 1]
    moved_TL = x_TL * xx
    moved_TL += y_TL * yx
    moved_TL += offset[0]
    y_TL *= yy
    y_TL += x_TL * xy
    y_TL += offset[1]
    x_TL[:] = moved_TL
    return x_TLC
