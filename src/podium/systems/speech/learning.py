"""What learns to tell words.

Stages of a clip: ``raw`` (16000,), and those of `podium.systems.speech.network`.

Letters in tensor names: B batch, W samples, V classes.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from podium.systems.speech.network import Network
from podium.systems.speech.readings import OUTPUT
from podium.systems.speech.recipe import Recipe
from podium.systems.speech.shapes import TTA_GAIN, TTA_SHIFT
from podium.training.learner import LOSS, Batch, Learner, Progress
from podium.training.reduction import part_of_mean


class WordLearner(Learner):
    """One network."""

    def __init__(self, network: Network, recipe: Recipe) -> None:
        super().__init__(network)
        self._learning, self._hears = recipe.learning, recipe.labelling

    def forward(self, batch: Batch, progress: Progress, generator: torch.Generator) -> dict[str, Tensor]:
        """``loss``; ``data_loss`` without the sum of squares; ``accuracy`` on what training hears."""
        logits_BV, target_BV = self.network(batch["x_BW"]).float(), batch["target_BV"]
        data_loss = smoothed_loss(logits_BV, target_BV, self._learning.label_smoothing)
        squares = sum(parameter.square().sum() for parameter in self.network.decayed())
        accuracy = (logits_BV.argmax(1) == target_BV.argmax(1)).float().mean()
        return {"loss": data_loss + self._learning.l2 * squares, "data_loss": data_loss, "accuracy": accuracy}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """Probabilities (B, V)."""
        return {OUTPUT: probabilities(self.network, batch["x_BW"])}

    def validating(self, batch: Batch) -> dict[str, Tensor]:
        """The same with the cross-entropy of each clip's label, without smoothing and the sum of squares."""
        logits_BV = self.network(batch["x_BW"]).float()
        loss_B = -(batch["target_BV"] * logits_BV.log_softmax(1)).sum(1)
        return {OUTPUT: logits_BV.softmax(1), LOSS: loss_B}

    def labelling(self, batch: Batch) -> dict[str, Tensor]:
        """The same, after as many looks at a clip as the recipe says."""
        looks = left_loud if self._hears == "left_loud" else probabilities
        return {OUTPUT: looks(self.network, batch["x_BW"])}

    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The stages of a clip, (16000,) float32."""
        return {"raw": x, **observe(self.network, x)}


def make(recipe: Recipe) -> WordLearner:
    """A recipe's learner with fresh weights, drawn from torch's default generator."""
    return WordLearner(Network(recipe.model), recipe)


def smoothed_loss(logits_BV: Tensor, target_BV: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy over the clips of all processes; each target gives a share away, spread over all classes."""
    target_BV = target_BV * (1 - smoothing) + smoothing / target_BV.shape[1]
    loss = -(target_BV * F.log_softmax(logits_BV, 1)).sum(1).mean()
    return part_of_mean(loss, logits_BV.new_tensor(len(logits_BV)))


def probabilities(network: Network, x_BW: Tensor) -> Tensor:
    """(B, V), of clips as they are."""
    return network(x_BW).float().softmax(1)


def left_loud(network: Network, x_BW: Tensor) -> Tensor:
    """(B, V), the mean of three looks at a clip: as it is, rolled to the left, and louder, beyond ±1 if it comes to
    that (the winner's test-time augmentation)."""
    looks = (x_BW, x_BW.roll(TTA_SHIFT, 1), x_BW * TTA_GAIN)
    return torch.stack([probabilities(network, look_BW) for look_BW in looks]).mean(0)


@torch.no_grad()
def observe(network: Network, x_W: np.ndarray) -> dict[str, np.ndarray]:
    """What a network computes of a clip by itself."""
    stages = network.inside(torch.from_numpy(np.ascontiguousarray(x_W, np.float32))[None])
    return {name: value[0].numpy() for name, value in stages.items()}
