"""From the points of a clip to what the network reads of each frame.

Numpy only; the file does the same in TensorFlow (`podium.systems.signs_llama.graph`).

Legend: B batch, T frames, N the 85 points, A axes (x, y), C coordinates (x, y, z), F features of a frame.
"""

from typing import Literal

import numpy as np

from podium.systems.signs_llama.keypoints import AXES, BLOCK_STARTS, BLOCKS, HEAD, MIRROR, NUM_COORDINATES
from podium.systems.signs_llama.recipe import Data, DataChoices

Use = Literal["training", "evaluation", "file"]


def num_features(choices: DataChoices) -> int:
    """F: 85 × (x, y), and the bits of visibility."""
    return NUM_COORDINATES + len(BLOCKS) * (choices.visibility == "corrected")


def chosen_frames(num_frames: int, data: Data, use: Use, share: float = 0.0) -> np.ndarray | slice:
    """Which frames of a clip are read: all of a clip that is not too long.

    Args:
        share: In [0, 1); where a crop begins, in training with ``long_clips: published``.
    """
    most = data.max_frames
    if num_frames <= most:
        return slice(None)
    if data.choices.long_clips == "published" and use != "file":
        start = int(share * (num_frames - most + 1)) if use == "training" else 0
        return slice(start, start + most)
    return (2 * np.arange(most) + 1) * num_frames // (2 * most)  # as TensorFlow's resize to the nearest


def centred_points(
    x_TNC: np.ndarray, data: Data, use: Use, is_mirrored: bool = False, share: float = 0.0
) -> np.ndarray:
    """The frames of a clip that are read, around the head.

    Args:
        x_TNC: (T, 85, 3) float32, T ≥ 1, NaN if a point is missing.
        use: In training and in the file the original treats clips without a head, and long ones, in other ways.
        is_mirrored: Left becomes right.
        share: See `chosen_frames`.

    Returns:
        (min(T, max_frames), 85, 2) float32, a new array, NaN if a point is missing.
    """
    choices, frames = data.choices, chosen_frames(len(x_TNC), data, use, share)
    is_spread = choices.long_clips == "corrected" or use == "file"
    if is_spread:  # else the origin is that of the whole clip
        x_TNC = x_TNC[frames]
    head_A = _mean(x_TNC[:, HEAD, :AXES])
    x_TNA = x_TNC[..., :AXES] - (_origin_without_head(x_TNC, choices, use) if head_A is None else head_A)
    if not is_spread:
        x_TNA = x_TNA[frames]
    if is_mirrored:
        x_TNA = x_TNA[:, MIRROR[choices.mirror]]
        x_TNA[..., 0] *= -1
        if head_A is None and choices.headless == "published":
            x_TNA[..., 0] += 1  # the original turns the picture around its middle, and centres at the head later
    return x_TNA


def _origin_without_head(x_TNC: np.ndarray, choices: DataChoices, use: Use) -> np.ndarray:
    nothing_A = np.zeros(AXES, np.float32)
    if choices.headless == "published" and use != "training":
        return np.full(AXES, np.nan, np.float32) if use == "file" else nothing_A
    mean_C = _mean(x_TNC if choices.headless == "published" else x_TNC[..., :AXES])
    return nothing_A if mean_C is None else mean_C[:AXES]


def _mean(x_TNC: np.ndarray) -> np.ndarray | None:
    """(C,) float32: over the points that have all coordinates; None without any."""
    is_seen_TN = _has_all(x_TNC)
    if not is_seen_TN.any():
        return None
    return x_TNC[is_seen_TN].mean(axis=0, dtype=np.float64).astype(np.float32)


def _has_all(x: np.ndarray) -> np.ndarray:
    """Which points have all coordinates; `any` over so short an axis would take as long as all the rest."""
    is_missing = np.isnan(x[..., 0])
    for coordinate in range(1, x.shape[-1]):
        is_missing |= np.isnan(x[..., coordinate])
    return ~is_missing


def seen_points(x_BTNA: np.ndarray) -> np.ndarray:
    """(B, T, 85) float32: 1 if a point has both coordinates, else 0."""
    return _has_all(x_BTNA).astype(np.float32)


def features(x_BTNA: np.ndarray, is_seen_BTN: np.ndarray, choices: DataChoices) -> np.ndarray:
    """What the network reads of centred points.

    Args:
        x_BTNA: (B, T, 85, 2), NaN if one is missing.
        is_seen_BTN: Their `seen_points`.

    Returns:
        (B, T, F) float32, no NaN: x and y of each point, 0 if it is missing; with ``visibility: corrected`` then a bit
        for each of `BLOCKS`, 1 if any point of it is seen.
    """
    x_BTK = x_BTNA.reshape(*x_BTNA.shape[:2], NUM_COORDINATES)
    x_BTF = np.zeros((*x_BTNA.shape[:2], num_features(choices)), np.float32)
    np.copyto(x_BTF[..., :NUM_COORDINATES], x_BTK, where=~np.isnan(x_BTK))
    if choices.visibility == "corrected":
        x_BTF[..., NUM_COORDINATES:] = np.maximum.reduceat(is_seen_BTN, BLOCK_STARTS, axis=-1)
    return x_BTF
