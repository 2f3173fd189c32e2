"""Muon against torch's own, whose matrices are in bfloat16, and against the singular value decomposition."""

import copy
import io

import pytest
import torch
from torch import nn

from podium import config
from podium.training.learner import Learner
from podium.training.optimizers.muon import Muon, muon, orthogonal

SETTINGS = config.Muon(name="muon", learning_rate=0.01, weight_decay=0.1)


class SmallLearner(Learner):
    """Two layers of one shape, one of another, an embedding and a norm."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        parts = {"first": nn.Linear(12, 12), "second": nn.Linear(12, 12, bias=False), "wide": nn.Linear(12, 30)}
        super().__init__(nn.ModuleDict({**parts, "words": nn.Embedding(5, 12), "norm": nn.LayerNorm(12)}))

    def forward(self, batch, progress=None, generator=None) -> dict[str, torch.Tensor]:
        net = self.network
        x_BD = net["second"](net["first"](net["words"](batch["words_B"])).relu())
        return {"loss": net["wide"](net["norm"](x_BD)).square().mean()}

    outputs = observe = None


def loss(learner: SmallLearner, step: int) -> torch.Tensor:
    return learner({"words_B": (torch.arange(4) + step) % 5})["loss"]


def walk(learner: SmallLearner, optimizer: torch.optim.Optimizer, steps: range) -> None:
    for step in steps:
        optimizer.zero_grad()
        loss(learner, step).backward()
        optimizer.step()


@pytest.mark.parametrize("shape", [(3, 24, 24), (2, 8, 40), (2, 40, 8)])
def test_singular_vectors_stay_and_values_become_one(shape):
    x_NRC = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    left, values, right = torch.linalg.svd(x_NRC, full_matrices=False)
    inside = left.mT @ orthogonal(x_NRC) @ right.mT
    found = inside.diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(inside, torch.diag_embed(found), rtol=0, atol=1e-9)
    is_large = values > 0.02 * torch.linalg.matrix_norm(x_NRC)[:, None]
    assert is_large.float().mean() > 0.9 and 0.6 < found[is_large].min() and found.max() < 1.25


def test_a_matrix_of_zeros_stays_one():
    assert torch.equal(orthogonal(torch.zeros(1, 4, 6)), torch.zeros(1, 4, 6))


def test_each_parameter_goes_its_way():
    """Weights of linear layers as under `torch.optim.Muon`, everything else as under AdamW."""
    learner = SmallLearner()
    ours, theirs = copy.deepcopy(learner), copy.deepcopy(learner)
    matrices = [module.weight for module in theirs.modules() if isinstance(module, nn.Linear)]
    others = [one for one in theirs.parameters() if not any(one is matrix for matrix in matrices)]
    reference = [
        torch.optim.Muon(matrices, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=0.01, weight_decay=0.0, fused=True),
    ]
    optimizer = muon(ours, SETTINGS)
    for _ in range(3):
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.grad, other.grad = [torch.randn_like(mine)] * 2  # of full rank: rounding turns tiny singular values
        for one in (optimizer, *reference):
            one.step()
    start = dict(learner.named_parameters())
    expected = dict(theirs.named_parameters())
    is_matrix = {id(matrix) for matrix in matrices}
    for name, parameter in ours.named_parameters():
        if id(expected[name]) not in is_matrix:
            assert torch.equal(parameter, expected[name]), name
            continue
        moved, wanted = parameter - start[name], expected[name] - start[name]
        assert (moved - wanted).norm() < 0.03 * wanted.norm(), name
        assert wanted.abs().max() > 0.005


def test_a_parameter_without_a_gradient_stays():
    learner = SmallLearner()
    idle = learner.network["second"].weight
    before = idle.detach().clone()
    optimizer = muon(learner, SETTINGS)
    loss(learner, 0).backward()
    idle.grad = None
    optimizer.step()
    assert torch.equal(idle, before) and not optimizer.state[idle]
    assert optimizer.state[learner.network["first"].weight].keys() == {"momentum"}


def test_matrices_alone():
    weight = nn.Parameter(torch.eye(3))
    optimizer = Muon([{"params": [weight], "weight_decay": 0.0}], [], lr=0.1)
    weight.grad = torch.eye(3)
    optimizer.step()
    off_diagonal = weight[~torch.eye(3, dtype=torch.bool)]
    assert weight.diagonal().max() < 0.99 and off_diagonal.abs().max() < 1e-6


def test_a_loaded_state_goes_on_to_the_bit():
    whole = SmallLearner()
    first_half = copy.deepcopy(whole)
    walk(whole, muon(whole, SETTINGS), range(6))
    optimizer = muon(first_half, SETTINGS)
    walk(first_half, optimizer, range(3))
    stream = io.BytesIO()
    torch.save({"learner": first_half.state_dict(), "optimizer": optimizer.state_dict()}, stream)
    stream.seek(0)
    saved = torch.load(stream, weights_only=True)
    second_half = SmallLearner()
    second_half.load_state_dict(saved["learner"])
    optimizer = muon(second_half, SETTINGS)
    optimizer.load_state_dict(saved["optimizer"])
    walk(second_half, optimizer, range(3, 6))
    assert all(map(torch.equal, whole.state_dict().values(), second_half.state_dict().values()))


def test_the_schedule_reaches_both():
    learner = SmallLearner()
    optimizer = muon(learner, SETTINGS)
    before = copy.deepcopy(learner.state_dict())
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    walk(learner, optimizer, range(1))
    assert isinstance(optimizer, Muon) and all(map(torch.equal, before.values(), learner.state_dict().values()))
