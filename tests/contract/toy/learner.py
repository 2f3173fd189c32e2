"""Two layers over frames, their mean, and a decision."""

import torch
from podium.systems.toy.plan import WIDTH
from torch import nn

from podium.training.assembly import MeanAssembly
from podium.training.learner import Learner


class MeanLearner(Learner):
    def outputs(self, batch):
        hidden_BTD, mask_BT1 = hidden(self.network, batch["x_BTK"]), batch["mask_BT"].unsqueeze(-1)
        return {"logits": self.network[2]((hidden_BTD * mask_BT1).sum(1) / mask_BT1.sum(1))}

    def forward(self, batch, progress, generator):
        return {"loss": nn.functional.cross_entropy(self.outputs(batch)["logits"], batch["target_B"])}

    def observe(self, x):
        return {"raw": x, **observe(self.network, x)}


def hidden(network, x):
    return network[1](network[0](x).relu())


@torch.no_grad()
def observe(network, x):
    hidden_TD = hidden(network, torch.from_numpy(x))
    return {"hidden": hidden_TD.numpy(), "logits": network[2](hidden_TD.mean(0)).numpy()}


def make(recipe):
    return MeanLearner(nn.Sequential(nn.Linear(2, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)))


def assemble(networks, recipes, settings):
    return MeanAssembly(networks, observe)
