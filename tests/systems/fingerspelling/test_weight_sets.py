"""Which weights are taken from files as training tools write them, and what is said of the choice."""

from collections import OrderedDict, defaultdict

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from small_networks import random_network, small_recipe, state_of
from torch import nn
from torch.optim.swa_utils import AveragedModel

from podium.errors import UserError
from podium.storage.files import read_json
from podium.systems.fingerspelling.networks.original import to_original
from podium.systems.fingerspelling.winners_weights import choose, import_checkpoint, network, read_tensors

RECIPE = small_recipe(max_frames=64, ctc_weight=0, num_blocks=1)


@pytest.fixture(autouse=True)
def without_reference(monkeypatch):
    """What networks compute inside is of no interest here, and takes long."""
    monkeypatch.setattr(network, "reference_clips", lambda max_frames: [])


def original(seed: int) -> dict[str, torch.Tensor]:
    state = to_original(state_of(random_network(RECIPE, seed)), RECIPE.model)
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in state.items()}


ONE, OTHER = original(0), original(1)
PARAMETERS = {name: value for name, value in ONE.items() if "running_" not in name}
OPTIMIZER = {
    "state": {number: {"step": torch.tensor(3.0), "exp_avg": value} for number, value in enumerate(OTHER.values())},
    "param_groups": [{"lr": 0.1, "params": list(range(len(OTHER)))}],
}


def named(prefix: str, state: dict[str, torch.Tensor] = ONE) -> dict[str, torch.Tensor]:
    return {prefix + name: value for name, value in state.items()}


def inside(part: str, wrapper: str) -> dict[str, torch.Tensor]:
    """One module of the network in a wrapper of its own."""
    return {name.replace(f"{part}.", f"{part}.{wrapper}.", 1): value for name, value in ONE.items()}


def by_module(state: dict[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    modules = defaultdict(OrderedDict)
    for name, value in state.items():
        module, rest = name.split(".", 1)
        modules[module][rest] = value
    return dict(modules)


def imported(content: object, folder, weights: str | None = None):
    torch.save(content, folder / "checkpoint.pth")
    return import_checkpoint(folder / "checkpoint.pth", RECIPE, 0, folder / "out/model.safetensors", weights)


def is_of(folder, seed: int) -> bool:
    found, expected = load_file(folder / "out/model.safetensors"), random_network(RECIPE, seed).state_dict()
    return all(torch.equal(found[name], value) for name, value in expected.items())


# Content, name of its only set, and words of the remarks.
FORMS = {
    "as published": ({"model": ONE, "epoch": 3}, "model", []),
    "distributed": ({"model": named("module.")}, "model", ["the prefix module. out"]),
    "compiled": ({"model": named("_orig_mod.")}, "model", ["the prefix _orig_mod. out"]),
    "compiled, then distributed": (named("module._orig_mod."), ".", ["the prefix module._orig_mod. out"]),
    "distributed, then compiled": (named("_orig_mod.module."), ".", ["the prefix _orig_mod.module. out"]),
    "a part compiled": ({"model": inside("encoder", "_orig_mod")}, "model", ["the prefix _orig_mod. out"]),
    "a part recomputed": (inside("decoder", "_checkpoint_wrapped_module"), ".", ["_checkpoint_wrapped_module. out"]),
    "averaged": ({"model": {"n_averaged": torch.tensor(9), **named("module.")}}, "model", ["model.n_averaged"]),
    "averaged, compiled": ({"n_averaged": torch.tensor(9), **named("module._orig_mod.")}, ".", ["n_averaged"]),
    "ema alone": ({"ema": ONE}, "ema", ["under the prefix 'ema.'"]),
    "ema with its counters": ({"ema": {"decay": torch.tensor(0.9), **ONE}}, "ema", ["left out ema.decay"]),
    "Lightning": (
        {"state_dict": {**named("model."), "loss.weight": torch.ones(3)}, "optimizer_states": [OPTIMIZER]},
        "state_dict.model",
        ["under the prefix 'state_dict.model.'", "left out state_dict.loss (1 tensor(s)), optimizer_states ("],
    ),
    "DeepSpeed": ({"module": ONE, "optimizer": OPTIMIZER}, ".", ["the prefix module. out", "left out optimizer ("]),
    "Composer": ({"state": {"model": named("model."), "rng": [torch.ones(9)]}}, "state.model.model", ["state.rng"]),
    "unknown prefix": (named("my_net.wrapped."), "my_net.wrapped", ["under the prefix 'my_net.wrapped.'"]),
    "a dictionary per module": (by_module(ONE), ".", []),
    "optimizer by names": ({"model": ONE, "optimizer": {"exp_avg": OTHER}}, "model", ["left out optimizer ("]),
    "ema as a list": (
        {"model": ONE, "ema": {"decay": 0.9, "shadow_params": list(OTHER.values())}},
        "model",
        [f"left out ema ({len(OTHER)} tensor(s) without names)"],
    ),
    "names of ema without dots": (
        {"state_dict": {**named("model."), **{f"model_ema.{name.replace('.', '')}": OTHER[name] for name in OTHER}}},
        "state_dict.model",
        [f"left out state_dict.model_ema ({len(OTHER)} tensor(s))"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_one_set(tmp_path, form):
    content, name, words = FORMS[form]
    done = imported(content, tmp_path)
    assert is_of(tmp_path, 0) and done.weights == name
    *remarks, of_recipe = done.remarks
    said = "; ".join(remarks)
    assert all(word in said for word in words) and bool(said) == bool(words), said
    assert "confidence_pooling" in of_recipe
    assert read_json(tmp_path / "out/recipe.json")["imported"]["weights"] == name


# Content; the set that is taken by itself, which is of seed 0, and the other one.
PAIRS = {
    "model beside ema": ({"model": ONE, "ema": OTHER}, "model", "ema"),
    "timm": ({"state_dict": ONE, "state_dict_ema": OTHER}, "state_dict", "state_dict_ema"),
    "torchvision": (
        {"model": named("module."), "model_ema": {"n_averaged": torch.tensor(9), **named("module.", OTHER)}},
        "model",
        "model_ema",
    ),
    "one module in another": ({**named("online_model."), **named("ema_model.", OTHER)}, "online_model", "ema_model"),
    "Lightning": (
        {"state_dict": {**named("net."), **named("ema.module.", OTHER)}, "hyper_parameters": {"lr": 0.1}},
        "state_dict.net",
        "state_dict.ema",
    ),
    "average of another name": (
        {"net": ONE, "twin": {"n_averaged": torch.tensor(9), **named("module.", OTHER)}},
        "net",
        "twin",
    ),
    "ema in the state dict": ({**ONE, "ema": OTHER}, ".", "ema"),
    "icefall": (
        {"model": ONE, "model_avg": {name: value.double() for name, value in OTHER.items()}},
        "model",
        "model_avg",
    ),
    "fairseq": ({"model": ONE, "extra_state": {"ema": OTHER}}, "model", "extra_state.ema"),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_of_two_sets_one_is_taken_and_said(tmp_path, pair):
    content, first, second = PAIRS[pair]
    done = imported(content, tmp_path)
    assert is_of(tmp_path, 0) and done.weights == first
    assert done.remarks[0] == f"took the weights '{first}', not '{second}' (--weights NAME takes another set)"
    done = imported(content, tmp_path, second)
    assert is_of(tmp_path, 1) and done.weights == second
    assert done.remarks[0] == f"took the weights '{second}', not '{first}'"
    assert read_json(tmp_path / "out/recipe.json")["imported"]["weights"] == second


@pytest.mark.parametrize(
    "names", [("student", "teacher"), ("best", "last"), ("ema", "swa"), ("state_dict", "current_model_state")]
)
def test_where_nothing_tells_which_one(tmp_path, names):
    content = dict(zip(names, (ONE, OTHER), strict=True))
    with pytest.raises(UserError, match=f"'{names[0]}', '{names[1]}'; choose with --weights NAME"):
        imported(content, tmp_path)
    assert not (tmp_path / "out").exists()
    assert imported(content, tmp_path, names[1]).weights == names[1] and is_of(tmp_path, 1)


@pytest.mark.parametrize(
    ("name", "message"),
    [("emma", "did you mean 'ema'?"), ("x", "known are: ema, model"), ("", "known are: ema, model")],
)
def test_a_set_that_is_not_there(tmp_path, name, message):
    with pytest.raises(UserError) as caught:
        imported({"model": ONE, "ema": OTHER}, tmp_path, name)
    assert message in str(caught.value)


def test_an_average_of_parameters_takes_the_networks_statistics(tmp_path):
    """Whoever averages ``named_parameters()`` loads the average into the network, which keeps its statistics."""
    state = {**OTHER, **{name: value for name, value in ONE.items() if "running_" in name}}
    done = imported({"model": state, "ema": {"shadow": PARAMETERS}}, tmp_path, "ema.shadow")
    assert is_of(tmp_path, 0)
    assert "'ema.shadow' lacks the running statistics of the norms; took those of 'model'" in done.remarks
    told = read_json(tmp_path / "out/recipe.json")["imported"]
    assert (told["weights"], told["running_statistics"]) == ("ema.shadow", "model")


@pytest.mark.parametrize("content", [PARAMETERS, {"ema": PARAMETERS}, {"model": named("module.", PARAMETERS)}])
def test_an_average_of_parameters_alone(tmp_path, content):
    with pytest.raises(UserError, match="lack the running statistics of all norms"):
        imported(content, tmp_path)


def test_one_tensor_twice(tmp_path):
    with pytest.raises(UserError, match="holds one tensor twice, as model.* and model.module.*; leave one of them out"):
        imported({"model": {**ONE, **named("module.", OTHER)}}, tmp_path)


def test_a_misfit_names_the_set(tmp_path):
    content = {"net": ONE, "net_ema": {name: value for name, value in OTHER.items() if name != "aux_fc.bias"}}
    imported(content, tmp_path)
    with pytest.raises(
        UserError, match=r"checkpoint.pth: 'net_ema' does not fit the recipe, 1 problem\(s\): missing aux"
    ):
        imported(content, tmp_path, "net_ema")


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(2, 2), nn.BatchNorm1d(2)


def test_what_torch_itself_writes(tmp_path):
    """Averages, replicas and compiled networks of the installed torch, saved by it."""
    pair = Pair()
    expected = {name for name in pair.state_dict() if not name.endswith("num_batches_tracked")}
    averaged = AveragedModel(pair, use_buffers=True)
    averaged.update_parameters(pair)
    for wrapped in (averaged, nn.DataParallel(pair), torch.compile(pair), torch.compile(averaged)):
        torch.save({"state": wrapped.state_dict()}, tmp_path / "x.pt")
        found = choose(read_tensors(tmp_path / "x.pt"), expected, "x.pt")
        assert found.name == "state" and expected <= found.state.keys()
        assert found.state.keys() - expected == {"norm.num_batches_tracked"}
        assert np.array_equal(found.state["first.weight"], pair.first.weight.detach().numpy())


def test_the_command_says_it(tmp_path, podium):
    torch.save({"model": OTHER, "ema": named("module.")}, tmp_path / "x.pth")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE.model_dump(mode="json")))
    out = tmp_path / "out/model.safetensors"
    words = ("import-checkpoint", tmp_path / "x.pth", "--recipe", tmp_path / "recipe.yaml", "--out", out)
    done = podium(*words)
    assert done.code == 0 and f" weights=model out={out}\n" in done.out
    assert "remark: took the weights 'model', not 'ema' (--weights NAME takes another set)\n" in done.err
    done = podium(*words, "--weights", "ema")
    assert done.code == 0 and " weights=ema " in done.out and is_of(tmp_path, 0)
    assert "remark: left the prefix module. out of the names\n" in done.err
    done = podium(*words, "--weights", "emma")
    assert done.code == 2 and done.err == f"error: {tmp_path}/x.pth holds no weights 'emma': did you mean 'ema'?\n"
    done = podium("info", out, "--json")
    assert '"weights": "ema"' in done.out
