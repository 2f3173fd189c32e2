"""What learns isolated signs: a student, a mean teacher that follows it, and a smaller network that both teach.

Stages of a clip, as `SignLearner.observe` tells them: ``raw`` (T, 543, 3) · ``x`` (M, 3, 100), see
`podium.systems.signs_deberta.preparation` · of each group of points and of all of them ``groups.{name}`` and ``full``
(M, D) · ``frame`` (M, W) · of each layer ``layers.{i}.attention`` and ``layers.{i}`` (M, W) · ``outputs`` (V,). All in
float32.

Letters in tensor names: B batch, Y the views of a clip, T frames, M frames that are read, C coordinates, N points,
V signs.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from podium.systems.signs.points import NUM_POINTS, as_columns
from podium.systems.signs.vocabulary import OUTPUT
from podium.systems.signs_deberta.network import Mix, SignNetwork
from podium.systems.signs_deberta.preparation import prepared
from podium.systems.signs_deberta.recipe import Recipe
from podium.systems.signs_deberta.teaching import (
    consistency_weight,
    cross_entropy,
    distance,
    drawn_mixes,
    follow,
    stir,
    targets,
    without_worst,
)
from podium.training.learner import LOSS, Batch, Learner, Progress, watched

VIEWS = ("student", "teacher", "distilled")  # who sees which of a clip's views


class SignLearner(Learner):
    """The networks that serve a purpose: without a teacher to keep to, the exported one alone is trained.

    Args:
        networks: By names of `VIEWS`.
    """

    def __init__(self, networks: Mapping[str, SignNetwork], recipe: Recipe) -> None:
        exported = recipe.model.exported
        super().__init__(networks[exported])
        self.others = nn.ModuleDict({name: network for name, network in networks.items() if name != exported})
        self.recipe, self._exported = recipe, exported
        if teacher := self.networks().get("teacher"):
            teacher.requires_grad_(False)
        self.soup: SignNetwork | None = None
        if recipe.teaching.soup_epochs:
            self.soup = copy.deepcopy(self.network).requires_grad_(False)
            self.register_buffer("num_stirred", torch.zeros((), dtype=torch.int64))

    def networks(self) -> dict[str, SignNetwork]:
        """All by their names, in the order of `VIEWS`."""
        found = {self._exported: self.network, **self.others}
        return {name: found[name] for name in VIEWS if name in found}

    @property
    def exported(self) -> SignNetwork:
        """The soup, once there is one."""
        return self.network if self.soup is None or not self.num_stirred else self.soup

    def forward(self, batch: Batch, progress: Progress, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of all networks, each of its own view of the clips."""
        num_layers = [len(network.layers) for network in self.networks().values()]
        mixes = drawn_mixes(self.recipe.teaching, num_layers, len(batch["target_B"]), progress, generator)
        return self.losses(batch, progress, dict(zip(self.networks(), mixes, strict=True)))

    def losses(self, batch: Batch, progress: Progress, mixes: Mapping[str, Mix | None]) -> dict[str, Tensor]:
        """The same with given mixes."""
        config = self.recipe.teaching
        is_late = config.choices.late_mode == "published" and 2 * progress.step > progress.num_steps
        mixes = {name: _on_device(mix, batch["target_B"].device) for name, mix in mixes.items()}
        logits: dict[str, Tensor] = {}
        for name, network in self.networks().items():
            network.train(self.training and not (is_late and name == "distilled"))
            view = VIEWS.index(name)
            with torch.set_grad_enabled(name != "teacher"):
                logits[name] = network(batch["x_BYTCN"][:, view], batch["mask_BYT"][:, view], mixes[name])
        target_BV = targets(batch["target_B"], next(iter(mixes.values())))
        teacher_BV = logits.pop("teacher", None)
        losses: dict[str, Tensor] = {}
        for name, logits_BV in logits.items():
            loss_B = cross_entropy(logits_BV, target_BV, config.smoothing)
            losses[f"{name}_loss"] = without_worst(loss_B, config.num_dropped, config.dropped_of)
            if config.consistency:
                weight = consistency_weight(config, progress)
                losses[f"{name}_distance"] = weight * distance(logits_BV, teacher_BV)
        return {"loss": sum(losses.values()), **losses}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """Logits (B, V) of the exported network."""
        return {OUTPUT: self.exported(batch["x_BTCN"], batch["mask_BT"])}

    def validating(self, batch: Batch) -> dict[str, Tensor]:
        """The same with the cross-entropy of each clip's label."""
        outputs = self.outputs(batch)
        loss_B = nn.functional.cross_entropy(outputs[OUTPUT].float(), batch["target_B"], reduction="none")
        return {**outputs, LOSS: loss_B}

    def compute_statistics(self, batch: Batch) -> None:
        """Shows the exported network its view of a training batch."""
        view = VIEWS.index(self._exported)
        self.exported(batch["x_BYTCN"][:, view], batch["mask_BYT"][:, view])

    def parameter_groups(self) -> list[dict[str, Any]]:
        """One for each network that learns, with a bound of its gradients of its own. As published, biases and the
        layers' norms never decay."""
        groups = []
        for name, network in self.networks().items():
            if name != "teacher":
                named = list(network.named_parameters())
                spared = [one for key, one in named if key.endswith("bias") or "layers" in key and "norm" in key]
                groups.append({"params": [one for _, one in named], "undecayed": spared})
        return groups

    def after_step(self, progress: Progress) -> None:
        """The teacher follows; at the end of one of the last epochs, the soup is stirred."""
        networks, config, training = self.networks(), self.recipe.teaching, self.recipe.training
        if "teacher" in networks:
            step = progress.step // training.accumulation
            follow(networks["teacher"], networks["student"], step, config.teacher_decay)
        if self.soup is not None:
            end = (progress.epoch + 1) * progress.num_steps // progress.num_epochs
            is_last = end - progress.step < training.accumulation
            if is_last and progress.epoch >= progress.num_epochs - config.soup_epochs:
                self.num_stirred += 1
                stir(self.soup, self.network, int(self.num_stirred))

    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The stages at this file's head, of (T, 543, 3) float32, NaN if a landmark is missing, T ≥ 1."""
        x_MCN = file_input(x, self.recipe)
        return {"raw": x, "x": x_MCN, **observe(self.exported, x_MCN)}


def _on_device(mix: Mix | None, device: torch.device) -> Mix | None:
    return mix and mix._replace(partner_B=mix.partner_B.to(device), share_B=mix.share_B.to(device))


def make(recipe: Recipe) -> SignLearner:
    """A recipe's learner with fresh weights, drawn from torch's default generator."""
    model, has_teacher = recipe.model, recipe.teaching.consistency > 0 or recipe.model.exported == "teacher"
    wanted = {model.exported, *(("student", "teacher") if has_teacher else ())}
    networks = {
        name: SignNetwork(model, model.distilled if name == "distilled" else model.student, recipe.data.max_frames)
        for name in VIEWS
        if name in wanted
    }
    return SignLearner(networks, recipe)


def file_input(x_TRC: np.ndarray, recipe: Recipe) -> np.ndarray:
    """(M, 3, 100) float32: what the file gives to a network."""
    return prepared(as_columns(x_TRC).reshape(len(x_TRC), 3, NUM_POINTS), recipe.data.max_frames)


@torch.no_grad()
def observe(network: SignNetwork, x_MCN: np.ndarray) -> dict[str, np.ndarray]:
    """What a network computes of a clip as the file does, under the names at this file's head."""
    modules: dict[str, nn.Module] = {f"groups.{name}": group for name, group in network.groups.items()}
    modules |= {"full": network.full, "frame": network.frame}
    for index, layer in enumerate(network.layers):
        modules |= {f"layers.{index}.attention": layer.attention, f"layers.{index}": layer}
    x_1MCN = torch.from_numpy(np.ascontiguousarray(x_MCN))[None]
    mask_1M = torch.ones(1, len(x_MCN), dtype=torch.bool)
    logits_1V, seen = watched(modules, lambda: network(x_1MCN, mask_1M, is_file=True))
    return {name: value[0].numpy() for name, value in seen.items()} | {OUTPUT: logits_1V[0].numpy()}


class Assembly:
    """The mean of the networks' probabilities, as the file computes it: its logarithm.

    Args:
        networks: On the CPU, in evaluation mode.
        recipes: One for each: networks may read a clip with different strides.
    """

    def __init__(self, networks: Sequence[SignNetwork], recipes: Sequence[Recipe]) -> None:
        self._members = list(zip(networks, recipes, strict=True))

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """A clip (T, 543, 3) float32, NaN if a landmark is missing → "outputs" (V,)."""
        return self.inside(x)[0]

    def inside(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Outputs as of `answer`; and stages: of each network "{network}/x" (M, 3, 100) and "{network}/{stage}"."""
        stages, logits = {}, []
        for index, (network, recipe) in enumerate(self._members):
            x_MCN = file_input(x, recipe)
            seen = {"x": x_MCN, **observe(network, x_MCN)}
            logits.append(seen.pop(OUTPUT))
            stages |= {f"{index}/{name}": value for name, value in seen.items()}
        log_shares_JV = torch.from_numpy(np.stack(logits)).log_softmax(-1)  # J: members
        outputs_V = torch.logsumexp(log_shares_JV, 0) - np.log(len(logits))
        return {OUTPUT: outputs_V.numpy()}, stages


def assemble(networks: Sequence[SignNetwork], recipes: Sequence[Recipe], settings: Mapping[str, Any]) -> Assembly:
    """All members as one."""
    return Assembly(networks, recipes)
