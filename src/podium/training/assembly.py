"""Several networks as one, as the exported file computes them: what that file is held against."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import nn

Observe = Callable[[nn.Module, np.ndarray], Mapping[str, np.ndarray]]


class MeanAssembly:
    """The mean of the networks' "logits".

    Args:
        networks: On the CPU, in evaluation mode.
        observe: A network and a clip → the named stages of the computation; "logits" is the last.
    """

    def __init__(self, networks: Sequence[nn.Module], observe: Observe) -> None:
        self._networks, self._observe = networks, observe

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """A clip, as the file takes it → "logits", as the file returns them."""
        return self.inside(x)[0]

    @torch.no_grad()
    def inside(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Outputs as of `answer`; and stages: the input "x", and of each network those with an axis of time."""
        seen = [self._observe(network, x) for network in self._networks]
        stages = {f"{index}/{stage}": value for index, one in enumerate(seen) for stage, value in one.items()}
        outputs = {"logits": np.mean([one["logits"] for one in seen], axis=0)}
        return outputs, {"x": x, **{name: value for name, value in stages.items() if value.ndim > 1}}
