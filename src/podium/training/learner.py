"""What a run trains: a system's networks and their losses, behind the few verbs that the general rooms use."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from podium.errors import UserError

Batch = dict[str, Tensor]
LOSS = "loss"  # among the outputs of `Learner.validating`


class Progress(NamedTuple):
    """How far a run has come.

    Attributes:
        step: Micro-batches done.
        num_steps: Those of the whole run.
        epoch: Epochs that are over.
        num_epochs: Those of the whole run.
    """

    step: int
    num_steps: int
    epoch: int
    num_epochs: int


class Parts(NamedTuple):
    """The modules of a system that training uses, as `podium.systems` describes them.

    Attributes:
        name: The system's.
    """

    name: str
    samples: ModuleType
    learner: ModuleType
    answers: ModuleType

    @classmethod
    def of(cls, name: str, part: Callable[[str, str], ModuleType]) -> "Parts":
        """Those of a system, by `podium.systems.part`."""
        return cls(name, *(part(name, one) for one in cls._fields[1:]))


class Learner(nn.Module, ABC):
    """A network with its losses; or several networks that teach each other.

    A batch is what the system's ``samples.collate`` makes, as tensors on the run's device, each with the clips first.

    Args:
        network: What is validated, saved and ported.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    @property
    def exported(self) -> nn.Module:
        """The network that is validated, saved and ported."""
        return self.network

    def learn_from(self, teachers: Sequence["Learner"]) -> None:
        """Takes the learners of earlier stages that teach this one; called once, before training, also with none.

        Teachers are in evaluation mode and on the run's device. They must not become modules of this one: they are
        neither trained nor saved. Here nobody teaches.

        Raises:
            UserError: They are not what this one can learn from, or it wants teachers and there are none.
        """
        if teachers:
            raise UserError("networks of this system do not learn from others; leave out the stage's labels")

    @abstractmethod
    def forward(self, batch: Batch, progress: Progress, generator: torch.Generator) -> dict[str, Tensor]:
        """Training losses of a batch.

        Args:
            generator: On the CPU; for draws that shall be the same on every device.

        Returns:
            Scalars: "loss", the one to minimise, and others by name, which the history keeps.
        """

    @abstractmethod
    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """What the exported network says of a batch, by the names that ``answers.read`` knows, the clips first."""

    def validating(self, batch: Batch) -> dict[str, Tensor]:
        """The same, of clips with labels, and under `LOSS` what each answer costs, (B,): for people, who see in it
        when a network begins to know its training clips by heart. Here without that: it is then not measured."""
        return self.outputs(batch)

    def labelling(self, batch: Batch) -> dict[str, Tensor]:
        """The same, of clips without a label that a later stage shall learn from; here no more than `outputs`."""
        return self.outputs(batch)

    @abstractmethod
    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """What the exported network computes of one clip by itself, without padding: named stages, in order.

        Args:
            x: A clip as the exported file takes it; the first stage, "raw".
        """

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What the optimiser changes: "params"; "max_grad_norm" if a group's gradients have a bound other than the
        recipe's; "undecayed" if some of them must not decay, whatever the recipe says.

        Here one group of all parameters that want a gradient.
        """
        return [{"params": [parameter for parameter in self.parameters() if parameter.requires_grad]}]

    def after_step(self, progress: Progress) -> None:
        """Called when the optimiser has moved, such as for a mean teacher that follows; here nothing."""

    def compute_statistics(self, batch: Batch) -> None:
        """Lets the batch norms see a batch, for `podium.training.batch_norm.recompute_statistics`."""
        self.outputs(batch)

    @torch.no_grad()
    def answer(self, batch: Batch, for_labels: bool = False) -> list[dict[str, np.ndarray]]:
        """`validating`, or `labelling`, clip by clip, as arrays."""
        outputs = self.labelling(batch) if for_labels else self.validating(batch)
        arrays = {name: _plain(value) for name, value in outputs.items()}
        num_clips = len(next(iter(arrays.values())))
        return [{name: value[clip] for name, value in arrays.items()} for clip in range(num_clips)]


def _plain(value: Tensor) -> np.ndarray:
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


@torch.no_grad()
def watched(stages: Mapping[str, nn.Module], compute: Callable[[], Any]) -> tuple[Any, dict[str, Tensor]]:
    """What modules give while something is computed.

    Args:
        stages: The modules by the names of their stages.

    Returns:
        What ``compute`` returns; and the modules' outputs by stage, in the order of computation.
    """
    seen: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output, name=name: seen.update({name: output}))
        for name, module in stages.items()
    ]
    try:
        return compute(), seen
    finally:
        for hook in hooks:
            hook.remove()
