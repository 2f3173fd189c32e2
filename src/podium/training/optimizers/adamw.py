"""AdamW, with the arithmetic of one step fused into one kernel."""

import torch
from torch import nn

from podium.config import AdamW
from podium.training.learner import Learner
from podium.training.optimizers.registry import OPTIMIZERS


@OPTIMIZERS.register("adamw")
def adamw(learner: Learner, config: AdamW) -> torch.optim.Optimizer:
    """AdamW over all parameters.

    With ``weight_decay_on: matrices`` only what multiplies activations decays: no biases, norms, learnt scales or
    embeddings. ``all`` is the 1st-place solution's way.
    """
    matrices = {
        parameter
        for module in learner.modules()
        for name, parameter in module.named_parameters(recurse=False)
        if parameter.dim() > 1 and not name.endswith("bias") and not isinstance(module, nn.Embedding)
    }
    groups = []
    for group in learner.parameter_groups():
        decays = [config.weight_decay_on == "all" or parameter in matrices for parameter in group["params"]]
        for does_decay in (True, False):
            parameters = [one for one, decay in zip(group["params"], decays, strict=True) if decay == does_decay]
            if parameters:
                groups.append({"params": parameters, "weight_decay": config.weight_decay if does_decay else 0.0})
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, eps=config.epsilon, fused=True)
