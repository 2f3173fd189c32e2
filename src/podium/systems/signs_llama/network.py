"""The LLaMA-like transformer over frames in torch: a class token reads the clip.

Letters in tensor names: B batch, T frames, S tokens (class token, then frames), F features, D width, H heads, K width
of a head, V signs.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_llama.recipe import Model
from podium.training.batch_norm import MaskedBatchNorm

NORM_EPSILON = 1e-5
HIDDEN = -30000.0  # added to the score of a key that must not be seen; 0 after the softmax in every precision


class SignTransformer(nn.Module):
    """Frames → logits of signs.

    Args:
        config: Sizes.
        num_features: F.
        max_frames: Most frames of a clip.
    """

    def __init__(self, config: Model, num_features: int, max_frames: int) -> None:
        super().__init__()
        self.config, dim = config, config.dim
        self.stem, self.stem_norm = nn.Linear(num_features, dim), MaskedBatchNorm(dim)
        self.positions = nn.Embedding(max_frames, dim)
        self.class_token = nn.Embedding(1, dim)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_blocks))
        self.norm, self.head_norm = RootMeanSquareNorm(dim), MaskedBatchNorm(dim)
        self.head_dropout = nn.Dropout(config.p_head_dropout)
        self.head = nn.Linear(dim, len(SIGNS))

    def forward(self, x_BTF: Tensor, mask_BT: Tensor) -> Tensor:
        """Logits (B, V).

        Args:
            x_BTF: Features, see `podium.systems.signs_llama.preparation.features`.
            mask_BT: True on frames that are read.
        """
        return self.decide(self.encode(x_BTF, mask_BT))

    def encode(self, x_BTF: Tensor, mask_BT: Tensor) -> Tensor:
        """The tokens behind the last block and its norm, (B, S, D)."""
        counted_BT = mask_BT
        if self.config.choices.batch_norm == "published":
            counted_BT = torch.ones_like(mask_BT)
        h_BTD = self.stem_norm(self.stem(x_BTF), counted_BT) + self.positions.weight[: x_BTF.shape[1]]
        h_BSD = torch.cat([self.class_token.weight.expand(len(h_BTD), 1, -1), h_BTD], dim=1)
        hidden_B11S = torch.zeros_like(mask_BT, dtype=torch.float32).masked_fill(~mask_BT, HIDDEN)
        hidden_B11S = F.pad(hidden_B11S, (1, 0))[:, None, None]
        rotation = rotary_table(h_BSD.shape[1], self.config.head_dim, h_BSD.device)
        for block in self.blocks:
            h_BSD = block(h_BSD, hidden_B11S, rotation)
        return self.norm(h_BSD)

    def decide(self, h_BSD: Tensor) -> Tensor:
        """Logits (B, V) by the class token."""
        h_B1D = h_BSD[:, :1]
        everything_B1 = torch.ones(h_B1D.shape[:2], dtype=torch.bool, device=h_B1D.device)
        return self.head(self.head_dropout(self.head_norm(h_B1D, everything_B1)[:, 0]))

    def attention_dropouts(self) -> list[nn.Dropout]:
        """Those of attention weights."""
        return [block.attention.dropout for block in self.blocks]


class RootMeanSquareNorm(nn.Module):
    """x over the root of its mean square, times a learnt gain; in float32."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → the same shape and dtype."""
        x32 = x.float()
        return (x32 * torch.rsqrt(x32.square().mean(-1, keepdim=True) + NORM_EPSILON) * self.weight).to(x.dtype)


class Block(nn.Module):
    """Attention, then a gated feed-forward; each behind a norm, and added."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.attention_norm, self.attention = RootMeanSquareNorm(config.dim), Attention(config)
        self.feed_forward_norm, self.feed_forward = RootMeanSquareNorm(config.dim), GatedFeedForward(config)

    def forward(self, x_BSD: Tensor, hidden_B11S: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """(B, S, D) → (B, S, D); see `Attention`."""
        x_BSD = x_BSD + self.attention(self.attention_norm(x_BSD), hidden_B11S, rotation)
        return x_BSD + self.feed_forward(self.feed_forward_norm(x_BSD))


class Attention(nn.Module):
    """Multi-head attention whose queries and keys are rotated by their place."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.num_heads, dim = config.num_heads, config.dim
        self.query_key_value = nn.Linear(dim, 3 * dim, bias=False)
        self.dropout = nn.Dropout(config.p_dropout)
        self.out = nn.Linear(dim, dim)
        self.out_dropout = nn.Dropout(config.p_dropout)

    def forward(self, x_BSD: Tensor, hidden_B11S: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """(B, S, D) → (B, S, D).

        Args:
            hidden_B11S: Added to scores: 0 at tokens that are read, `HIDDEN` at others.
            rotation: As `rotary_table` makes it.
        """
        return self.out_dropout(self.out(self.context(x_BSD, hidden_B11S, rotation)))

    def context(self, x_BSD: Tensor, hidden_B11S: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """What the heads have read, side by side, (B, S, D)."""
        parts_3BHSK = self.query_key_value(x_BSD).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        q_BHSK, k_BHSK, v_BHSK = parts_3BHSK.unbind(0)
        q_BHSK, k_BHSK = rotate(q_BHSK * q_BHSK.shape[-1] ** -0.5, rotation), rotate(k_BHSK, rotation)
        # Not torch's fused kernel: on a CPU that takes five times as long for the gradients of bfloat16.
        score_BHSS = q_BHSK @ k_BHSK.transpose(2, 3) + hidden_B11S.to(q_BHSK.dtype)
        weight_BHSS = score_BHSS.softmax(-1, dtype=torch.float32).to(v_BHSK.dtype)
        return (self.dropout(weight_BHSS) @ v_BHSK).transpose(1, 2).flatten(2)


class GatedFeedForward(nn.Module):
    """SwiGLU: silu(a)·b of two projections, and back; no biases."""

    def __init__(self, config: Model) -> None:
        super().__init__()
        self.gate_up = nn.Linear(config.dim, 2 * config.hidden_dim, bias=False)
        self.down = nn.Linear(config.hidden_dim, config.dim, bias=False)
        self.dropout = nn.Dropout(config.p_dropout)

    def forward(self, x_BSD: Tensor) -> Tensor:
        """(B, S, D) → (B, S, D)."""
        gate, up = self.gate_up(x_BSD).chunk(2, dim=-1)
        return self.dropout(self.down(F.silu(gate) * up))


def rotary_table(num_tokens: int, head_dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines (S, K) of the rotation: pair i of channels, 2i and 2i + 1, turns by place · 10000^(−2i/K)."""
    frequency = 10000.0 ** (-torch.arange(0, head_dim, 2, device=device, dtype=torch.float64) / head_dim)
    place_S = torch.arange(num_tokens, device=device, dtype=torch.float64)
    angle_SK = torch.outer(place_S, frequency).repeat_interleave(2, dim=1)
    return angle_SK.cos().float(), angle_SK.sin().float()


def rotate(x_BHSK: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turns each pair of neighbouring channels by its token's angle."""
    cosine_SK, sine_SK = (table.to(x_BHSK.dtype) for table in rotation)
    turned_BHSK = torch.stack([-x_BHSK[..., 1::2], x_BHSK[..., ::2]], dim=-1).flatten(-2)
    return x_BHSK * cosine_SK + turned_BHSK * sine_SK
