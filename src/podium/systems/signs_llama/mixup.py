"""Mixup of clips of different lengths: the shorter one meets a stretch of the longer one, as long as itself.

Legend: B batch, T frames, F features, N points.
"""

from typing import NamedTuple

import numpy as np

from podium.systems.signs_llama.keypoints import AXES, NUM_COORDINATES

MOST = 0.999  # a clip that keeps more of itself stays as it is (26th place)


class Mix(NamedTuple):
    """With whom each clip of a batch is mixed.

    Attributes:
        lam_B: float32 in [0.5, 1]; what a clip keeps of itself.
        partner_B: int64.
        start_B: int64; where the stretch begins in the longer of both.
    """

    lam_B: np.ndarray
    partner_B: np.ndarray
    start_B: np.ndarray


def drawn(lam_B: np.ndarray, partner_share_B: np.ndarray, start_share_B: np.ndarray, length_B: np.ndarray) -> Mix:
    """The mix that draws stand for, which were made clip by clip, before the batch was known.

    Args:
        lam_B: In [0, 1], from a Beta distribution.
        partner_share_B: In [0, 1); which of the other clips. A clip that is alone is its own partner.
        start_share_B: In [0, 1); which stretch.
        length_B: Frames.
    """
    num_clips = len(lam_B)
    offset_B = 1 + (partner_share_B * (num_clips - 1)).astype(np.int64)
    partner_B = (np.arange(num_clips) + offset_B) % num_clips
    room_B = np.abs(length_B - length_B[partner_B])
    return Mix(np.maximum(lam_B, 1 - lam_B).astype(np.float32), partner_B, (start_share_B * room_B).astype(np.int64))


def mixed(
    x_BTF: np.ndarray, length_B: np.ndarray, mix: Mix, is_seen_BTN: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mixes the clips of a batch.

    Args:
        x_BTF: float32, no NaN, zeros behind each clip. Changed in place.
        is_seen_BTN: float32, 1 if a point is seen. A point that one of both lacks is then the other's; without it, it
            is mixed with the 0 that stands for a missing point (26th place).

    Returns:
        ``x_BTF``, in which frames outside a clip's stretch are its own; and mask (B, T) bool, true on the
        stretch, which is as long as the shorter clip.
    """
    time_T, partner_length_B = np.arange(x_BTF.shape[1]), length_B[mix.partner_B]
    keeps_B = mix.lam_B > MOST
    width_B = np.where(keeps_B, length_B, np.minimum(length_B, partner_length_B))
    begin_B = np.where(keeps_B | (length_B <= partner_length_B), 0, mix.start_B)
    mask_BT = (time_T >= begin_B[:, None]) & (time_T < (begin_B + width_B)[:, None])
    shift_B = np.where(length_B < partner_length_B, mix.start_B, 0) - begin_B
    clip_M, frame_M = np.nonzero(mask_BT & ~keeps_B[:, None])  # M: mixed frames of all clips
    own_M, other_M = (
        clip_M * len(time_T) + frame_M,
        mix.partner_B[clip_M] * len(time_T) + frame_M + shift_B[clip_M],
    )
    lam_M1 = mix.lam_B[clip_M, None]
    rows_QF = x_BTF.reshape(-1, x_BTF.shape[-1])  # Q: frames of the whole batch; a view
    values_MF = lam_M1 * rows_QF[own_M] + (1 - lam_M1) * rows_QF[other_M]
    if is_seen_BTN is not None:
        is_seen_QN = is_seen_BTN.reshape(-1, is_seen_BTN.shape[-1])
        share_MN = lam_M1 * is_seen_QN[own_M] + (1 - lam_M1) * is_seen_QN[other_M]
        share_MN[share_MN == 0] = 1
        values_MF[:, :NUM_COORDINATES].reshape(-1, NUM_COORDINATES // AXES, AXES)[:] /= share_MN[..., None]
    rows_QF[own_M] = values_MF
    return x_BTF, mask_BT
