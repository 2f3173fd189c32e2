"""What learns to read fingerspelling: one network of the registry.

Stages of a clip, as `FingerspellingLearner.observe` tells them: ``raw`` (T, 390) · ``x`` (T, 130, 3) normalised and
resized · ``mid/frontend``, ``mid/parts`` (networks with front ends for body parts) and ``mid/blocks.{i}`` (steps, D) ·
``encoder`` (steps, D) · ``confidence_logit`` () · ``ids`` (S,) and ``logits`` (S, 63) of each greedy step. All in
float32.

Letters in tensor names: B batch, T frames, K columns (390), L landmarks, C coordinates, D width, S output positions.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from podium.errors import UserError
from podium.landmarks.normalise import normalise, resize
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import greedy
from podium.systems.fingerspelling.networks.teaching import Teachers
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.learner import LOSS, Batch, Learner, Progress, watched


class FingerspellingLearner(Learner):
    """One network.

    Args:
        network: Of the registry.
        max_frames: To which longer clips are shortened.
    """

    def __init__(self, network: SignReader, max_frames: int) -> None:
        super().__init__(network)
        self.max_frames = max_frames
        self._teachers: Teachers | None = None  # no module: neither saved, nor averaged, nor trained

    def learn_from(self, teachers: Sequence["FingerspellingLearner"]) -> None:
        """See `Learner.learn_from`."""
        is_wanted = self.network.config.teaching is not None
        if is_wanted and not teachers:
            raise UserError(
                "model.teaching wants teachers; give the recipe to a stage with labels: {from: [STAGE], how: distill},"
                " or set model.teaching to null"
            )
        if not teachers:
            return
        if not is_wanted:
            raise UserError(
                "the stage has teachers (labels.how: distill), and its recipe does not say what it learns from them;"
                " write model.teaching: {}, or with all shares 0 for the texts alone that they have read"
            )
        if {teacher.max_frames for teacher in teachers} != {self.max_frames}:
            raise UserError(f"data.max_frames is {self.max_frames}, and a teacher has another; give both the same")
        self._teachers = Teachers([teacher.exported for teacher in teachers], self.network)

    def forward(self, batch: Batch, progress: Progress, generator: torch.Generator) -> dict[str, Tensor]:
        """The network's losses; ``generator`` draws which decoder inputs are hidden."""
        return self.network(batch, generator, self._teachers.teach(batch) if self._teachers else None)

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """Greedy "ids" (B, 33), and "confidence" (B,) of a network with that head."""
        return _named(*self.network.generate(batch["x_BTLC"], batch["mask_BT"]))

    def validating(self, batch: Batch) -> dict[str, Tensor]:
        """The same with what the text alone costs; nothing is hidden, and the network's other losses are left out."""
        network = self.network
        e_BTD, mask_BT = network.encode(batch["x_BTLC"], batch["mask_BT"]), network.steps(batch["mask_BT"])
        outputs = _named(*network.write(e_BTD, mask_BT))
        return {**outputs, LOSS: network.text_cost(batch["labels_BS"], e_BTD, mask_BT)}

    def compute_statistics(self, batch: Batch) -> None:
        """Encodes; there are no batch norms behind."""
        self.network.encode(batch["x_BTLC"], batch["mask_BT"])

    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The stages at this file's head, of (T, 390) float32, NaN if a landmark is missing, T ≥ 1."""
        x_TLC = resize(normalise(x), self.max_frames)
        x_BTLC = torch.from_numpy(np.ascontiguousarray(x_TLC))[None]
        seen = observe(self.network, x_BTLC, torch.ones(x_BTLC.shape[:2], dtype=torch.bool))
        return {"raw": x, "x": x_TLC, **{name: value[0].numpy() for name, value in seen.items()}}


def _named(ids_BS: Tensor, confidence_B: Tensor | None) -> dict[str, Tensor]:
    return {"ids": ids_BS} if confidence_B is None else {"ids": ids_BS, "confidence": confidence_B}


def make(recipe: Recipe) -> FingerspellingLearner:
    """A recipe's learner with fresh weights, drawn from torch's default generator."""
    return FingerspellingLearner(create(recipe.model), recipe.data.max_frames)


@torch.no_grad()
def observe(network: SignReader, x_BTLC: Tensor, mask_BT: Tensor) -> dict[str, Tensor]:
    """What a network computes inside, batch dimension first, under the names at this file's head."""
    seen = observe_encoder(network, x_BTLC, mask_BT)
    mask_BT = network.steps(mask_BT)
    logit_B = network.confidence_logit(seen["encoder"], mask_BT)
    if logit_B is not None:
        seen["confidence_logit"] = logit_B
    published = network.config.choices.generation == "published"
    seen["ids"], seen["logits"] = greedy([network.decoder], [seen["encoder"]], mask_BT, published)
    return seen


def observe_encoder(network: SignReader, x_BTLC: Tensor, mask_BT: Tensor) -> dict[str, Tensor]:
    """What a network's encoder computes, in the order of computation; the last is "encoder"."""
    parts = getattr(network, "parts", {})
    stages = {"mid/frontend": network.frontend, **parts}
    stages |= {f"mid/blocks.{index}": block for index, block in enumerate(network.encoder.blocks)}
    e_BTD, seen = watched(stages, lambda: network.encode(x_BTLC, mask_BT))
    front = {"mid/frontend": seen.pop("mid/frontend")}
    if parts:
        front["mid/parts"] = torch.cat([seen.pop(part) for part in parts], dim=-1)
    return {**front, **seen, "encoder": e_BTD}
