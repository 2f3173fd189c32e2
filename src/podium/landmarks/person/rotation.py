"""Rotations as unit quaternions (w, x, y, z), which can be interpolated. Any leading shape (…)."""

import numpy as np


def from_vectors(vectors_3: np.ndarray) -> np.ndarray:
    """Rotation vectors (…, 3) in rad → quaternions (…, 4)."""
    vectors_3 = np.asarray(vectors_3, dtype=np.float64)
    angle_1 = np.linalg.norm(vectors_3, axis=-1, keepdims=True)
    axis_3 = vectors_3 / np.maximum(angle_1, 1e-12)
    return np.concatenate([np.cos(angle_1 / 2), axis_3 * np.sin(angle_1 / 2)], axis=-1)


def from_matrix(matrix_33: np.ndarray) -> np.ndarray:
    """One rotation matrix (3, 3) → quaternion (4,): the eigenvector that the matrix's traces single out."""
    m = np.asarray(matrix_33, dtype=np.float64)
    skew = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    form_44 = np.empty((4, 4))
    form_44[0, 0], form_44[0, 1:], form_44[1:, 0] = np.trace(m), skew, skew
    form_44[1:, 1:] = m + m.T - np.trace(m) * np.eye(3)
    return np.linalg.eigh(form_44)[1][:, -1]


def multiply(first_4: np.ndarray, second_4: np.ndarray) -> np.ndarray:
    """The rotation ``second_4`` followed by ``first_4``; shapes broadcast to (…, 4)."""
    w1, x1, y1, z1 = np.moveaxis(first_4, -1, 0)
    w2, x2, y2, z2 = np.moveaxis(second_4, -1, 0)
    return np.stack([
        w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
        w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
        w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
    ], axis=-1)  # fmt: skip


def to_matrices(quaternions_4: np.ndarray) -> np.ndarray:
    """Quaternions (…, 4) of any length above 0 → matrices (…, 3, 3)."""
    w, x, y, z = np.moveaxis(quaternions_4 / np.linalg.norm(quaternions_4, axis=-1, keepdims=True), -1, 0)
    matrices_9 = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return np.stack(matrices_9, axis=-1).reshape(*w.shape, 3, 3)


def continuous(quaternions_K4: np.ndarray) -> np.ndarray:
    """Flips signs (q and −q are the same rotation) so that each of (K, 4) lies on its predecessor's side."""
    dots_K = np.sum(quaternions_K4[1:] * quaternions_K4[:-1], axis=1)
    signs_K = np.concatenate([[1.0], np.cumprod(np.where(dots_K < 0, -1.0, 1.0))])
    return quaternions_K4 * signs_K[:, None]
