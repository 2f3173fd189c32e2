"""A learner's parameters in groups: those that decay and those that do not."""

from typing import Any, Literal

from torch import nn

from podium.training.learner import Learner


def decay_groups(learner: Learner, weight_decay: float, on: Literal["all", "matrices"]) -> list[dict[str, Any]]:
    """Groups for an optimiser of `torch.optim`, each with its ``weight_decay``.

    Args:
        learner: "undecayed" of one of its groups names parameters that do not decay in any case.
        on: "matrices": only what multiplies activations decays: no biases, norms, learnt scales or embeddings.
    """
    matrices = {
        parameter
        for module in learner.modules()
        for name, parameter in module.named_parameters(recurse=False)
        if parameter.dim() > 1 and not name.endswith("bias") and not isinstance(module, nn.Embedding)
    }
    groups = []
    for group in learner.parameter_groups():
        undecayed = set(group.get("undecayed", ()))
        decays = [(on == "all" or one in matrices) and one not in undecayed for one in group["params"]]
        for does_decay in (True, False):
            parameters = [one for one, decay in zip(group["params"], decays, strict=True) if decay == does_decay]
            if parameters:
                groups.append({"params": parameters, "weight_decay": weight_decay if does_decay else 0.0})
    return groups
