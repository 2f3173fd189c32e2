"""The Squeezeformer encoder of both rounds.

Letters in tensor names: B batch, T frames, D width.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.attention import hide
from podium.systems.fingerspelling.networks.layers import Affine, ConvModule, FeedForward
from podium.systems.fingerspelling.recipe import Model
from podium.training.batch_norm import NORM_EPSILON


class Block(nn.Module):
    """Attention, feed-forward, convolution, feed-forward; post-norms, and a learnt affine before each module.

    Layer norms and feed-forwards work frame by frame, so pads cannot reach valid frames through them; they are computed
    everywhere, which is faster than gathering the valid frames.

    Args:
        attention: (x_BTD, hidden_B11T, positions) → (B, T, D).
    """

    def __init__(self, config: Model, attention: nn.Module) -> None:
        super().__init__()
        dim = config.dim
        self.attention = attention
        self.ff1 = FeedForward(dim, config.p_dropout)
        self.conv = ConvModule(
            dim, config.kernel_size, config.p_dropout, pads_leak=config.choices.conv_padding == "published"
        )
        self.ff2 = FeedForward(dim, config.p_dropout)
        for name in ("attention", "ff1", "conv", "ff2"):
            self.add_module(f"affine_{name}", Affine(dim))
            self.add_module(f"norm_{name}", nn.LayerNorm(dim, eps=NORM_EPSILON))

    def forward(self, x_BTD: Tensor, mask_BT: Tensor, hidden_B11T: Tensor, positions: object) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x_BTD = x_BTD + self.attention(self.affine_attention(x_BTD), hidden_B11T, positions)
        x_BTD = self.norm_attention(x_BTD)
        x_BTD = self.norm_ff1(x_BTD + self.ff1(self.affine_ff1(x_BTD)))
        x_BTD = x_BTD + self.conv(self.affine_conv(x_BTD), mask_BT)
        x_BTD = self.norm_conv(x_BTD)
        return self.norm_ff2(x_BTD + self.ff2(self.affine_ff2(x_BTD)))


class Encoder(nn.Module):
    """A stack of blocks that share one table of positions.

    Args:
        make_attention: Builds the attention of one block.
        make_positions: (number of frames, device) → what the attentions take as positions.
    """

    def __init__(
        self,
        config: Model,
        make_attention: Callable[[], nn.Module],
        make_positions: Callable[[int, torch.device], object],
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(config, make_attention()) for _ in range(config.num_blocks))
        self.make_positions = make_positions

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D); rows of pads hold something finite without meaning."""
        positions = self.make_positions(x_BTD.shape[1], x_BTD.device)
        hidden_B11T = hide(mask_BT[:, None, None, :])
        for block in self.blocks:
            x_BTD = block(x_BTD, mask_BT, hidden_B11T, positions)
        return x_BTD
