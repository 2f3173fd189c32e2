"""Fits the virtual hand to the real ones of `shared/real/handshapes`, and prints the table of `corpus/measured.py`.

    python benchmarks/measure_hands.py [--shared ../shared]

For each letter and digit: the median real hand (joint by joint, in palms), and the joint angles and the orientation of
the generic hand that come nearest to it. What is printed is the way from the shape of `corpus/handshapes.py` to that
one, in whole degrees: 21 angles, and a rotation vector in the view frame. J and Z move, and are left out.
"""

import argparse
from pathlib import Path

import numpy as np
from hands import read_digits, read_letters
from scipy.optimize import least_squares

from podium.landmarks.person import rotation
from podium.landmarks.person.hand import GENERIC_BONES, LIMITS_A2, NUM_ANGLES, forward_kinematics
from podium.systems.fingerspelling.corpus.handshapes import SHAPES

DEPTH_SCALE = 0.65  # of hands as MediaPipe reports them
AXIS_WEIGHTS = np.array([1.0, 1.0, 0.35])


def fit(character: str, target_J3: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Changes of the angles (21,) and of the orientation (3,), rad, and the root mean square distance left, palms."""
    shape = SHAPES[character]
    base_4 = rotation.from_matrix(shape.rotation_33)

    def joints(values: np.ndarray) -> np.ndarray:
        turn_33 = rotation.to_matrices(rotation.multiply(rotation.from_vectors(values[NUM_ANGLES:-1]), base_4))
        points_J3 = forward_kinematics(shape.angles_A + values[:NUM_ANGLES], GENERIC_BONES) @ turn_33.T
        return values[-1] * points_J3 * np.array([1, 1, DEPTH_SCALE])

    def residuals(values: np.ndarray) -> np.ndarray:
        away_J3 = (joints(values) - target_J3) * AXIS_WEIGHTS
        return np.concatenate([away_J3.ravel(), 0.12 * values[:NUM_ANGLES], 0.12 * values[NUM_ANGLES:-1]])

    low = np.concatenate([LIMITS_A2[:, 0] - shape.angles_A - 1e-6, [-1.5] * 3, [0.5]])
    high = np.concatenate([LIMITS_A2[:, 1] - shape.angles_A + 1e-6, [1.5] * 3, [1.6]])
    best = least_squares(residuals, np.concatenate([np.zeros(NUM_ANGLES + 3), [1.0]]), bounds=(low, high))
    away_J2 = (joints(best.x) - target_J3)[:, :2]
    return best.x[:NUM_ANGLES], best.x[NUM_ANGLES:-1], float(np.sqrt((away_J2**2).sum(1).mean()))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    folder = parser.parse_args().shared / "real" / "handshapes"
    for hands in (read_letters(folder), read_digits(folder)):
        for character, rows in hands.rows.items():
            if character in "jz":
                continue
            angles_A, turn_3, left = fit(character, np.median(hands.joints_NJ3[rows], axis=0))
            numbers = np.rint(np.rad2deg(np.concatenate([angles_A, turn_3]))).astype(int)
            thumb, fingers, turn = numbers[:5], numbers[5:NUM_ANGLES].reshape(4, 4), numbers[NUM_ANGLES:]
            groups = [str(tuple(map(int, group))) for group in (thumb, *fingers, turn)]
            print(f'    "{character}": ({", ".join(groups[:-1])},\n          {groups[-1]}),  # {left:.2f}')


if __name__ == "__main__":
    main()
