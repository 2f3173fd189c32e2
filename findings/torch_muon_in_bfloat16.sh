#!/bin/sh
# torch 2.13.0: torch.optim.Muon computes its orthogonal steps in bfloat16 whatever the type of the weights, on a CPU too.
# Its documentation does not say so. The step of a float64 matrix then has two to three right digits. Where a gradient has
# a low rank, as that of a layer that has seen few tokens, rounding fills the missing directions with noise, which the
# iteration blows up to full size.
# Seen: relative error of a step, full rank 0.014, rank 4 of 64 0.66; the same iteration in float32 0.000001 and 0.00002.
# Why it matters: a run in float32 or float64 is not in that type, seeds and processors differ by more than its rounding, and
# on a processor without products of bfloat16 it takes longer (seen: 11 to 20 times as long as float32, 24 matrices of 96 x 96).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import time

import torch

torch.set_num_threads(1)
A, B, C = 3.4445, -4.7750, 2.0315


def step(gradient: torch.Tensor) -> torch.Tensor:
    """What Muon adds to a weight of zeros, as documented: Nesterov momentum 0.95, five iterations, in the gradient's type."""
    x = gradient * (1 - 0.95**2)
    x = x / x.norm()
    for _ in range(5):
        square = x @ x.T
        x = A * x + (B * square + C * square @ square) @ x
    return -x


def step_of_torch(gradient: torch.Tensor) -> torch.Tensor:
    weight = torch.nn.Parameter(torch.zeros_like(gradient))
    weight.grad = gradient
    torch.optim.Muon([weight], lr=1.0, weight_decay=0.0, momentum=0.95).step()
    return weight.detach()


generator = torch.Generator().manual_seed(0)
left, right = (torch.randn(64, 4, generator=generator, dtype=torch.float64) for _ in range(2))
gradients = {"full rank": torch.randn(64, 64, generator=generator, dtype=torch.float64), "rank 4": left @ right.T}
is_as_seen = True
for name, gradient in gradients.items():
    exact = step(gradient)
    of_torch = ((step_of_torch(gradient) - exact).norm() / exact.norm()).item()
    of_float = ((step(gradient.float()) - exact).norm() / exact.norm()).item()
    print(f"{name}: relative error of the step {of_torch:.2g} in torch.optim.Muon, {of_float:.1g} in float32")
    is_as_seen &= of_torch > (0.1 if name == "rank 4" else 0.003) and of_float < 1e-4
matrices = [torch.randn(96, 96, generator=generator) for _ in range(24)]
seconds = []
for one in (step_of_torch, step):  # told, and no part of the outcome
    begin = time.perf_counter()
    for _ in range(5):
        list(map(one, matrices))
    seconds.append(time.perf_counter() - begin)
print(f"24 matrices of 96 x 96: {seconds[0] / seconds[1]:.0f} times the time of float32")
sys.exit(not is_as_seen)
PYTHON
