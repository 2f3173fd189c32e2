"""Guard rails: runs that go astray, gradient norms, moving averages of weights, recomputed statistics."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import yaml
from test_training import CPU, FULL, ROOT, fit, fit_line, gradient, recipe, write_data, write_dataset

from podium.errors import UserError
from podium.systems.fingerspelling import answers, learner, samples
from podium.systems.fingerspelling.networks.layers import ConvModule, FrontEnd
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.averages import make_average
from podium.training.batch_norm import PooledStatistics, recompute_statistics
from podium.training.batches import Collate
from podium.training.device import make_autocast
from podium.training.readings import MAX_SKIPPED_STEPS, Diverged, Readings
from podium.training.resume import StateFile
from podium.training.validation import answer

# ------------------------------------------------------------------------------------------------------- going astray


@pytest.fixture
def astray(monkeypatch) -> tuple[Recipe, list]:
    """A recipe whose loss is no number at the sixth micro-batch, and the list that the batches go to."""
    one = recipe(data={"p_cutmix": 0.5}, training={"epochs": 3, "batch_size": 2})
    kind = type(learner.make(one))
    honest, batches = kind.forward, []

    def forward(self, batch, progress, generator):
        batches.append(batch)
        factor = math.nan if len(batches) == 6 else 1
        return {name: loss * factor for name, loss in honest(self, batch, progress, generator).items()}

    monkeypatch.setattr(kind, "forward", forward)
    return one, batches


def test_a_loss_that_is_no_number_names_the_step(tmp_path, astray):
    index = write_data(tmp_path)
    with pytest.raises(UserError, match=r"became nan at micro-batch 6; lower optimizer.learning_rate \(now 0.003\)$"):
        fit(astray[0], tmp_path, index)


def test_a_loss_that_is_no_number_leaves_its_batch(tmp_path, astray):
    index = write_data(tmp_path)
    one, batches = astray
    with pytest.raises(UserError, match=r"became nan at micro-batch 6; lower .*; the batch is in .*/bad_batch.npz$"):
        fit(one, tmp_path, index, state_file=StateFile(tmp_path / "state", {}, every_minutes=60))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["bad_batch.npz"]
    kept = np.load(tmp_path / "state/bad_batch.npz")
    assert kept["step"] == 6
    for name, tensor in batches[5].items():
        np.testing.assert_array_equal(kept[name], tensor, err_msg=name)
    clips = index.iloc[batches[5]["row_B"]]
    for name in ("file_id", "sequence_id", "phrase"):
        assert kept[name].tolist() == clips[name].tolist()


def test_the_command_ends_on_a_divergence_with_one_sentence(tmp_path):
    write_dataset(tmp_path / "data", [0, 1])
    astray = recipe(
        optimizer={"learning_rate": 1e30}, schedule={"warmup_epochs": 0}, training={"batch_size": 1, "device": "cpu"}
    )
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(astray.model_dump(mode="json")))
    words = ["--system", "fingerspelling"]
    words += ["--recipe", tmp_path / "recipe.yaml", "--data", tmp_path / "data", "--fold", "0", "--seed", "0"]
    words += ["--table", tmp_path / "data/index.parquet", "--out", tmp_path / "out", "--state", tmp_path / "state"]
    ended = subprocess.run(
        [sys.executable, ROOT / "workflow/scripts/train.py", *words], capture_output=True, text=True, timeout=200
    )
    assert ended.returncode == 2, ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("error: the ") and "lower optimizer.learning_rate (now 1e+30)" in last
    assert last.endswith(f"the batch is in {tmp_path / 'state/bad_batch.npz'}") and "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


def read(losses: list[float], is_warm: bool = True, **training) -> Readings:
    """Takes losses in, twenty at a time."""
    readings = Readings()
    for step, loss in enumerate(losses, 1):
        readings.add({"loss": torch.tensor(loss)})
        if readings.is_due:
            readings.look(step, recipe(training=training).training, is_warm)
    return readings


def test_an_explosion_stops_the_run():
    with pytest.raises(Diverged, match="^the loss exploded to 21 at micro-batch 144$") as caught:
        read([2.0] * 143 + [21.0] * 57)
    assert caught.value.step == 144


@pytest.mark.parametrize(
    ("losses", "options"),
    [
        ([2.0] * 150 + [500.0] + [2.0] * 49, {}),  # one odd batch
        ([2.0] * 140 + [19.0] * 60, {}),  # bad, but a guess is not far
        ([0.01] * 140 + [5.0] * 60, {}),  # learned by heart, and forgotten
        ([2.0] * 60 + [50.0] * 20, {}),  # too early to say
        ([2.0] * 140 + [50.0] * 60, {"is_warm": False}),
        ([2.0] * 140 + [50.0] * 60, {"max_loss_rise": None}),
        ([2.0] * 140 + [50.0] * 60, {"max_loss_rise": 30}),
    ],
)
def test_what_is_no_explosion(losses, options):
    assert read(losses, **options).recent == pytest.approx(losses[-220:])


def look_at_norms(norms: list[float], precision: str) -> Readings:
    readings = Readings(unseen_norms=[(step, torch.tensor(norm)) for step, norm in enumerate(norms, 1)])
    readings.add({"loss": torch.tensor(1.0)})
    readings.look(len(norms), recipe(training={"precision": precision}).training, is_warm=True)
    return readings


def test_a_gradient_that_is_no_number_stops_the_run_unless_a_scaler_skips_it():
    for precision in ("fp32", "bf16"):
        with pytest.raises(Diverged, match="the gradient became inf at micro-batch 2"):
            look_at_norms([1.0, math.inf, 1.0], precision)
    skipped = [math.inf] * MAX_SKIPPED_STEPS
    assert look_at_norms([2.0, *skipped, 4.0, *skipped], "fp16").means(1)["gradient_norm"] == 3.0
    with pytest.raises(Diverged, match=f"the gradient became inf at micro-batch {MAX_SKIPPED_STEPS + 1}"):
        look_at_norms([*skipped, math.inf], "fp16")


# --------------------------------------------------------------------------------------------------------- what is said


def test_history_holds_what_does_not_depend_on_the_machine(tmp_path, caplog):
    index = write_data(tmp_path)
    with caplog.at_level("INFO"):
        history = fit(recipe(training={"epochs": 1, "batch_size": 2}), tmp_path, index).history
    assert list(history)[:5] == ["epoch", "learning_rate", "gradient_norm", "loss", "loss_ctc"]
    (line,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("epoch=1/1")]
    said = dict(word.split("=") for word in line.split())
    assert {"gradient_norm", "learning_rate", "clips_per_second", "data_wait", "peak_memory_mb", "eta"} <= said.keys()
    assert 0 <= float(said["data_wait"]) <= 1 and float(said["peak_memory_mb"]) > 50
    assert not {"clips_per_second", "data_wait", "peak_memory_mb"} & set(history)


def test_the_gradient_norm_is_the_one_before_clipping():
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(12, 3, generator=generator), torch.randn(12, 1, generator=generator)
    # a step in the second epoch
    before, _, _, means, _ = fit_line(x, y, batch_size=6, accumulation=4, max_grad_norm=0.01)
    assert math.isnan(means[0]["gradient_norm"])
    assert means[1]["gradient_norm"] == pytest.approx(float(gradient(before, x, y).norm()))


# ------------------------------------------------------------------------------------------------------ moving average


def test_the_average_forgets_faster_at_first():
    model = torch.nn.BatchNorm1d(1, affine=False, track_running_stats=True)
    model.register_parameter("weight", torch.nn.Parameter(torch.zeros(1)))
    average = make_average(model, decay=0.5)
    expected, seen = [], []
    for step, value in enumerate([8.0, 4.0, 2.0, 16.0, -3.0, 5.0, 0.0, 1.0, 1.0, 2.0, 7.0]):
        model.weight.data.fill_(value)
        model.running_mean.fill_(value)
        average.update_parameters(model)
        share = min(0.5, (1 + step) / (10 + step))
        expected.append(value if step == 0 else expected[-1] * share + value * (1 - share))
        seen.append((average.module.weight.item(), float(average.module.running_mean)))
    assert seen == [pytest.approx((one, one)) for one in expected]


def test_the_average_is_what_is_validated_and_saved(tmp_path):
    index = write_data(tmp_path)
    plain, averaged = (
        fit(recipe(training={"epochs": 3, "batch_size": 2, "ema_decay": decay}), tmp_path, index)
        for decay in (None, 0.9)
    )
    losses = ["loss", "gradient_norm"]
    assert plain.history[losses].equals(averaged.history[losses]), "the trained network does not know of its average"
    weights = [outcome.learner.exported.decoder.lm_head.weight for outcome in (plain, averaged)]
    assert not torch.equal(*weights)
    one = recipe()
    clips = samples.validation(index, tmp_path, one)
    collate, autocast = Collate(samples, one, is_training=False), make_autocast(one.training, CPU)
    outputs = answer(averaged.learner, clips, collate, 8, CPU, autocast)
    assert [answers.read(one) for one in outputs] == averaged.readings


# ---------------------------------------------------------------------------------------------- batch-norm statistics


def test_pooled_statistics_are_those_of_all_positions():
    x_ND = torch.randn(60, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 5
    pool = PooledStatistics()
    for part in x_ND.split([7, 1, 40, 12]):
        pool.add(part.mean(0), part.var(0, correction=0), torch.tensor(len(part)))
    torch.testing.assert_close(pool.mean_D, x_ND.mean(0))
    torch.testing.assert_close(pool.unbiased_variance(), x_ND.var(0))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("choice", ["published", "corrected"])
def test_recomputed_statistics_equal_direct_ones(tmp_path, number, choice):
    """What stands in front of each norm is caught on its way, put together over all batches, and averaged at once."""
    index = write_data(tmp_path)
    values = recipe(number).model_dump()
    values["model"]["choices"]["batch_norm"] = choice
    one = Recipe.model_validate(values)
    torch.manual_seed(0)
    whole = learner.make(one)
    model = whole.exported
    clips, collate = samples.training(index, tmp_path, one, seed=0), Collate(samples, one, is_training=False)
    batches = [collate([clips[0, item] for item in items]) for items in ([0, 1, 2], [3], [4, 5, 6, 7])]
    seen: dict[str, list[torch.Tensor]] = {}

    def keep_valid(name):
        return lambda _, inputs: seen.setdefault(name, []).append(inputs[0][inputs[1]])

    def keep_stem(name):
        def keep(module, inputs):
            x_BTLC, mask_BT = inputs
            h_BKTP = F.conv2d(x_BTLC.permute(0, 3, 1, 2), module.conv.weight, stride=(1, 2), padding=1)
            h_BTPK = h_BKTP.permute(0, 2, 3, 1)
            seen.setdefault(name, []).append((h_BTPK if choice == "published" else h_BTPK[mask_BT]).flatten(0, -2))

        return keep

    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, (FrontEnd, ConvModule)):
            hooks.append(module.norm.register_forward_pre_hook(keep_valid(f"{name}.norm")))
        if isinstance(module, FrontEnd):
            hooks.append(module.register_forward_pre_hook(keep_stem(f"{name}.conv_norm")))
    recompute_statistics(whole, batches, CPU, make_autocast(one.training, CPU))
    for hook in hooks:
        hook.remove()
    statistics = {name for name in model.state_dict() if name.endswith("running_mean")}
    assert statistics == {f"{name}.running_mean" for name in seen}
    for name, parts in seen.items():
        x_ND = torch.cat(parts).double()
        norm = model.get_submodule(name)
        torch.testing.assert_close(norm.running_mean.double(), x_ND.mean(0), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(norm.running_var.double(), x_ND.var(0), rtol=1e-4, atol=1e-6)
    first = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    recompute_statistics(whole, batches, CPU, make_autocast(one.training, CPU))
    assert all(torch.equal(first[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(module.training for module in model.modules())


def test_recomputed_statistics_change_nothing_else(tmp_path):
    index = write_data(tmp_path)
    training = FULL["training"] | {"validate_every_epochs": 2}
    running, recomputed = (
        fit(recipe(training=training | {"batch_norm_statistics": choice}), tmp_path, index)
        for choice in ("running", "recomputed")
    )
    assert running.history["loss"].equals(recomputed.history["loss"])
    for (name, one), other in zip(
        running.learner.state_dict().items(), recomputed.learner.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other) != ("running_" in name), name
