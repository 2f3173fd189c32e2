"""Lion, the cosine with a floor, and the two orders of the moving average, by hand; see also the reference numbers in
`tests/systems/signs_llama`."""

import pytest
import torch
from torch import nn

from podium.config import CosineFloor
from podium.training.averages import make_average
from podium.training.optimizers.lion import Lion
from podium.training.schedules import learning_rate


def test_two_steps_of_lion():
    weight, idle = nn.Parameter(torch.tensor([1.0, -2.0, 3.0])), nn.Parameter(torch.ones(2))
    optimizer = Lion([{"params": [weight], "weight_decay": 0.5}, {"params": [idle]}], lr=0.1, betas=(0.9, 0.99))
    weight.grad = torch.tensor([4.0, -0.001, 0.0])
    optimizer.step()
    torch.testing.assert_close(weight.data, torch.tensor([0.95 - 0.1, -1.9 + 0.1, 2.85]))
    weight.grad = torch.tensor([-0.1, 1.0, 0.0])  # momentum 0.04 outweighs the first, not the second
    before = weight.data.clone()
    optimizer.step()
    torch.testing.assert_close(weight.data, before * 0.95 - 0.1 * torch.tensor([1.0, 1.0, 0.0]))
    assert torch.equal(idle.data, torch.ones(2)) and not optimizer.state[idle]


def test_a_cosine_ends_at_its_floor():
    schedule = CosineFloor(name="cosine_floor", warmup_epochs=1, floor=0.2)
    rates = [learning_rate(2.0, schedule, step, steps_per_epoch=4, epochs=5) for step in range(21)]
    assert rates[:5] == pytest.approx([0, 0.5, 1, 1.5, 2]) and rates[20] == pytest.approx(0.4)
    assert rates[12] == pytest.approx(0.4 + 1.6 / 2)


@pytest.mark.parametrize("choice, expected", [
    ("corrected", [1.0, 2 / 11 * 1 + 9 / 11 * 2]), ("published", [9 / 11, 3 / 12 * 9 / 11 + 9 / 12 * 2]),
])  # fmt: skip
def test_orders_of_the_moving_average(choice, expected):
    """The published one begins at the first weights; the other at the weights after the first step."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = make_average(model, 0.9999, choice)
    found = []
    for value in (1.0, 2.0):
        nn.init.constant_(model.weight, value)
        average.update_parameters(model)
        found.append(average.module.weight.item())
    assert found == pytest.approx(expected)
