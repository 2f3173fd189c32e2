"""What a learner gets from its base, on a network that knows nothing of any system."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import podium.systems
from podium.cli.arguments import named_recipe
from podium.errors import UserError
from podium.training.learner import LOSS, Learner, watched
from podium.training.validation import mean_loss
from podium.training.weights import load_network, save_weights, write_reference


class Waves(Learner):
    """Tells two kinds of waves apart."""

    def forward(self, batch, progress, generator) -> dict[str, torch.Tensor]:
        return {"loss": nn.functional.cross_entropy(self.network(batch["x_BT"]), batch["kind_B"])}

    def outputs(self, batch) -> dict[str, torch.Tensor]:
        p_BK = self.network(batch["x_BT"]).softmax(1)
        return {"p": p_BK, "kind": p_BK.argmax(1)}

    def observe(self, x: np.ndarray) -> dict[str, np.ndarray]:
        stages = {"hidden": self.network[0], "logits": self.network[2]}
        _, seen = watched(stages, lambda: self.network(torch.from_numpy(x)[None]))
        return {"raw": x, **{name: value[0].numpy() for name, value in seen.items()}}


def make(recipe=None) -> Waves:
    torch.manual_seed(0)
    return Waves(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_answers_come_clip_by_clip_as_arrays(dtype):
    learner, x_BT = make().to(dtype), torch.randn(3, 4, dtype=dtype)
    outputs, answers = learner.outputs({"x_BT": x_BT}), learner.answer({"x_BT": x_BT})
    assert len(answers) == 3
    for clip, one in enumerate(answers):
        assert np.array_equal(one["p"], outputs["p"][clip].detach().float().numpy()) and one["p"].dtype == np.float32
        assert one["kind"] == outputs["kind"][clip]


def test_a_loss_of_validation_clips_is_the_mean_over_clips():
    class Judged(Waves):
        def validating(self, batch):
            p = self.outputs(batch)
            return {**p, LOSS: -p["p"].log().gather(1, batch["kind_B"][:, None])[:, 0]}

    learner, batch = Judged(make().network), {"x_BT": torch.randn(3, 4), "kind_B": torch.tensor([0, 1, 1])}
    told = mean_loss(learner.answer(batch))
    assert told == {"validation_loss": pytest.approx(learner(batch, None, None)["loss"].item())}
    assert mean_loss(learner.answer(batch, for_labels=True)) == {} == mean_loss(make().answer(batch))


def test_what_a_learner_observes_is_its_reference(tmp_path):
    learner = make().eval()
    clips = [np.full(4, value, np.float32) for value in (0.5, -1)]
    write_reference(learner, clips, tmp_path / "reference.npz")
    reference = np.load(tmp_path / "reference.npz")
    assert reference.files == [f"{clip}/{stage}" for clip in (0, 1) for stage in ("raw", "hidden", "logits")]
    for clip, x in enumerate(clips):
        assert np.array_equal(reference[f"{clip}/raw"], x)
        assert np.array_equal(reference[f"{clip}/logits"], learner.exported(torch.from_numpy(x)).detach().numpy())
    assert not learner.network[0]._forward_hooks


def test_weights_are_the_exported_networks_alone(tmp_path):
    learner = make()
    learner.teacher = nn.Linear(4, 2)
    with torch.no_grad():
        learner.network[0].bias += 1
    save_weights(learner.exported, tmp_path / "model.safetensors")
    network = load_network(tmp_path / "model.safetensors", SimpleNamespace(make=make), None)
    assert torch.equal(network[0].bias, learner.network[0].bias) and not network.training


def test_what_wants_no_gradient_is_not_changed():
    learner = make()
    learner.network[0].requires_grad_(False)
    (group,) = learner.parameter_groups()
    assert [parameter.shape for parameter in group["params"]] == [(2, 3), (2,)]


# ------------------------------------------------------------------------------------------------- whose recipe it is


@pytest.fixture
def two_systems(tmp_path, monkeypatch) -> Path:
    """A folder with a recipe of each of two systems, and one of the same name in both."""
    seen = []
    for system, name in (("one", "first"), ("two", "second"), ("one", "same"), ("two", "same")):
        path = tmp_path / f"config/recipes/{system}/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "own.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(podium.systems, "names", lambda: ["one", "two"])
    monkeypatch.setattr(podium.systems, "part", lambda system, name: SimpleNamespace(Recipe=(system, name)))
    monkeypatch.setattr("podium.config.load", lambda section, file: seen.append(section) or file.as_posix())
    return tmp_path


@pytest.mark.parametrize(
    ("name", "system", "expected"),
    [
        ("first", None, ("one", "config/recipes/one/first.yaml")),
        ("second", None, ("two", "config/recipes/two/second.yaml")),
        ("config/recipes/two/same.yaml", None, ("two", "config/recipes/two/same.yaml")),
        ("same", "one", ("one", "config/recipes/one/same.yaml")),
        ("own.yaml", "two", ("two", "own.yaml")),
    ],
)
def test_a_recipes_place_tells_its_system(two_systems, name, system, expected):
    assert named_recipe(name, system) == expected


@pytest.mark.parametrize("name", ["same", "own.yaml"])  # of one that is absent: test_presets.py
def test_a_recipe_of_nobody_is_refused(two_systems, name):
    with pytest.raises(UserError, match=f"nothing tells whose recipe '{name}' is; add --system: one, two"):
        named_recipe(name, None)
