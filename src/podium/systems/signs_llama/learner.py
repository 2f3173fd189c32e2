"""What learns isolated signs, and what its networks say together.

Stages of a clip, as `SignLearner.observe` tells them: ``raw`` (T, 543, 3) · ``x`` (T, F), see
`podium.systems.signs_llama.preparation` · ``stem`` (T, D) · of each block ``blocks.{i}.attention`` and ``blocks.{i}``
(S, D), of the last one the class token alone (1, D) · ``norm`` (1, D) · ``head_norm`` (1, D) · ``outputs`` (V,). All
in float32.

Letters in tensor names: B batch, T frames, S tokens, R rows of a frame, F features, D width, V signs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.signs.vocabulary import OUTPUT
from podium.systems.signs_llama.assembling import check_members
from podium.systems.signs_llama.keypoints import ROWS
from podium.systems.signs_llama.network import SignTransformer
from podium.systems.signs_llama.preparation import centred_points, features, num_features, seen_points
from podium.systems.signs_llama.recipe import Data, Recipe
from podium.training.learner import LOSS, Batch, Learner, Progress, watched
from podium.training.reduction import part_of_mean


class SignLearner(Learner):
    """One network.

    Args:
        data: What it sees of a clip.
    """

    def __init__(self, network: SignTransformer, data: Data) -> None:
        super().__init__(network)
        self.data = data

    def forward(self, batch: Batch, progress: Progress, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy with the labels of both clips of each mix."""
        logits_BV, lam_B = self.network(batch["x_BTF"], batch["mask_BT"]).float(), batch["lam_B"]
        own_B = F.cross_entropy(logits_BV, batch["target_B"], reduction="none")
        other_B = F.cross_entropy(logits_BV, batch["other_target_B"], reduction="none")
        loss = (lam_B * own_B + (1 - lam_B) * other_B).mean()
        return {"loss": part_of_mean(loss, logits_BV.new_tensor(len(logits_BV)))}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """Logits (B, V); with ``attention_dropout: published`` some attention is dropped even now."""
        if self.network.config.choices.attention_dropout == "published":
            for dropout in self.network.attention_dropouts():
                dropout.train()
        logits_BV = self.network(batch["x_BTF"], batch["mask_BT"])
        for dropout in self.network.attention_dropouts():
            dropout.train(self.network.training)
        return {OUTPUT: logits_BV}

    def validating(self, batch: Batch) -> dict[str, Tensor]:
        """The same with the cross-entropy of each clip's label."""
        outputs = self.outputs(batch)
        return {**outputs, LOSS: F.cross_entropy(outputs[OUTPUT].float(), batch["target_B"], reduction="none")}

    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The stages at this file's head, of (T, 543, 3) float32, NaN if a landmark is missing, T ≥ 1."""
        x_TF = file_features(x, self.data)
        return {"raw": x, "x": x_TF, **observe(self.network, x_TF)}


def make(recipe: Recipe) -> SignLearner:
    """A recipe's learner with fresh weights, drawn from torch's default generator."""
    network = SignTransformer(recipe.model, num_features(recipe.data.choices), recipe.data.max_frames)
    return SignLearner(network, recipe.data)


def file_features(x_TRC: np.ndarray, data: Data) -> np.ndarray:
    """(T, F): what the file gives to its networks."""
    x_1TNA = centred_points(x_TRC[:, ROWS], data, "file")[None]
    return features(x_1TNA, seen_points(x_1TNA), data.choices)[0]


@torch.no_grad()
def observe(network: SignTransformer, x_TF: np.ndarray) -> dict[str, np.ndarray]:
    """What a network computes of a clip, under the names at this file's head."""
    last = len(network.blocks) - 1
    modules: dict[str, nn.Module] = {"stem": network.stem_norm}
    for index, block in enumerate(network.blocks):
        modules |= {f"blocks.{index}.attention": block.attention, f"blocks.{index}": block}
    modules |= {"norm": network.norm, "head_norm": network.head_norm}
    x_1TF = torch.from_numpy(np.ascontiguousarray(x_TF))[None]
    logits_1V, seen = watched(modules, lambda: network(x_1TF, torch.ones(x_1TF.shape[:2], dtype=torch.bool)))
    of_class_token = {f"blocks.{last}.attention", f"blocks.{last}", "norm"}
    stages = {name: value[0, :1] if name in of_class_token else value[0] for name, value in seen.items()}
    return {name: value.numpy() for name, value in stages.items()} | {OUTPUT: logits_1V[0].numpy()}


class Assembly:
    """The mean of the networks' logits, as the file computes it.

    Args:
        networks: On the CPU, in evaluation mode.
        data: What they all see of a clip.
    """

    def __init__(self, networks: Sequence[SignTransformer], data: Data) -> None:
        self._networks, self._data = networks, data

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """A clip (T, 543, 3) float32, NaN if a landmark is missing → "outputs" (V,)."""
        return self.inside(x)[0]

    def inside(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Outputs as of `answer`; and stages: "x" (T, F), and of each network "{network}/{stage}"."""
        x_TF = file_features(x, self._data)
        seen = [observe(network, x_TF) for network in self._networks]
        outputs_V = np.mean([stages.pop(OUTPUT) for stages in seen], axis=0)
        stages = {f"{index}/{stage}": value for index, one in enumerate(seen) for stage, value in one.items()}
        return {OUTPUT: outputs_V}, {"x": x_TF, **stages}


def assemble(networks: Sequence[SignTransformer], recipes: Sequence[Recipe], settings: Mapping[str, Any]) -> Assembly:
    """All members as one.

    Raises:
        UserError: They do not go together.
    """
    check_members(recipes)
    return Assembly(networks, recipes[0].data)
