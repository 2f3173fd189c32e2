"""Attention, and the self-attention of the encoders: with relative (round 1) and with rotary positions (round 2).

Letters in tensor names: B batch, T frames, R relative offsets, D width, H heads, K width of a head.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.layers import dropout


def split_heads(x_BTD: Tensor, num_heads: int) -> Tensor:
    """(B, T, D) → (B, H, T, K)."""
    batch, frames, dim = x_BTD.shape
    return x_BTD.view(batch, frames, num_heads, dim // num_heads).transpose(1, 2)


def join_heads(x_BHTK: Tensor) -> Tensor:
    """(B, H, T, K) → (B, T, D)."""
    return x_BHTK.transpose(1, 2).flatten(2)


# Added to the score of a key that must not be seen: its probability is exactly 0 in every precision, and a clip
# without a single valid frame still has a softmax.
HIDDEN = -30000.0


def hide(is_visible: Tensor) -> Tensor:
    """A boolean mask as what is added to scores: 0 where true, `HIDDEN` elsewhere; float32."""
    return torch.zeros(is_visible.shape, device=is_visible.device).masked_fill(~is_visible, HIDDEN)


def attend(
    q_BHTK: Tensor, k_BHSK: Tensor, v_BHSK: Tensor, bias: Tensor | None = None, p_dropout: float = 0.0
) -> Tensor:
    """softmax(q·kᵀ/√K + bias)·v, the softmax in float32.

    Args:
        bias: Broadcasts to (B, H, T, S).
        p_dropout: Of the probabilities.

    Returns:
        (B, H, T, K).
    """
    q_BHTK = q_BHTK.to(v_BHSK.dtype)
    if q_BHTK.device.type != "cpu":
        bias = None if bias is None else bias.to(v_BHSK.dtype)
        return F.scaled_dot_product_attention(q_BHTK, k_BHSK, v_BHSK, attn_mask=bias, dropout_p=p_dropout)
    # On a CPU torch's fused kernel takes five times as long for the gradients of bfloat16.
    score_BHTS = (q_BHTK * q_BHTK.shape[-1] ** -0.5) @ k_BHSK.transpose(2, 3)
    if bias is not None:
        score_BHTS += bias.to(score_BHTS.dtype)
    p_BHTS = score_BHTS.softmax(-1, dtype=torch.float32).to(v_BHSK.dtype)
    return dropout(p_BHTS, p_dropout) @ v_BHSK


class RotaryAttention(nn.Module):
    """Multi-head attention whose queries and keys are rotated by their frame number; no biases, no dropout."""

    def __init__(self, dim: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            self.add_module(name, nn.Linear(dim, dim, bias=False))

    def forward(self, x_BTD: Tensor, hidden_B11T: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """Attends.

        Args:
            hidden_B11T: Added to scores: 0 at valid frames, `HIDDEN` at pads.
            rotation: Cosines and sines, each (T, K), as `rotary_table` makes them.

        Returns:
            (B, T, D); rows of pads hold something finite without meaning.
        """
        q_BHTK = rotate(split_heads(self.q_proj(x_BTD), self.num_heads), rotation)
        k_BHTK = rotate(split_heads(self.k_proj(x_BTD), self.num_heads), rotation)
        v_BHTK = split_heads(self.v_proj(x_BTD), self.num_heads)
        return self.o_proj(join_heads(attend(q_BHTK, k_BHTK, v_BHTK, hidden_B11T)))


def rotary_table(num_frames: int, head_dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotation angles.

    Frequencies 10000^(−2i/K); the K/2 angles stand twice, one after the other, not interleaved.

    Returns:
        Two (num_frames, head_dim) float32.
    """
    frequency = 1.0 / 10000 ** (torch.arange(0, head_dim, 2, device=device).float() / head_dim)
    angle_TK = torch.outer(torch.arange(num_frames, device=device).float(), frequency).repeat(1, 2)
    return angle_TK.cos(), angle_TK.sin()


def rotate(x_BHTK: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turns each pair (k, k + K/2) of channels by its frame's angle."""
    cosine, sine = (table.to(x_BHTK.dtype) for table in rotation)
    first, second = x_BHTK.chunk(2, dim=-1)
    return x_BHTK * cosine + torch.cat([-second, first], dim=-1) * sine


class RelativeAttention(nn.Module):
    """Multi-head attention with sinusoidal relative positions and learnt content and position biases.

    The scores are ((q + content_bias)·k + (q + position_bias)·p) / √K, p the projected sinusoid of the offset between
    query and key.
    """

    def __init__(self, dim: int, num_heads: int, p_dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.p_dropout = p_dropout
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            self.add_module(name, nn.Linear(dim, dim))
        self.pos_proj = nn.Linear(dim, dim, bias=False)
        self.content_bias = nn.Parameter(torch.empty(num_heads, dim // num_heads))
        self.position_bias = nn.Parameter(torch.empty(num_heads, dim // num_heads))
        nn.init.xavier_uniform_(self.content_bias)
        nn.init.xavier_uniform_(self.position_bias)

    def forward(self, x_BTD: Tensor, hidden_B11T: Tensor, offsets_RD: Tensor) -> Tensor:
        """Attends.

        Args:
            hidden_B11T: Added to scores: 0 at valid frames, `HIDDEN` at pads.
            offsets_RD: `offset_table` of T frames.

        Returns:
            (B, T, D); rows of pads hold something finite without meaning.
        """
        scale = (x_BTD.shape[-1] // self.num_heads) ** -0.5
        q_BHTK = split_heads(self.q_proj(x_BTD), self.num_heads)
        k_BHTK = split_heads(self.k_proj(x_BTD), self.num_heads)
        v_BHTK = split_heads(self.v_proj(x_BTD), self.num_heads)
        p_1HRK = split_heads(self.pos_proj(offsets_RD.to(x_BTD.dtype)).unsqueeze(0), self.num_heads)

        position_BHTR = (q_BHTK + self.position_bias.unsqueeze(1)) * scale @ p_1HRK.transpose(2, 3)
        bias_BHTT = relative_shift(position_BHTR) + hidden_B11T.to(position_BHTR.dtype)
        p_dropout = self.p_dropout if self.training else 0.0
        o_BHTK = attend(q_BHTK + self.content_bias.unsqueeze(1), k_BHTK, v_BHTK, bias_BHTT, p_dropout)
        return dropout(self.o_proj(join_heads(o_BHTK)), p_dropout)


def offset_table(num_frames: int, dim: int, device: torch.device) -> Tensor:
    """Sinusoids of the offsets T−1 … −(T−1), sine and cosine interleaved.

    Returns:
        (2·num_frames − 1, dim) float32.
    """
    offset_R = torch.arange(num_frames - 1, -num_frames, -1, device=device).float()
    frequency = torch.exp(torch.arange(0, dim, 2, device=device).float() * (-math.log(10000.0) / dim))
    angle = torch.outer(offset_R, frequency)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def relative_shift(x_BHTR: Tensor) -> Tensor:
    """Scores by offset → scores by key: entry (t, s) is the one of offset t − s.

    (B, H, T, 2T − 1) → (B, H, T, T): a zero column in front turns a reshape into a shift by one per row.
    """
    batch, heads, frames, offsets = x_BHTR.shape
    padded = F.pad(x_BHTR, (1, 0)).view(batch, heads, offsets + 1, frames)
    return padded[:, :, 1:].view(batch, heads, frames, offsets)[..., :frames]
