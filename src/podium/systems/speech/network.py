"""Networks over raw sound: depthwise separable convolutions along time, then attention over the nine places left.

A waveform of one second is cut into 800 frames of 40 samples, every 20 samples. The first convolution looks at three
frames in a row, every second one; so it is one convolution of 80 samples, every 40, and is computed as that. It keeps
the shape of its weights, by which the original's checkpoints fit and gradients are the original's.

The stages of a clip: ``1``, ``2``, ``3a`` … ``7b`` (T, C), ``attention_logits`` and ``attention`` (9,), ``pooled``
(C or 2·C,), ``logits`` and ``probabilities`` (V,).

Letters in tensor names: B clips, W samples, T places in time, C, D and O channels, K taps, V classes.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from podium.systems.speech.filters import over_frames, tones
from podium.systems.speech.recipe import Model
from podium.systems.speech.shapes import (
    BLOCKS,
    FRAME_HOP,
    FRAME_SAMPLES,
    NORM_EPSILON,
    NUM_PLACES,
    STEM_FRAMES,
    STEM_HOP,
    STEM_SAMPLES,
    WAVE_PADDING,
    Block,
    same_padding,
)
from podium.training.reduction import num_ranks, sum_over_ranks


class BatchNorm(nn.Module):
    """Batch norm over the last axis as Keras has it: the running variance follows the biased one of the batch. If
    several processes share a batch, the statistics are those of the whole batch.

    Args:
        momentum: Share of the new batch in the running statistics.
    """

    def __init__(self, num_features: int, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x_BTC: Tensor) -> Tensor:
        """(B, T, C) → the same shape."""
        x_NC = x_BTC.reshape(-1, x_BTC.shape[-1])
        if self.training and num_ranks() > 1:
            return self._over_ranks(x_NC).view_as(x_BTC)
        # Copies, since the backward pass wants them as they were.
        mean_C, var_C = (one.clone() if self.training else one for one in (self.running_mean, self.running_var))
        y_NC = F.batch_norm(x_NC, mean_C, var_C, self.weight, self.bias, self.training, self.momentum, NORM_EPSILON)
        if self.training:
            self._follow(mean_C, var_C, len(x_NC))
        return y_NC.view_as(x_BTC)

    def _over_ranks(self, x_NC: Tensor) -> Tensor:
        """The same with sums over all processes: slower than torch's kernel, which knows only this one."""
        count = sum_over_ranks(x_NC.new_tensor(len(x_NC)))
        mean_C = sum_over_ranks(x_NC.sum(0)) / count
        var_C = sum_over_ranks((x_NC - mean_C).square().sum(0)) / count
        with torch.no_grad():
            self.running_mean.lerp_(mean_C, self.momentum)
            self.running_var.lerp_(var_C, self.momentum)
        return (x_NC - mean_C) * torch.rsqrt(var_C + NORM_EPSILON) * self.weight + self.bias

    @torch.no_grad()
    def _follow(self, mean_C: Tensor, var_C: Tensor, count: int) -> None:
        """Takes what torch has made of the running statistics; it has moved them towards the unbiased variance."""
        kept_C = (1 - self.momentum) * self.running_var
        self.running_var.copy_(kept_C + (var_C - kept_C) * ((count - 1) / count))
        self.running_mean.copy_(mean_C)


class Stem(nn.Module):
    """Framing and the first convolution as one."""

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, FRAME_SAMPLES, STEM_FRAMES))
        self.norm = BatchNorm(channels, momentum)
        _glorot_(self.weight, STEM_FRAMES * FRAME_SAMPLES, STEM_FRAMES * channels)

    def forward(self, x_BW: Tensor) -> Tensor:
        """(B, W) → (B, T, C)."""
        shifted = [
            F.pad(self.weight[:, :, frame], (frame * FRAME_HOP, (STEM_FRAMES - 1 - frame) * FRAME_HOP))
            for frame in range(STEM_FRAMES)
        ]
        kernel_CK = torch.stack(shifted).sum(0)
        windows_BTK = F.pad(x_BW, WAVE_PADDING).unfold(1, STEM_SAMPLES, STEM_HOP)
        return F.hardtanh(self.norm(F.linear(windows_BTK, kernel_CK)), 0, 6)


class Separable(nn.Module):
    """Depthwise convolution of three taps, pointwise convolution, batch norm, ReLU6."""

    def __init__(self, block: Block, channels_in: int, channels: int, momentum: float) -> None:
        super().__init__()
        self.stride, self.is_same = block.stride, block.is_same
        self.depthwise = nn.Parameter(torch.empty(channels_in, 1, 3))
        self.pointwise = nn.Parameter(torch.empty(channels, channels_in, 1))
        self.norm = BatchNorm(channels, momentum)
        _glorot_(self.depthwise, 3 * channels_in, 3)
        _glorot_(self.pointwise, channels_in, channels)

    def forward(self, x_BTC: Tensor) -> Tensor:
        """(B, T, C) → (B, T', D)."""
        if self.is_same:
            x_BTC = F.pad(x_BTC, (0, 0, *same_padding(x_BTC.shape[1], self.stride)))
        x_BC1T = x_BTC.transpose(1, 2).unsqueeze(2)  # as an image in channels-last layout: a fast kernel takes it
        y_BC1T = F.conv2d(x_BC1T, self.depthwise.unsqueeze(2), stride=(1, self.stride), groups=x_BC1T.shape[1])
        y_BTC = y_BC1T.squeeze(2).transpose(1, 2)
        return F.hardtanh(self.norm(F.linear(y_BTC, self.pointwise[:, :, 0])), 0, 6)


class MeanHead(nn.Module):
    """Experiment 106: the mean over time of what attention has weighed."""

    def __init__(self, channels: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.attention = nn.Linear(NUM_PLACES * channels, NUM_PLACES, bias=False)
        self.output = nn.Linear(channels, num_classes, bias=False)

    def forward(self, x_BTC: Tensor) -> dict[str, Tensor]:
        """(B, 9, C) → the stages from ``attention_logits`` to ``logits``."""
        scores_BT = self.attention(x_BTC.flatten(1))
        shares_BT = scores_BT.softmax(1)
        pooled_BC = (x_BTC * shares_BT.unsqueeze(2)).mean(1)
        logits_BV = self.output(F.dropout(pooled_BC, self.dropout, self.training))
        return {"attention_logits": scores_BT, "attention": shares_BT, "pooled": pooled_BC, "logits": logits_BV}


class MaxHead(nn.Module):
    """Experiments 195 and 206: the maximum over time of what attention has weighed, and the plain mean."""

    def __init__(self, channels: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.attention = nn.Linear(NUM_PLACES * channels, NUM_PLACES)
        self.output = nn.Linear(2 * channels, num_classes, bias=False)

    def forward(self, x_BTC: Tensor) -> dict[str, Tensor]:
        """(B, 9, C) → the stages from ``attention_logits`` to ``logits``."""
        scores_BT = self.attention(F.dropout(x_BTC.flatten(1), self.dropout, self.training))
        shares_BT = scores_BT.softmax(1)
        pooled_BC = torch.cat([(x_BTC * shares_BT.unsqueeze(2)).amax(1), x_BTC.mean(1)], dim=1)
        logits_BV = self.output(F.dropout(pooled_BC, self.dropout, self.training))
        return {"attention_logits": scores_BT, "attention": shares_BT, "pooled": pooled_BC, "logits": logits_BV}


HEADS = {"attention_mean": MeanHead, "attention_max": MaxHead}


class Network(nn.Module):
    """A recipe's network with fresh weights: Glorot's uniform ones, drawn from torch's default generator."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        momentum = model.batch_norm_momentum
        widths = [model.widths[block.width] for block in BLOCKS]
        self.stem = Stem(model.widths[0], momentum)
        if model.first_filters == "tones":
            with torch.no_grad():
                self.stem.weight.copy_(torch.from_numpy(over_frames(tones(model.widths[0]))))
        self.blocks = nn.ModuleDict({
            block.name: Separable(block, before, width, momentum)
            for block, before, width in zip(BLOCKS, [model.widths[0], *widths], widths, strict=False)
        })  # fmt: skip
        self.head = HEADS[model.name](widths[-1], model.num_classes, model.dropout)
        for linear in (self.head.attention, self.head.output):
            _glorot_(linear.weight, linear.in_features, linear.out_features)
            if linear.bias is not None:
                nn.init.zeros_(linear.bias)

    def forward(self, x_BW: Tensor) -> Tensor:
        """(B, 16000), in [−1, 1] → logits (B, V)."""
        return self.inside(x_BW)["logits"]

    def inside(self, x_BW: Tensor) -> dict[str, Tensor]:
        """All stages by name, in the order of computation."""
        x_BTC = self.stem(x_BW)
        stages = {"1": x_BTC}
        for name, block in self.blocks.items():
            stages[name] = x_BTC = block(x_BTC)
        stages |= self.head(x_BTC)
        return {**stages, "probabilities": stages["logits"].softmax(1)}

    def decayed(self) -> list[nn.Parameter]:
        """The weights that the loss keeps small: not those of depthwise convolutions, which the original leaves out."""
        pointwise = [block.pointwise for block in self.blocks.values()]
        return [self.stem.weight, *pointwise, self.head.attention.weight, self.head.output.weight]


def _glorot_(weight: Tensor, fan_in: int, fan_out: int) -> None:
    limit = math.sqrt(6 / (fan_in + fan_out))
    nn.init.uniform_(weight, -limit, limit)
