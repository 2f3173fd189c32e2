"""ScaledAdam (Yao et al. 2023): Adam whose steps are as large as the tensor they change; it learns that size too.

Letters in tensor names: N tensors of one shape, stacked.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from podium import config
from podium.training.learner import Learner
from podium.training.optimizers.registry import OPTIMIZERS

SIZE_PERIOD = 4  # steps between two updates of a tensor's size
SCALAR_RATE = 0.1  # of the learning rate, for sizes and for scalars
LEAST_RMS, MOST_RMS, MOST_SCALAR = 1e-5, 3.0, 10.0
MOST_SIZE_STEP = 0.1
NUM_NORMS = 100  # gradients whose median norm is remembered
EARLY_LOOKS = (10, 20, 40)  # steps at which the median is taken before there are so many, with twice the room


class ScaledAdam(torch.optim.Optimizer):
    """No weight decay. Tensors of one shape are worked on as one; their state is kept with the first of them.

    Gradients are clipped by a norm in which each tensor counts with its own size; the threshold is a multiple of the
    median of recent norms. A gradient that is not finite is taken as zero.

    Args:
        parameters: In float32.
        lr: Zipformer begins with 0.045.
        clipping_scale: The threshold, times the median.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.98),
        epsilon: float = 1e-8,
        clipping_scale: float = 2.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": epsilon, "clipping_scale": clipping_scale})
        by_shape: dict[torch.Size, list[nn.Parameter]] = {}
        for group in self.param_groups:
            for parameter in group["params"]:
                by_shape.setdefault(parameter.shape, []).append(parameter)
        self._batches = list(by_shape.values())

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Moves all parameters by their gradients; one without counts as zero."""
        (group,) = self.param_groups
        values, gradients = [], []
        for parameters in self._batches:
            values.append(torch.stack(parameters))
            gradients.append(
                torch.stack([one.grad if one.grad is not None else torch.zeros_like(one) for one in parameters])
            )
            if not self.state[parameters[0]]:
                self.state[parameters[0]] = _first_state(values[-1])
        factor = self._clip(gradients, group["clipping_scale"])
        for parameters, value_N, gradient_N in zip(self._batches, values, gradients, strict=True):
            gradient_N = torch.where(factor > 0, gradient_N * factor, 0.0)  # 0 · NaN would be NaN
            update = _update_scalars if value_N[0].numel() == 1 else _update_tensors
            delta_N = update(self.state[parameters[0]], value_N, gradient_N, group)
            torch._foreach_add_(parameters, list(delta_N.unbind(0)))

    def _clip(self, gradients: list[Tensor], clipping_scale: float) -> Tensor:
        """What all gradients are to be multiplied with, between 0 and 1."""
        squares = []
        for parameters, gradient_N in zip(self._batches, gradients, strict=True):
            rms_N = self.state[parameters[0]].get("rms", SCALAR_RATE)
            squares.append((gradient_N.flatten(1).square().sum(1) * rms_N**2).sum())
        norm = torch.stack(squares).sum().sqrt()
        state = self.state[self._batches[0][0]]
        if "norms" not in state:
            state |= {"norms": norm.new_zeros(NUM_NORMS), "num_norms": 0}
            state["threshold"] = torch.full_like(norm, torch.inf)
        state["norms"][state["num_norms"] % NUM_NORMS] = norm.nan_to_num(0, 0)
        state["num_norms"] += 1
        count = state["num_norms"]
        if count in EARLY_LOOKS or count % NUM_NORMS == 0:
            room = 2 if count in EARLY_LOOKS else 1
            state["threshold"] = room * clipping_scale * state["norms"][:count].median()
        return (state["threshold"] / (norm + 1e-20)).clamp(max=1).nan_to_num(0)


def _first_state(value_N: Tensor) -> dict[str, Tensor | int]:
    state = {"num_steps": 0, "delta": torch.zeros_like(value_N), "square": torch.zeros_like(value_N)}
    if value_N[0].numel() > 1:
        num_tensors = len(value_N)
        state["rms"] = _rms(value_N)
        state["size_square"] = value_N.new_zeros(num_tensors)
        state["products"] = value_N.new_zeros(num_tensors, SIZE_PERIOD)
    return state


def _rms(value_N: Tensor) -> Tensor:
    return value_N.flatten(1).square().mean(1).sqrt()


def _direction(state: dict, gradient_N: Tensor, group: dict) -> Tensor:
    """The gradient over the root of its mean square."""
    beta = group["betas"][1]
    state["square"].lerp_(gradient_N.square(), 1 - beta)
    correction = 1 - beta ** (state["num_steps"] + 1)
    square_N = state["square"] / correction if correction < 0.99 else state["square"]
    return gradient_N / (square_N.sqrt() + group["eps"])


def _update_tensors(state: dict, value_N: Tensor, gradient_N: Tensor, group: dict) -> Tensor:
    """The change of tensors with more than one number."""
    shape = (-1,) + (1,) * (value_N.dim() - 1)
    place = state["num_steps"] % SIZE_PERIOD
    state["products"][:, place] = (value_N * gradient_N).flatten(1).sum(1)
    size_step_N = None
    if place == SIZE_PERIOD - 1:
        state["rms"] = _rms(value_N)
        size_step_N = _size_step(state, group)
    step_N = _direction(state, gradient_N, group) * (-group["lr"] * state["rms"].clamp(min=LEAST_RMS)).view(shape)
    if size_step_N is not None:
        step_N += value_N * size_step_N.view(shape)
    return _momentum(state, step_N, group)


def _size_step(state: dict, group: dict) -> Tensor:
    """By which share of themselves tensors shall grow, (N,)."""
    beta = group["betas"][1] ** SIZE_PERIOD
    state["size_square"].lerp_(state["products"].square().mean(1), 1 - beta)
    correction = 1 - beta ** ((state["num_steps"] + 1) // SIZE_PERIOD)
    step_N = state["products"].sum(1) / (state["size_square"].sqrt() + group["eps"])
    step_N = (-SCALAR_RATE * group["lr"] * correction**0.5 * step_N).clamp(-MOST_SIZE_STEP, MOST_SIZE_STEP)
    rms_N = state["rms"]
    step_N = torch.minimum(step_N, (MOST_RMS - rms_N) / rms_N.clamp(min=LEAST_RMS))
    return torch.where(rms_N < LEAST_RMS, 0.0, step_N)


def _update_scalars(state: dict, value_N: Tensor, gradient_N: Tensor, group: dict) -> Tensor:
    """The change of single numbers; they stay within ±10."""
    delta_N = _momentum(state, -SCALAR_RATE * group["lr"] * _direction(state, gradient_N, group), group)
    return (value_N + delta_N).clamp(-MOST_SCALAR, MOST_SCALAR) - value_N


def _momentum(state: dict, step_N: Tensor, group: dict) -> Tensor:
    beta = group["betas"][0]
    state["delta"] = state["delta"].lerp(step_N, 1 - beta)
    state["num_steps"] += 1
    return state["delta"]


@OPTIMIZERS.register("scaled_adam")
def scaled_adam(learner: Learner, settings: config.ScaledAdam) -> ScaledAdam:
    """ScaledAdam over all parameters."""
    parameters = [parameter for group in learner.parameter_groups() for parameter in group["params"]]
    return ScaledAdam(
        parameters, settings.learning_rate, settings.betas, settings.epsilon, settings.clipping_scale
    )
