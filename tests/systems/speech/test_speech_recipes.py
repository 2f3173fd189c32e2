"""Every recipe loads, its learner takes a step; every experiment is a plan; the original's optimiser and schedule."""

import numpy as np
import pytest
import torch
from project import ROOT
from speech import golden

from podium.config import Plateau, load
from podium.errors import UserError
from podium.plan.stages import Plan, load_experiment, parse_experiment
from podium.systems.speech import learner
from podium.systems.speech.recipe import Recipe
from podium.training.optimizers import make_optimizer
from podium.training.schedules import learning_rate

RECIPES = sorted((ROOT / "config/recipes/speech").glob("*.yaml"))
COMPARISON = ROOT / "config/speech_compare.yaml"
CHAINS = sorted({*(ROOT / "config").glob("speech*.yaml"), ROOT / "config/test/speech_tiny.yaml"} - {COMPARISON})


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_takes_a_step(path):
    assert path.read_text().startswith("# "), "a recipe's head comment says what it is"
    recipe = load(Recipe, path)
    torch.manual_seed(0)
    model = learner.make(recipe)
    optimizer = make_optimizer(model, recipe.optimizer)
    batch = {"x_BW": 0.1 * torch.randn(4, 16000), "target_BV": torch.eye(recipe.model.num_classes)[:4]}
    before = [parameter.detach().clone() for parameter in model.parameters()]
    loss = model(batch, None, None)["loss"]
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss)
    assert all(not torch.equal(one, other) for one, other in zip(model.parameters(), before, strict=True))
    assert load(Recipe, path).by_heart(10).data.pseudo_share == 0


@pytest.mark.parametrize("path", CHAINS, ids=lambda path: path.stem)
def test_experiment_is_a_plan(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = Plan(load_experiment(path))
    *earlier, last = plan.stages.values()
    assert all(stage.labels_supplemental for stage in earlier) and not last.labels_supplemental
    assert earlier[0].arguments == "--full-fit --seed {seed} --label-supplemental"
    assert plan.predictions(earlier[0])[0].endswith("base/seed1/supplemental.parquet")
    assert plan.label_options("threshold")["rule"] == "sum" and plan.label_options("agreement") == {}
    assert {stage.name for stage in plan.needed} == set(plan.stages)


def test_the_comparison_differs_in_labels_alone(monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = Plan(load_experiment(COMPARISON))
    compared = [plan.stages[name] for name in ("none", "one", "two")]
    assert {stage.arguments for stage in plan.stages.values()} >= {"--fold 0 --seed {seed}"}
    assert all(stage.section.fold == 0 for stage in plan.stages.values()), "whom it is scored on, no network has heard"
    assert len({stage.recipe_file for stage in compared}) == 1
    assert [stage.section.labels and stage.section.labels.how for stage in compared] == [None, "agreement", "threshold"]


def test_keys_of_a_way_of_labels_are_checked(monkeypatch):
    monkeypatch.chdir(ROOT)
    content = load_experiment(ROOT / "config/test/speech_tiny.yaml").model_dump(mode="json", exclude_none=True)
    labels = content["stages"]["second"]["labels"]
    for wrong, message in (({"p": 1.5}, "p"), ({"q": 0.5}, "'q'"), ({"how": "threshhold"}, "unknown way 'threshhold'")):
        content["stages"]["second"]["labels"] = {**labels, **wrong}
        with pytest.raises(UserError, match=message):
            Plan(parse_experiment(content, "a test"))


def test_the_optimizer_is_the_original_s(shared):
    arrays, _ = golden(shared, "speech_rules")
    recipe = load(Recipe, ROOT / "config/recipes/speech/net195.yaml")
    weights = torch.nn.Parameter(torch.from_numpy(arrays["rmsprop/p"].copy()))

    class Weights(torch.nn.Module):
        def parameter_groups(self):
            return [{"params": [weights]}]

    optimizer = make_optimizer(Weights(), recipe.optimizer)
    for gradient, expected in zip(arrays["rmsprop/grads"], arrays["rmsprop/out"], strict=True):
        weights.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        assert np.abs(weights.detach().numpy() - expected).max() < 1e-6


@pytest.mark.parametrize(("experiment", "least_rate"), [(106, 0), (195, 1e-5), (206, 1e-5)])
def test_the_schedule_is_the_original_s(shared, experiment, least_rate):
    arrays, _ = golden(shared, "speech_rules")
    scores, rates = (arrays[f"schedule/{experiment}/{name}"].astype(float) for name in ("val_acc", "lr"))
    schedule = Plateau(name="plateau", least_rate=least_rate)
    found = [learning_rate(1e-3, schedule, 0, 1, 200, scores[:epoch]) for epoch in range(len(scores))]
    assert found == pytest.approx(rates, rel=1e-6)
