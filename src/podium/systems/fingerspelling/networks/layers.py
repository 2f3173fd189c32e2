"""Building blocks of the encoders: the front end, feed-forward and convolution modules.

Letters in tensor names: B batch, T frames, S steps of the encoder, L landmarks, C coordinates, D width, K channels of
the stem, P landmark positions after the stem, I numbers of a patch.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.training.batch_norm import MaskedBatchNorm
from podium.training.reduction import sum_over_ranks

STEM_CHANNELS = 32


def dropout(x: Tensor, p: float) -> Tensor:
    """Zeroes a share p of the numbers and scales the others by 1/(1 − p).

    On a CPU it spends 16 random bits per number. torch's own spends a whole draw of a generator that no second core
    can help: a sixth of the training time of a small network.
    """
    if p == 0 or p == 1 or x.device.type != "cpu":
        return F.dropout(x, p)
    draws = torch.randint(-(2**63), 2**63 - 1, ((x.numel() + 3) // 4,))  # int64: each serves four numbers
    is_kept = draws.view(torch.int16)[: x.numel()].view(x.shape) >= round(p * 2**16) - 2**15
    return x * is_kept.to(x.dtype).mul_(1 / (1 - p))


class Dropout(nn.Module):
    """`dropout` in training, the identity in evaluation."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Shape and dtype of ``x``."""
        return dropout(x, self.p) if self.training else x


class FrontEnd(nn.Module):
    """Landmarks of each frame → features, over an image of frames × landmarks.

    A 3×3 convolution with stride 2 along the landmarks and ``frames_per_step`` along time, batch norm, SiLU, and a
    linear layer over all positions and channels of a step. The batch norm never sees the convolution's output, the
    largest tensor of the network by far: mean and variance of a linear map follow from the covariance of its input, so
    the norm is folded into the kernel.

    Args:
        num_landmarks: Landmarks of the part; their order matters.
        dim: Width of the result.
        frames_per_step: 1, or 2 to take two frames as one: a step then stands for frames 2s and 2s + 1, sees the frame
            before them as well, and is valid if the first of both is.
        published: Batch-norm statistics of the stem include pads, and those of the output follow the last batch
            almost alone (momentum 0.95), as in the 1st-place solution.
    """

    computes_statistics = True

    def __init__(self, num_landmarks: int, dim: int, published: bool, frames_per_step: int = 1) -> None:
        super().__init__()
        self.published = published
        self.frames_per_step = frames_per_step
        self.conv = nn.Conv2d(3, STEM_CHANNELS, 3, stride=(frames_per_step, 2), padding=1, bias=False)
        self.conv_norm = MaskedBatchNorm(STEM_CHANNELS)
        self.linear = nn.Linear(STEM_CHANNELS * ((num_landmarks + 1) // 2), dim, bias=False)
        self.norm = MaskedBatchNorm(dim, momentum=0.95 if published else 0.1)

    def forward(self, x_BTLC: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, num_landmarks, 3), pads zero → (B, ⌈T / frames_per_step⌉, dim), pads zero."""
        mask_BS = steps_of(mask_BT, self.frames_per_step)
        kernel, bias = self._normalised_kernel(x_BTLC, mask_BS)
        # Channels last: each frame's numbers come out side by side, as the linear layer reads them.
        x_BCTL = x_BTLC.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        h_BKSP = F.conv2d(x_BCTL, kernel, bias, self.conv.stride, padding=1)
        h_BSD = self.linear(F.silu(h_BKSP.permute(0, 2, 3, 1)).flatten(2))
        return self.norm(h_BSD, mask_BS) * mask_BS.unsqueeze(-1)

    def _normalised_kernel(self, x_BTLC: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor]:
        """The convolution followed by its batch norm, as one kernel (K, 3, 3, 3) and bias (K,)."""
        norm = self.conv_norm
        if self.training:
            with torch.autocast(x_BTLC.device.type, enabled=False):
                mean_I, covariance_II, count = patch_statistics(
                    x_BTLC, None if self.published else mask_BS, self.frames_per_step
                )
                weight_KI = self.conv.weight.permute(0, 2, 3, 1).flatten(1)  # in the order of the patches
                mean_K = weight_KI @ mean_I
                var_K = ((weight_KI @ covariance_II) * weight_KI).sum(1).clamp(min=0)
            norm.update(mean_K, var_K, count)
        else:
            mean_K, var_K = norm.running_mean, norm.running_var
        scale_K, shift_K = norm.affine(mean_K, var_K)
        return self.conv.weight * scale_K.view(-1, 1, 1, 1), shift_K


def steps_of(mask_BT: Tensor, frames_per_step: int) -> Tensor:
    """(B, T) → (B, ⌈T / frames_per_step⌉): which steps begin with a valid frame."""
    return mask_BT[:, ::frames_per_step]


@torch.no_grad()
def patch_statistics(
    x_BTLC: Tensor, mask_BS: Tensor | None, frames_per_step: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and covariance of the 3×3 patches that the front end's convolution sees.

    A patch holds I = 27 numbers: 3 frames × 3 landmarks × 3 coordinates, in this order.

    Args:
        mask_BS: Steps to count; None counts all.

    Returns:
        mean (27,), population covariance (27, 27), number of patches ().
    """
    batch, frames, landmarks, _ = x_BTLC.shape
    positions = (landmarks + 1) // 2
    padded = F.pad(x_BTLC.float(), (0, 0, 1, 2 * positions - landmarks, 1, 1))
    rows_BTPI = padded.flatten(2).unfold(2, 9, 6)  # (B, T + 2, P, 9): one frame's share of the patches
    patches_BSPI = rows_BTPI.new_empty(batch, -(-frames // frames_per_step), positions, 28)
    patches_BSPI[..., 27] = 1  # this column counts
    for offset in range(3):
        patches_BSPI[..., 9 * offset : 9 * offset + 9] = rows_BTPI[:, offset : offset + frames : frames_per_step]
    if mask_BS is not None:
        patches_BSPI *= mask_BS[:, :, None, None]
    patches_BNI = patches_BSPI.flatten(1, 2)
    # Products clip by clip in float32, their sum in float64: neighbouring frames differ by little.
    moments = sum_over_ranks((patches_BNI.transpose(1, 2) @ patches_BNI).sum(0, dtype=torch.float64))
    count = moments[27, 27]
    mean_I = moments[27, :27] / count
    covariance_II = moments[:27, :27] / count - torch.outer(mean_I, mean_I)
    return mean_I.float(), covariance_II.float(), count.float()


class Affine(nn.Module):
    """A learnt scale and bias per channel, in the place of a pre-norm."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))

    def forward(self, x_BTD: Tensor) -> Tensor:
        """x·scale + bias."""
        return torch.addcmul(self.bias, x_BTD, self.scale)


class FeedForward(nn.Module):
    """Two linear layers of the same width with SiLU between; no half step."""

    def __init__(self, dim: int, p_dropout: float) -> None:
        super().__init__()
        self.linear1 = nn.Linear(dim, dim)
        self.linear2 = nn.Linear(dim, dim)
        self.dropout = Dropout(p_dropout)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        return self.dropout(self.linear2(self.dropout(F.silu(self.linear1(x_BTD)))))


class ConvModule(nn.Module):
    """Gated pointwise, long depthwise and pointwise convolution along time.

    Args:
        pads_leak: Zero pads before the first convolution, whose bias then makes them speak into the last valid frames,
            as in the 1st-place solution. Otherwise pads are zeroed behind the gate.
    """

    def __init__(self, dim: int, kernel_size: int, p_dropout: float, pads_leak: bool) -> None:
        super().__init__()
        self.pads_leak = pads_leak
        self.pointwise1 = nn.Conv1d(dim, 2 * dim, 1)
        self.depthwise = nn.Conv1d(dim, dim, kernel_size, padding=kernel_size // 2, groups=dim, bias=False)
        self.norm = MaskedBatchNorm(dim)
        self.pointwise2 = nn.Conv1d(dim, dim, 1)
        self.dropout = Dropout(p_dropout)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D); rows of pads hold something finite without meaning."""
        valid_BT1 = mask_BT.unsqueeze(-1)
        if self.pads_leak:
            x_BTD = x_BTD * valid_BT1
        # A pointwise convolution is a linear layer on the last dimension, which saves two transposes.
        h_BTD = F.glu(F.linear(x_BTD, self.pointwise1.weight.squeeze(-1), self.pointwise1.bias), dim=-1)
        if not self.pads_leak:
            h_BTD = h_BTD * valid_BT1
        h_BTD = F.silu(self.norm(convolve_depthwise(self.depthwise, h_BTD), mask_BT))
        h_BTD = F.linear(h_BTD, self.pointwise2.weight.squeeze(-1), self.pointwise2.bias)
        return self.dropout(h_BTD)


def convolve_depthwise(convolution: nn.Conv1d, x_BTD: Tensor) -> Tensor:
    """A depthwise convolution along time, on a CPU in its fastest form: (B, T, D) → (B, T, D)."""
    if x_BTD.device.type == "cpu":
        return _convolve_row(x_BTD, convolution.weight, convolution.bias)
    return convolution(x_BTD.transpose(1, 2)).transpose(1, 2)


@torch.compiler.disable  # Inductor would compile it, and all around it, anew for every length of clips
def _convolve_row(x_BTD: Tensor, weight_D1K: Tensor, bias_D: Tensor | None) -> Tensor:
    """As an image of one row whose channels lie side by side, which is the layout that x_BTD has already.

    A fifth of the time of a convolution in one dimension. Not as an image of one column: the gradient of a long kernel
    is wrong there (oneDNN 3.12; off by 9 % at 384 frames).
    """
    num_channels, _, kernel_size = weight_D1K.shape
    x_BD1T, weight_D11K = x_BTD.transpose(1, 2).unsqueeze(2), weight_D1K.unsqueeze(2)
    y_BD1T = F.conv2d(x_BD1T, weight_D11K, bias_D, padding=(0, kernel_size // 2), groups=num_channels)
    return y_BD1T.squeeze(2).transpose(1, 2)


def part_view(x_BTLC: Tensor) -> Tensor:
    """One body part, each frame by itself: centred and scaled per coordinate over the part's landmarks.

    A landmark whose x + y is exactly 0 counts as missing and becomes 0 (1st-place solution, round 2), though it takes
    part in the mean and the deviation. A frame without deviation becomes 0.

    Args:
        x_BTLC: (B, T, part's landmarks, 3), clip-normalised, missing landmarks 0.

    Returns:
        The same shape, float32, finite.
    """
    x_BTLC = x_BTLC.float()
    centred_BTLC = x_BTLC - x_BTLC.mean(2, keepdim=True)
    deviation_BT1C = centred_BTLC.square().mean(2, keepdim=True).sqrt()
    view_BTLC = torch.nan_to_num(centred_BTLC / deviation_BT1C, nan=0.0, posinf=0.0, neginf=0.0)
    is_missing_BTL = x_BTLC[..., 0] + x_BTLC[..., 1] == 0
    return view_BTLC.masked_fill(is_missing_BTL.unsqueeze(-1), 0.0)
