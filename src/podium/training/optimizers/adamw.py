"""AdamW, with the arithmetic of one step fused into one kernel."""

import torch
from torch import nn

from podium.config import Optimizer
from podium.training.optimizers.registry import OPTIMIZERS


@OPTIMIZERS.register("adamw")
def adamw(model: nn.Module, config: Optimizer) -> torch.optim.Optimizer:
    """AdamW over all parameters.

    With ``weight_decay_on: matrices`` only what multiplies activations decays: no biases, norms, learnt scales or
    embeddings. ``all`` is the 1st-place solution's way.
    """
    decayed, spared = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            is_matrix = parameter.dim() > 1 and not name.endswith("bias") and not isinstance(module, nn.Embedding)
            (decayed if is_matrix or config.weight_decay_on == "all" else spared).append(parameter)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.epsilon,
        fused=True,
    )
