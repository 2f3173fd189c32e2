"""The network in torch: points of a frame → MLPs for groups of points → DeBERTa layers over frames → a sign.

Letters in tensor names: B batch, T frames, C coordinates (x, y, z), N the 100 points, E width of a point, G points of a
group, D width of a group, W width of a frame, V signs.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.signs.vocabulary import SIGNS
from podium.systems.signs_deberta.keypoints import (
    CONV_DIM,
    CONV_WIDTH,
    GROUP_SIZES,
    GROUPS,
    NUM_POINTS,
    NUM_TYPES,
    PAD,
    TYPES,
)
from podium.systems.signs_deberta.layer import Layer
from podium.systems.signs_deberta.recipe import Model, Size
from podium.training.batch_norm import MaskedBatchNorm

EXTRA_FRAMES = 2  # of zeros that the original's file puts behind a clip, in place of training's padding
WIDE = 256  # from this width on, groups have the whole dropout


class Mix(NamedTuple):
    """Each clip of a batch is mixed with another one.

    Attributes:
        partner_B: int64.
        share_B: float32; what a clip keeps of itself.
        layer: Before which one.
    """

    partner_B: Tensor
    share_B: Tensor
    layer: int


class SignNetwork(nn.Module):
    """Frames → logits of signs.

    Args:
        config: What all networks of a recipe share.
        size: Of this one.
        max_frames: Most frames of a clip.
    """

    def __init__(self, config: Model, size: Size, max_frames: int) -> None:
        super().__init__()
        self.choices, dims, p_dropout = config.choices, size.layer_dims, config.p_dropout
        self.points = Points(config.embedding_dim)
        p_group = p_dropout if size.dense_dim >= WIDE else p_dropout / 2
        self.groups = nn.ModuleDict(
            {
                name: Dense(number * config.embedding_dim, size.dense_dim, p_group)
                for name, number in GROUP_SIZES.items()
            }
        )
        self.full = Dense(NUM_POINTS * config.embedding_dim, size.dense_dim, p_group)
        self.frame = Dense(4 * size.dense_dim, dims[0], p_dropout)
        self.layers = nn.ModuleList(
            Layer(dim, out_dim, config.num_heads, max_frames, p_dropout * factor)
            for dim, out_dim, factor in zip(dims[:-1], dims[1:], size.dropout_factors, strict=True)
        )
        self.head = nn.Linear(dims[-1], len(SIGNS))

    def forward(self, x_BTCN: Tensor, mask_BT: Tensor, mix: Mix | None = None, is_file: bool = False) -> Tensor:
        """Logits (B, V).

        Args:
            x_BTCN: See `podium.systems.signs_deberta.preparation`; 0 on padding.
            mask_BT: True on frames.
            is_file: As the file computes it, which in the original is not as in training. No padding then.
        """
        return self.head(self.pool(x_BTCN, mask_BT, mix, is_file))

    def pool(self, x_BTCN: Tensor, mask_BT: Tensor, mix: Mix | None, is_file: bool) -> Tensor:
        """What is known of each clip, (B, W)."""
        choice = "corrected" if is_file else self.choices.positions
        h_BTW = self.frames(x_BTCN, mask_BT, is_file)
        for index, layer in enumerate(self.layers):
            if mix is not None and mix.layer == index:
                h_BTW, mask_BT = self.mixed(h_BTW, mask_BT, mix)
            h_BTW = layer(h_BTW, mask_BT, choice)
        weight_BT1 = mask_BT[..., None].to(h_BTW.dtype)
        return (h_BTW * weight_BT1).sum(1) / weight_BT1.sum(1)

    def mixed(self, h_BTW: Tensor, mask_BT: Tensor, mix: Mix) -> tuple[Tensor, Tensor]:
        """Frames that are mixed with the partner's; those of both clips count as frames."""
        if self.choices.padding == "corrected":
            h_BTW = h_BTW * mask_BT[..., None]
        share_B11 = mix.share_B[:, None, None].to(h_BTW.dtype)
        return torch.lerp(h_BTW[mix.partner_B], h_BTW, share_B11), mask_BT | mask_BT[mix.partner_B]

    def frames(self, x_BTCN: Tensor, mask_BT: Tensor, is_file: bool = False) -> Tensor:
        """(B, T, W): each frame by itself, 0 on padding."""
        is_published = self.choices.padding == "published"
        counted_BT = torch.ones_like(mask_BT) if is_published else mask_BT
        f_BTNE = self.points(x_BTCN, mask_BT, is_published, EXTRA_FRAMES if is_file and is_published else 0)
        seen = {}
        for name, parts in GROUPS.items():
            group_BTGE = torch.cat([f_BTNE[:, :, part] for part in parts], dim=2)
            group_BTGE = group_BTGE - mean_of(group_BTGE, mask_BT)
            if is_published:  # else nobody looks at padding
                group_BTGE = group_BTGE * mask_BT[..., None, None]
            seen[name] = self.groups[name](group_BTGE.flatten(2), counted_BT)
        hand_BTD = torch.maximum(seen["left_hand"], seen["right_hand"])
        full_BTD = self.full(f_BTNE.flatten(2), counted_BT)
        h_BTW = self.frame(torch.cat([full_BTD, hand_BTD, seen["lips"], seen["face"]], dim=-1), counted_BT)
        return h_BTW * mask_BT[..., None]


def mean_of(f_BTGE: Tensor, mask_BT: Tensor) -> Tensor:
    """(B, 1, 1, E): over all points of a group and all frames."""
    weight_BT = mask_BT.to(f_BTGE.dtype)
    weight_BT = weight_BT / (weight_BT.sum(1, keepdim=True) * f_BTGE.shape[2])
    return torch.einsum("btge,bt->be", f_BTGE, weight_BT)[:, None, None]


class Points(nn.Module):
    """Which point it is, of which type, and how it moves: a vector for each point of each frame."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.type_embedding = nn.Embedding(NUM_TYPES, dim, padding_idx=PAD)
        self.point_embedding = nn.Embedding(NUM_POINTS + 1, dim, padding_idx=PAD)
        self.type_norm, self.point_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        padding = CONV_WIDTH // 2
        self.conv1 = nn.Conv1d(3, CONV_DIM, CONV_WIDTH, padding=padding, bias=False)
        self.conv2 = nn.Conv1d(CONV_DIM, dim, CONV_WIDTH, padding=padding, bias=False)
        self.motion = nn.Linear(3 + dim, dim)
        self.linear = nn.Linear(3 * dim, dim)
        self.register_buffer("types_N", torch.from_numpy(TYPES), persistent=False)

    def forward(self, x_BTCN: Tensor, mask_BT: Tensor, sees_padding: bool, extra_frames: int = 0) -> Tensor:
        """(B, T, 3, N) → (B, T, N, E).

        Nothing but linear layers stands between the coordinates and what leaves here, so these are multiplied with each
        other and not with the points.

        Args:
            sees_padding: The second convolution sees what the first one makes of padding.
            extra_frames: Of zeros behind the clip.
        """
        dim, num_frames = self.linear.out_features, x_BTCN.shape[1]
        for_names_ED, for_motion_EE = self.linear.weight.split([2 * dim, dim], dim=1)
        for_raw_EC, for_conv_EE = (for_motion_EE @ self.motion.weight).split([3, dim], dim=1)
        x_BTNC = F.pad(x_BTCN.transpose(2, 3), (0, 0, 0, 0, 0, extra_frames))
        h_BTNI = F.linear(windows(x_BTNC), self.conv1.weight.transpose(1, 2).flatten(1))
        if not sees_padding:
            h_BTNI = h_BTNI * mask_BT[:, :, None, None]
        kernel_EKI = torch.einsum("eo,oik->eki", for_conv_EE, self.conv2.weight)
        shift_E = for_motion_EE @ self.motion.bias + self.linear.bias
        name_NE, pad_1E = (F.linear(one, for_names_ED, shift_E) for one in self.names())
        if sees_padding:
            name_NE = torch.where(mask_BT[..., None, None], name_NE, pad_1E)
        f_BTNE = F.linear(windows(h_BTNI), kernel_EKI.flatten(1)) + F.linear(x_BTNC, for_raw_EC)
        return f_BTNE[:, :num_frames] + name_NE

    def names(self) -> tuple[Tensor, Tensor]:
        """Type and point of each point (N, 2E), and of padding (1, 2E), which learns nothing."""
        types_NE, points_NE = self.type_embedding.weight[self.types_N], self.point_embedding.weight[1:]
        pads = (one.weight[PAD : PAD + 1].detach() for one in (self.type_embedding, self.point_embedding))
        return tuple(
            torch.cat([self.type_norm(types), self.point_norm(points)], dim=1)
            for types, points in ((types_NE, points_NE), tuple(pads))
        )


def windows(x_BTNC: Tensor) -> Tensor:
    """(B, T, N, C) → (B, T, N, K·C): each frame with its neighbours, zeros beyond the ends; a product of these with a
    kernel is a convolution over time."""
    num_frames, margin = x_BTNC.shape[1], CONV_WIDTH // 2
    x_BTNC = F.pad(x_BTNC, (0, 0, 0, 0, margin, margin))
    return torch.cat([x_BTNC[:, tap : tap + num_frames] for tap in range(CONV_WIDTH)], dim=-1)


class Dense(nn.Module):
    """Linear, batch norm, dropout, Mish."""

    def __init__(self, inputs: int, outputs: int, p_dropout: float) -> None:
        super().__init__()
        self.linear, self.norm, self.dropout = (
            nn.Linear(inputs, outputs),
            MaskedBatchNorm(outputs),
            nn.Dropout(p_dropout),
        )

    def forward(self, x_BTI: Tensor, counted_BT: Tensor) -> Tensor:
        """(B, T, inputs) → (B, T, outputs).

        Args:
            counted_BT: True on frames that count in the norm's statistics.
        """
        return F.mish(self.dropout(self.norm(self.linear(x_BTI), counted_BT)))
