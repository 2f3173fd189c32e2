"""Mixup, Lion, the moving average, the schedule and six whole steps against the original's numbers."""

import numpy as np
import pytest
import torch
from signs_llama_golden import Golden, ours
from torch import nn
from tqdm import tqdm

from podium.config import CosineFloor
from podium.systems.signs_llama.learner import SignLearner
from podium.systems.signs_llama.mixup import Mix, mixed
from podium.systems.signs_llama.recipe import Data
from podium.training.averages import make_average
from podium.training.learner import Progress
from podium.training.loop import train_epoch
from podium.training.optimizers import make_optimizer
from podium.training.optimizers.lion import Lion
from podium.training.resume import StateFile, TrainState
from podium.training.schedules import learning_rate


@pytest.fixture(scope="module")
def misc(shared):
    return np.load(shared / "golden/signs_llama_tiny_misc.npz")


@pytest.mark.parametrize("case", [*map(str, range(6)), "one"])
def test_mixup(misc, case):
    x_BTF, length_B = misc["mixup/in/x"], misc["mixup/in/mask"].sum(1)
    lam_B, partner_B, start_B = (misc[f"mixup/{case}/{name}"] for name in ("lam", "partner", "start"))
    if case == "one":
        x_BTF, length_B = x_BTF[:1], length_B[:1]
    found_BTF, mask_BT = mixed(x_BTF, length_B, Mix(lam_B, partner_B, np.maximum(start_B, 0)))
    np.testing.assert_allclose(found_BTF, misc[f"mixup/{case}/x"], atol=1e-6)
    np.testing.assert_array_equal(mask_BT, misc[f"mixup/{case}/mask"])


@pytest.mark.parametrize("case", range(6))
def test_loss_of_a_mix(misc, case):
    logits_BV = torch.from_numpy(misc["mixup/in/logits"])
    target_B, partner_B = misc["mixup/in/label"], misc[f"mixup/{case}/partner"]
    batch = {"x_BTF": torch.zeros(6, 1, 1), "mask_BT": torch.ones(6, 1), "lam_B": misc[f"mixup/{case}/lam"]}
    batch |= {"target_B": target_B, "other_target_B": target_B[partner_B]}
    batch = {name: torch.as_tensor(one) for name, one in batch.items()}
    learner = SignLearner(lambda x_BTF, mask_BT: logits_BV, Data())
    found = learner(batch, Progress(0, 1, 0, 1), torch.Generator())["loss"]
    assert found.item() == pytest.approx(float(misc[f"mixup/{case}/loss"]), abs=1e-6)


@pytest.mark.parametrize("case", ["lion", "lion_big"])
def test_lion(misc, case):
    rate, decay = misc[f"{case}/lr_wd"].tolist()
    parameters = [nn.Parameter(torch.from_numpy(misc[f"{case}/p{number}_0"])) for number in range(3)]
    optimizer = Lion(parameters, rate, weight_decay=decay)
    for step in range(1, 5):
        for number, parameter in enumerate(parameters):
            gradient = misc[f"{case}/g{number}_{step}"]
            parameter.grad = torch.from_numpy(gradient) if gradient.size else None
        optimizer.step()
        for number, parameter in enumerate(parameters):
            momentum = optimizer.state[parameter]["momentum"].numpy()
            np.testing.assert_allclose(parameter.detach().numpy(), misc[f"{case}/p{number}_{step}"], atol=1e-6)
            np.testing.assert_allclose(momentum, misc[f"{case}/m{number}_{step}"], atol=1e-6)


def test_moving_average(misc):
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))

    def load(step: int) -> None:
        model.load_state_dict({name: torch.from_numpy(misc[f"ema/{step}/model/{name}"]) for name in model.state_dict()})

    load(0)
    average = make_average(model, 0.9999, "published")
    for step in range(1, 6):
        load(step)
        average.update_parameters(model)
        for name, value in average.module.state_dict().items():
            if value.is_floating_point():  # counters are copied; the original averages and truncates them
                np.testing.assert_allclose(value.numpy(), misc[f"ema/{step}/shadow/{name}"], atol=1e-6, err_msg=name)


def test_schedule(misc):
    schedule = CosineFloor(name="cosine_floor", warmup_epochs=0, floor=0.1)
    for step, rate in zip(misc["cosine/step"].tolist(), misc["cosine/lr"].tolist(), strict=True):
        if step < 102_400:  # there the original begins anew
            assert learning_rate(1e-4, schedule, step, 1024, 100) == pytest.approx(rate, abs=1e-12)
    assert learning_rate(1e-4, schedule, 102_400, 1024, 100) == pytest.approx(1e-5)


def test_six_steps_of_the_loop(shared):
    """By the house's loop: loss, norm and rate of each step, and the weights and their average at the end."""
    golden = Golden(shared / "golden/signs_llama_tiny_fit.npz", learning_rate=1e-3)
    recipe = golden.recipe.model_copy(update={"training": golden.recipe.training.model_copy(update={"epochs": 6})})
    learner = golden.learner()
    state = TrainState(
        learner, make_optimizer(learner, recipe.optimizer), torch.amp.GradScaler("cpu", enabled=False),
        torch.Generator(), average=make_average(learner, recipe.training.ema_decay, recipe.training.ema),
    )  # fmt: skip
    for step in range(6):
        x_BTF, length_B = golden[f"step{step}/x"].astype(np.float32), golden[f"step{step}/mask"].sum(1)
        lam_B, partner_B, start_B = (golden[f"step{step}/{name}"] for name in ("lam", "partner", "start"))
        x_BTF, mask_BT = mixed(x_BTF, length_B, Mix(lam_B, partner_B, np.maximum(start_B, 0)))
        target_B = golden[f"step{step}/label"]
        batch = {"x_BTF": x_BTF, "mask_BT": mask_BT, "lam_B": lam_B, "target_B": target_B}
        batch = {name: torch.from_numpy(one) for name, one in (batch | {"other_target_B": target_B[partner_B]}).items()}
        bar, no_file = tqdm(disable=True), StateFile(None, {}, 0)
        row = train_epoch(state, [batch], recipe, torch.device("cpu"), bar, no_file)
        loss, norm, rate = golden["loss_gradnorm_lr"][step].tolist()
        assert row["loss"] == pytest.approx(loss, abs=5e-6)
        assert row["gradient_norm"] == pytest.approx(norm, rel=1e-5)
        assert row["learning_rate"] == pytest.approx(rate, abs=1e-9)
        state.begin_next_epoch()
    for prefix, network in (("final/", learner.network), ("ema/", state.average.module.network)):
        check_weights(golden.state(prefix), network.state_dict())


def check_weights(expected: dict[str, np.ndarray], found: dict[str, torch.Tensor]) -> None:
    """Rounding tips the sign of a few entries, each by twice the rate."""
    num_off = 0
    for name, value in expected.items():
        if name not in (ours("tail.bias"), ours("tail_norm.running_mean")):  # rounding noise in the original
            difference = np.abs(found[name].numpy() - value)
            assert difference.max() <= 2.1e-3, name
            num_off += int((difference > 1e-5).sum())
    assert num_off <= 5
