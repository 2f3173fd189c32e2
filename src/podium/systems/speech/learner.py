"""What learns to tell words, and what several networks say together.

Letters in tensor names: W samples.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from podium.systems.speech.checkpoint import import_checkpoint
from podium.systems.speech.conversion import to_12
from podium.systems.speech.learning import left_loud, make, observe, probabilities
from podium.systems.speech.readings import OUTPUT
from podium.systems.speech.recipe import Recipe

__all__ = ["assemble", "import_checkpoint", "make"]


class WordAssembly:
    """The mean of the networks' probabilities of 12 classes, after as many looks at a clip as the file takes.

    Args:
        networks: On the CPU, in evaluation mode.
        settings: See `podium.systems.speech.plan.Settings`.
    """

    def __init__(self, networks: Sequence[nn.Module], settings: Mapping[str, Any]) -> None:
        self._networks = networks
        self._looks = left_loud if settings.get("looks") == "left_loud" else probabilities
        self._rule = settings.get("rule", "sum")

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """A clip, (16000,) float32 → probabilities (12,), as the file returns them."""
        return self.inside(x)[0]

    @torch.no_grad()
    def inside(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Outputs as of `answer`; and stages: the input "x", and of each network those of the clip as it is."""
        x_1W = torch.from_numpy(np.ascontiguousarray(x, np.float32))[None]
        told = [to_12(self._looks(network, x_1W).numpy()[0], self._rule) for network in self._networks]
        seen = [observe(network, x) for network in self._networks]
        stages = {f"{index}/{stage}": value for index, one in enumerate(seen) for stage, value in one.items()}
        return {OUTPUT: np.mean(told, axis=0)}, {"x": np.asarray(x, np.float32), **stages}


def assemble(networks: Sequence[nn.Module], recipes: Sequence[Recipe], settings: Mapping[str, Any]) -> WordAssembly:
    """All members as one."""
    return WordAssembly(networks, settings)
