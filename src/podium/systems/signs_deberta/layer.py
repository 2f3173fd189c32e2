"""The DeBERTa layer over frames in torch: attention that sees contents and distances.

Letters in tensor names: B batch, T frames, D width of a frame, O width behind the layer, H heads, K width of a head,
R rows of the table of distances, two for each frame.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.config import Choice

NORM_EPSILON = 1e-7
HIDDEN = -30000.0  # added to the score of a frame that must not be seen; 0 after the softmax in every precision


def table_rows(distance_R: np.ndarray, max_frames: int, choice: Choice) -> np.ndarray:
    """(R,) int64: rows of the table of 2·max_frames distances.

    Args:
        choice: "published": those beyond half of max_frames are rounded on a logarithmic scale.
    """
    if choice == "published":
        middle = max_frames // 2
        size_R = np.maximum(np.abs(distance_R), middle)
        steps_R = np.log(size_R / middle) / math.log((max_frames - 1) / middle) * (middle - 1)
        far_R = np.sign(distance_R) * (np.ceil(steps_R) + middle)
        distance_R = np.where(np.abs(distance_R) <= middle, distance_R, far_R).astype(np.int64)
    return np.clip(distance_R + max_frames, 0, 2 * max_frames - 1)


class Layer(nn.Module):
    """Attention, then a feed-forward of one width whose skip joins before the projection to the next width."""

    def __init__(self, dim: int, out_dim: int, num_heads: int, max_frames: int, p_dropout: float) -> None:
        super().__init__()
        self.attention = Attention(dim, num_heads, max_frames, p_dropout)
        self.attention_norm = nn.LayerNorm(dim, NORM_EPSILON)
        self.up, self.down = nn.Linear(dim, dim), nn.Linear(dim, out_dim)
        self.norm = nn.LayerNorm(out_dim, NORM_EPSILON)
        self.dropout = nn.Dropout(p_dropout)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor, choice: Choice) -> Tensor:
        """(B, T, D) → (B, T, O).

        Args:
            mask_BT: True on frames; others are not seen, and what becomes of them means nothing.
            choice: As of `table_rows`.
        """
        attended_BTD = self.attention_norm(self.attention(x_BTD, mask_BT, choice) + x_BTD)
        hidden_BTD = F.mish(self.up(attended_BTD)) + attended_BTD
        return self.norm(self.dropout(self.down(hidden_BTD)))


class Attention(nn.Module):
    """Multi-head attention; a score is the sum of query · key, query · distance and key · distance."""

    def __init__(self, dim: int, num_heads: int, max_frames: int, p_dropout: float) -> None:
        super().__init__()
        self.num_heads, self.max_frames = num_heads, max_frames
        self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
        self.positions = nn.Embedding(2 * max_frames, dim)
        self.positions_norm = nn.LayerNorm(dim, NORM_EPSILON)
        self.out = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(p_dropout)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor, choice: Choice) -> Tensor:
        """(B, T, D) → (B, T, D); see `Layer`."""
        return self.dropout(self.out(self.context(x_BTD, mask_BT, choice)))

    def context(self, x_BTD: Tensor, mask_BT: Tensor, choice: Choice) -> Tensor:
        """What the heads have read, side by side, (B, T, D); 0 for what is no frame."""
        q_BHTK, k_BHTK, v_BHTK = (self._split(one(x_BTD)) for one in (self.query, self.key, self.value))
        q_BHTK = q_BHTK * (3 * q_BHTK.shape[-1]) ** -0.5
        from_query_HRK, from_key_HRK = self.distances(x_BTD.shape[1], choice)
        score_BHTT = q_BHTK @ k_BHTK.transpose(2, 3)
        score_BHTT = score_BHTT + shifted(q_BHTK @ from_query_HRK.transpose(1, 2))
        score_BHTT = score_BHTT + shifted(k_BHTK @ from_key_HRK.transpose(1, 2)).transpose(2, 3)
        hidden_B11T = torch.zeros_like(mask_BT, dtype=score_BHTT.dtype).masked_fill(~mask_BT, HIDDEN)[:, None, None]
        weight_BHTT = (score_BHTT + hidden_B11T).softmax(-1, dtype=torch.float32).to(v_BHTK.dtype)
        weight_BHTT = self.dropout(weight_BHTT * mask_BT[:, None, :, None])
        return (weight_BHTT @ v_BHTK).transpose(1, 2).flatten(2)

    def distances(self, num_frames: int, choice: Choice) -> tuple[Tensor, Tensor]:
        """What queries and keys are multiplied with, (H, R, K) each, R = 2T.

        Row r is of the distance i − j = T − 1 − r for queries, r − T + 1 for keys, as `shifted` wants them.
        """
        distance_S = np.arange(-num_frames, num_frames + 1)  # S = 2T + 1
        rows_S = torch.from_numpy(table_rows(distance_S, self.max_frames, choice)).to(self.positions.weight.device)
        table_SD = self.dropout(self.positions_norm(self.positions(rows_S)))
        for_query_HSK, for_key_HSK = (self._split(one(table_SD[None]))[0] for one in (self.key, self.query))
        scale = (3 * for_key_HSK.shape[-1]) ** -0.5
        return for_query_HSK[:, :-1].flip(1), for_key_HSK[:, 1:] * scale

    def _split(self, x_BTD: Tensor) -> Tensor:
        return x_BTD.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


def shifted(y_BHTR: Tensor) -> Tensor:
    """(B, H, T, 2T) → (B, H, T, T): in row i what stands at T − 1 − i + j comes to j."""
    num_frames = y_BHTR.shape[2]
    flat_BHE = y_BHTR.flatten(2)[..., num_frames - 1 : num_frames - 1 + num_frames * (2 * num_frames - 1)]
    return flat_BHE.unflatten(2, (num_frames, 2 * num_frames - 1))[..., :num_frames]
