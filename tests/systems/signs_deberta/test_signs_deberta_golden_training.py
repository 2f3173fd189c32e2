"""Losses, gradients, the optimiser and whole steps of three networks against the original's numbers."""

import numpy as np
import pytest
import torch
from signs_deberta_golden import Golden, model, ours
from torch import nn
from tqdm import tqdm

from podium.config import AdamW, Linear, Training
from podium.systems.signs_deberta import learner as learners
from podium.systems.signs_deberta.learner import VIEWS, SignLearner, make
from podium.systems.signs_deberta.recipe import Data, Recipe, Teaching, TeachingChoices
from podium.systems.signs_deberta.teaching import (
    consistency_weight,
    cross_entropy,
    distance,
    follow,
    p_mixup,
    stir,
    targets,
    without_worst,
)
from podium.training.batch_norm import MaskedBatchNorm
from podium.training.learner import Progress
from podium.training.loop import train_epoch
from podium.training.optimizers import make_optimizer
from podium.training.resume import StateFile, TrainState
from podium.training.schedules import learning_rate

LETTERS = dict(zip(VIEWS, "STD", strict=True))


def recipe_of(meta: dict, late_mode: str, epochs: int = 4, rate: float = 3e-4) -> Recipe:
    return Recipe(
        model=model(meta["S"], meta["D"]), data=Data(max_frames=10),
        teaching=Teaching(dropped_of=8, choices=TeachingChoices(late_mode=late_mode)),
        optimizer=AdamW(
            name="adamw", learning_rate=rate, weight_decay=0.4, weight_decay_on="all", max_grad_norm=10.0
        ),
        schedule=Linear(name="linear", warmup_epochs=epochs / 4),
        training=Training(epochs=epochs, device="cpu", max_loss_rise=None),
    )  # fmt: skip


def learner_of(golden: Golden, recipe: Recipe) -> SignLearner:
    learner = make(recipe).train()
    for name, network in learner.networks().items():
        golden.load(network, f"w_{LETTERS[name]}/")
    return learner


@pytest.fixture(scope="module")
def golden(shared) -> Golden:
    return Golden(shared / "golden/signs_deberta_tiny_train.npz")


@pytest.fixture(scope="module")
def misc(shared) -> Golden:
    return Golden(shared / "golden/signs_deberta_tiny_misc.npz")


class Step:
    """One step of three networks."""

    def __init__(self, golden: Golden, kind: str) -> None:
        self.golden, self.kind = golden, kind
        self.recipe = recipe_of(golden.meta, "corrected")
        self.learner = learner_of(golden, self.recipe)
        inputs = [golden.inputs(f"plain/in/{LETTERS[name]}/", "plain/in/S/") for name in VIEWS]
        batch = {
            "x_BYTCN": torch.stack([x_BTCN for x_BTCN, _ in inputs], 1),
            "mask_BYT": torch.stack([mask_BT for _, mask_BT in inputs], 1),
            "target_B": golden.tensor("plain/in/S/target"),
        }
        where = golden["mixup/mix/where_S_T_D"].tolist()
        mixes = [golden.mix("mixup/mix/", layer) if kind == "mixup" else None for layer in where]
        self.step = int(golden[f"{kind}/step"])
        self.progress = Progress(self.step - 1, 4 * int(golden[f"{kind}/rampup"]), 0, 4)
        self.losses = self.learner.losses(batch, self.progress, dict(zip(VIEWS, mixes, strict=True)))
        self.losses["loss"].backward()

    def noise(self, letter: str) -> set[str]:
        """Parameters that move by rounding alone."""
        return {ours(str(name)) for name in self.golden[f"{self.kind}/noise_grad_params_{letter}"]}


@pytest.fixture(scope="module", params=["plain", "mixup"])
def step(request, golden) -> Step:
    return Step(golden, request.param)


def test_losses_of_three_networks(step):
    for name, letter in (("student", "S"), ("distilled", "D")):
        for ours_, theirs in (("loss", "ce"), ("distance", "consistency")):
            expected = float(step.golden[f"{step.kind}/{theirs}_{letter}"])
            assert step.losses[f"{name}_{ours_}"].item() == pytest.approx(expected, abs=1e-6)
    assert step.losses["loss"].item() == pytest.approx(
        sum(float(step.golden[f"{step.kind}/loss_{letter}"]) for letter in "SD"), abs=2e-6
    )


def test_gradients_and_statistics(step):
    networks, kind, golden = step.learner.networks(), step.kind, step.golden
    assert all(parameter.grad is None for parameter in networks["teacher"].parameters())
    for name, letter in LETTERS.items():
        state = networks[name].state_dict()
        for key, expected in golden.state(f"{kind}/bn_after_{letter}/").items():
            np.testing.assert_allclose(state[key].numpy(), expected, atol=1e-6, err_msg=key)
        found = dict(networks[name].named_parameters())
        for key, expected in golden.state(f"{kind}/grad_{letter}/").items():
            if key not in step.noise(letter):
                np.testing.assert_allclose(found[key].grad.numpy(), expected, rtol=1e-4, atol=1e-6, err_msg=key)
        for key, norm in golden.state(f"{kind}/gradnorm_{letter}/").items():
            if key not in step.noise(letter):
                assert found[key].grad.norm().item() == pytest.approx(float(norm), rel=1e-4), key


def test_the_step(step):
    """Bounds of the gradients, decay, AdamW, and the teacher behind it."""
    learner, kind, golden = step.learner, step.kind, step.golden
    networks, groups = learner.networks(), learner.parameter_groups()
    for group, letter in zip(groups, "SD", strict=True):
        norm = torch.nn.utils.clip_grad_norm_(group["params"], step.recipe.optimizer.max_grad_norm)
        assert norm.item() == pytest.approx(float(golden[f"{kind}/grad_total_norm_{letter}"]), rel=1e-5)
    optimizer = make_optimizer(learner, step.recipe.optimizer)
    for group in optimizer.param_groups:
        group["lr"] = float(golden[f"{kind}/lr_S"])
    optimizer.step()
    learner.after_step(step.progress._replace(step=step.step))
    for name, letter in (("student", "S"), ("distilled", "D")):
        state = networks[name].state_dict()
        for key, expected in golden.state(f"{kind}/after_{letter}/").items():
            if key not in step.noise(letter):
                np.testing.assert_allclose(state[key].numpy(), expected, atol=1e-6, err_msg=key)
    state = networks["teacher"].state_dict()
    for key, expected in golden.state(f"{kind}/teacher_after/").items():
        if key not in step.noise("S"):
            np.testing.assert_allclose(state[key].numpy(), expected, atol=1e-6, err_msg=key)


def test_what_never_decays(golden):
    learner = learner_of(golden, recipe_of(golden.meta, "corrected"))
    expected = {ours(str(name)) for name in golden["plain/no_decay"]}
    for group, name in zip(learner.parameter_groups(), ("student", "distilled"), strict=True):
        named = {parameter: key for key, parameter in learner.networks()[name].named_parameters()}
        assert {named[parameter] for parameter in group["undecayed"]} == expected
    groups = make_optimizer(learner, recipe_of(golden.meta, "corrected").optimizer).param_groups
    assert [group["weight_decay"] for group in groups] == [0.4, 0.0, 0.4, 0.0]


def test_eight_steps_of_the_loop(shared, monkeypatch):
    """By the house's loop, against the original's own function: losses and norms of each step, and the networks."""
    golden = Golden(shared / "golden/signs_deberta_tiny_fit.npz")
    train = Golden(shared / "golden/signs_deberta_tiny_train.npz")
    recipe = recipe_of(train.meta, "corrected", golden.meta["epochs"], golden.meta["lr"])
    learner = learner_of(golden, recipe)
    state = TrainState(
        learner, make_optimizer(learner, recipe.optimizer), torch.amp.GradScaler("cpu", enabled=False),
        torch.Generator(),
    )  # fmt: skip
    seen, mixed = [], golden["mix/step"].tolist()

    def given(_config, num_layers, _num_clips, progress, _generator):
        if progress.step not in mixed:
            return [None] * len(num_layers)
        row = mixed.index(progress.step)
        where = golden["mix/where_S_T_D"][row].tolist()
        return [golden.mix("mix/", layer, row) for layer in where]

    monkeypatch.setattr(learners, "drawn_mixes", given)
    losses = learner.losses
    monkeypatch.setattr(learner, "losses", lambda *parts: seen.append(losses(*parts)) or seen[-1])
    for _ in range(golden.meta["epochs"]):
        batches = [fit_batch(golden, index) for index in range(golden.meta["steps_per_epoch"])]
        train_epoch(state, batches, recipe, torch.device("cpu"), tqdm(disable=True), StateFile(None, {}, 0))
        state.begin_next_epoch()
    names = ("student_loss", "student_distance", "distilled_loss", "distilled_distance")
    found = np.array([[one[name].item() for name in names] for one in seen])
    np.testing.assert_allclose(found, golden["steps/ceS_coS_ceD_coD"], atol=5e-6)
    noise = {ours(str(name)) for letter in "SD" for name in train[f"plain/noise_grad_params_{letter}"]}
    for name, letter in LETTERS.items():
        weights = learner.networks()[name].state_dict()
        for key, expected in golden.state(f"final_{letter}/").items():
            if key not in noise and not key.endswith("running_mean"):  # which follows what is noise
                np.testing.assert_allclose(weights[key].numpy(), expected, atol=2e-5, err_msg=f"{name} {key}")


def fit_batch(golden: Golden, index: int) -> dict[str, torch.Tensor]:
    x_BTCN, mask_BT = golden.inputs(f"batch{index}/")
    views = [x_BTCN]
    for factor, shift in ((1.1, 0.03), (1.2, 0.06)):
        view_BTCN = (x_BTCN * factor).half().float()
        view_BTCN[:, :, 0] += shift * (view_BTCN[:, :, 0] != 0)
        views.append(view_BTCN)
    return {
        "x_BYTCN": torch.stack(views, 1), "mask_BYT": torch.stack([mask_BT] * 3, 1),
        "target_B": golden.tensor(f"batch{index}/target"),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_losses(misc, kind):
    logits_BV = misc.tensor("loss/logits")
    mix = None if kind == "hard" else misc.mix("loss/mix_", 1)
    target_BV = targets(misc.tensor("loss/target")[:, 0], mix)
    if mix is not None:
        np.testing.assert_allclose(target_BV.numpy(), misc["loss/soft_target"], atol=1e-6)
    loss_B = cross_entropy(logits_BV, target_BV, 0.3)
    np.testing.assert_allclose(loss_B.numpy(), misc[f"loss/{kind}/per_sample"], atol=2e-6)
    assert without_worst(loss_B, 3, 9).item() == pytest.approx(float(misc[f"loss/{kind}/ousm_mean"]), abs=2e-6)
    assert without_worst(loss_B, 0, 9).item() == pytest.approx(float(misc[f"loss/{kind}/no_ousm"]), abs=2e-6)
    weight = consistency_weight(Teaching(), Progress(14, 80, 0, 1))
    found = weight * distance(logits_BV, misc.tensor("loss/teacher")).item()
    assert found == pytest.approx(float(misc[f"loss/{kind}/consistency_step15"]), abs=1e-6)


def test_courses(misc):
    weights = [consistency_weight(Teaching(), Progress(step - 1, 80, 0, 1)) for step in misc["loss/steps"].tolist()]
    np.testing.assert_allclose(weights, misc["loss/weights_R20"], atol=1e-9)
    assert consistency_weight(Teaching(rampup=0), Progress(0, 80, 0, 1)) == float(misc["loss/weight_R0"])
    found = [p_mixup(Teaching(), Progress(0, 1, epoch - 1, 100)) for epoch in (1, 45, 89, 90, 95)]
    expected = misc["mixup_proba/epoch_1_45_89_90_95_of_100"].clip(0)  # below 0 nothing is mixed
    np.testing.assert_allclose(found, expected, atol=1e-9)
    rising = Teaching(mixup_course="rising")
    assert [p_mixup(rising, Progress(0, 1, epoch - 1, 100)) for epoch in (45, 90, 100)] == [0.25, 0.5, 0.5]
    schedule = Linear(name="linear", warmup_epochs=9 / 37)  # the original warms up for whole steps
    rates = [learning_rate(3e-4, schedule, step, 37, 1) for step in range(38)]
    np.testing.assert_allclose(rates, misc["schedule/lr_37"], rtol=1e-6, atol=1e-12)


def test_the_teacher_follows(misc):
    for step in (1, 2, 10, 32, 33, 50, 1000):
        teacher, student = (nn.Linear(3, 2, bias=False) for _ in range(2))
        for one, name in ((teacher, "before"), (student, "student")):
            one.load_state_dict({"weight": misc.tensor(f"teacher/{name}")})
        follow(teacher, student, step, 0.97)
        np.testing.assert_allclose(teacher.weight.detach(), misc[f"teacher/after_step{step}"], atol=1e-6)


def test_soup(misc):
    def cook(number: int) -> nn.Module:
        network = nn.Sequential(nn.Linear(5, 4), MaskedBatchNorm(4))
        network.load_state_dict({name: misc.tensor(f"soup/{number}/{name}") for name in network.state_dict()})
        return network

    soup = cook(2)  # the first one takes its place
    for number in range(3):
        stir(soup, cook(number), number + 1)
    for name, value in soup.state_dict().items():
        np.testing.assert_allclose(value.numpy(), misc[f"soup/uniform/{name}"], atol=1e-6, err_msg=name)
