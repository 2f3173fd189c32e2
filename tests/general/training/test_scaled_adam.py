"""ScaledAdam against its formulas, number by number in plain Python; Eden against its own."""

import math
import statistics

import pytest
import torch

from podium.config import Eden
from podium.training.optimizers.scaled_adam import ScaledAdam
from podium.training.schedules import learning_rate


class Plain:
    """The formulas for one tensor as a list of numbers."""

    def __init__(self, values: list[float], rate: float) -> None:
        self.p, self.rate, self.t = values, rate, 0
        self.v, self.delta, self.products, self.u = [0.0] * len(values), [0.0] * len(values), [], 0.0
        self.rms = self._rms()

    def _rms(self) -> float:
        return math.sqrt(sum(one * one for one in self.p) / len(self.p))

    def square_norm(self, g: list[float]) -> float:
        size = self.rms if len(self.p) > 1 else 0.1
        return sum((one * size) ** 2 for one in g)

    def step(self, g: list[float]) -> None:
        is_scalar = len(self.p) == 1
        sigma = 0.0
        if not is_scalar:
            self.products.append(sum(a * b for a, b in zip(self.p, g, strict=True)))
            if self.t % 4 == 3:
                self.rms = self._rms()
                last = self.products[-4:]
                beta = 0.98**4
                self.u = beta * self.u + (1 - beta) * sum(one * one for one in last) / 4
                correction = 1 - beta ** ((self.t + 1) // 4)
                sigma = -0.1 * self.rate * math.sqrt(correction) * sum(last) / (math.sqrt(self.u) + 1e-8)
                sigma = min(max(sigma, -0.1), 0.1, (3 - self.rms) / self.rms if self.rms else 0)
                sigma = 0.0 if self.rms < 1e-5 else sigma
        self.v = [0.98 * v + 0.02 * one * one for v, one in zip(self.v, g, strict=True)]
        correction = 1 - 0.98 ** (self.t + 1)
        correction = correction if correction < 0.99 else 1.0
        scale = 0.1 if is_scalar else max(self.rms, 1e-5)
        for i, one in enumerate(g):
            step = -self.rate * scale * one / (math.sqrt(self.v[i] / correction) + 1e-8) + self.p[i] * sigma
            self.delta[i] = 0.9 * self.delta[i] + 0.1 * step
            self.p[i] += self.delta[i]
        if is_scalar:
            self.p[0] = min(max(self.p[0], -10), 10)
        self.t += 1


STARTS = {
    "matrix": [[0.5, -1.0], [0.25, 2.0]], "twin": [[0.1, 0.2], [0.3, -0.4]], "vector": [0.0, 0.0, 0.0],
    "large": [2.9, -3.05], "scalar": [9.9],
}  # fmt: skip


def gradients(step: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    size = 100.0 if step in (15, 33, 105) else 1.0  # to be clipped
    return {
        name: size * (torch.randn(torch.tensor(start).shape, generator=generator, dtype=torch.float64) - 0.5)
        for name, start in STARTS.items()
    }


def parameters() -> dict[str, torch.nn.Parameter]:
    return {name: torch.nn.Parameter(torch.tensor(start, dtype=torch.float64)) for name, start in STARTS.items()}


def take_steps(optimizer: ScaledAdam, ours: dict[str, torch.nn.Parameter], steps: range) -> None:
    for step in steps:
        for name, gradient in gradients(step).items():
            ours[name].grad = gradient
        optimizer.step()


def test_steps_follow_the_formulas():
    ours = parameters()
    optimizer = ScaledAdam(ours.values(), lr=0.2)
    plain = {name: Plain(one.detach().flatten().tolist(), 0.2) for name, one in ours.items()}
    norms, threshold, num_clipped = [], math.inf, 0
    for step in range(230):
        take_steps(optimizer, ours, range(step, step + 1))
        lists = {name: gradient.flatten().tolist() for name, gradient in gradients(step).items()}
        norms.append(math.sqrt(sum(plain[name].square_norm(g) for name, g in lists.items())))
        if len(norms) in (10, 20, 40) or len(norms) % 100 == 0:
            threshold = (4 if len(norms) < 100 else 2) * statistics.median_low(norms[-100:])
        factor = min(1, threshold / norms[-1])
        num_clipped += factor < 1
        for name, g in lists.items():
            plain[name].step([factor * one for one in g])
            assert ours[name].flatten().tolist() == pytest.approx(plain[name].p, rel=1e-9, abs=1e-12), (step, name)
    assert num_clipped >= 3
    assert ours["scalar"].item() != 9.9 and plain["matrix"].rms > 0


def test_first_step_of_a_vector_of_zeros_is_tiny():
    ours = parameters()
    optimizer = ScaledAdam(ours.values(), lr=0.1)
    take_steps(optimizer, ours, range(1))
    assert 0 < ours["vector"].abs().max() <= 0.1 * 0.1 * 1e-5 * (1 + 1e-6)


def test_a_gradient_that_is_not_finite_is_skipped():
    ours = parameters()
    optimizer = ScaledAdam(ours.values(), lr=0.1)
    take_steps(optimizer, ours, range(3))
    for name, bad in (("matrix", math.nan), ("vector", math.inf)):
        for one in ours.values():
            one.grad = torch.zeros_like(one)
        ours[name].grad = torch.full_like(ours[name], bad)
        optimizer.step()
        assert all(one.isfinite().all() for one in ours.values())


def test_a_stored_state_goes_on_to_the_bit():
    whole, halves = parameters(), parameters()
    take_steps(ScaledAdam(whole.values(), lr=0.2), whole, range(60))
    first = ScaledAdam(halves.values(), lr=0.2)
    take_steps(first, halves, range(29))
    second = ScaledAdam(halves.values(), lr=0.2)
    second.load_state_dict(first.state_dict())
    take_steps(second, halves, range(29, 60))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)


def eden(warmup_epochs: float = 0) -> Eden:
    return Eden(name="eden", num_batches=100, num_epochs=4, warmup_start=0.1, warmup_epochs=warmup_epochs)


def test_eden():
    config = eden()
    assert learning_rate(0.04, config, 0, 50, 30) == 0.04
    assert learning_rate(0.04, config, 49, 50, 30) == pytest.approx(0.04 * (1 + 0.49**2) ** -0.25)
    assert learning_rate(0.04, config, 100, 50, 30) == pytest.approx(0.04 * 2**-0.25 * 1.25**-0.25)
    assert learning_rate(0.04, config, 200, 50, 30) == pytest.approx(0.04 * 5**-0.25 * 2**-0.25)


def test_warm_up_of_eden():
    config = eden(warmup_epochs=2)
    free = [learning_rate(0.04, eden(), step, 50, 30) for step in (0, 50, 100)]
    assert [learning_rate(0.04, config, step, 50, 30) for step in (0, 50, 100)] == pytest.approx(
        [0.1 * free[0], 0.55 * free[1], free[2]]
    )
