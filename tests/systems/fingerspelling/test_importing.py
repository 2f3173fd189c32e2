"""Checkpoints of the 1st-place solution: what is read, what is refused, and that nothing in them is executed.

Which of several sets of weights is taken: test_weight_sets.py.
"""

import os
import pickle

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from small_networks import random_network, small_recipe, state_of

from podium.errors import UserError
from podium.storage.files import file_digest, read_json
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.networks.attention import rotary_table
from podium.systems.fingerspelling.networks.decoder import position_table
from podium.systems.fingerspelling.networks.original import to_original
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.winners_weights import (
    build,
    import_checkpoint,
    network,
    read_tensors,
    reference_clips,
)
from podium.training.weights import save_weights

RECIPE = small_recipe(max_frames=64, ctc_weight=0)
WRITTEN = ["inference_args.json", "model.safetensors", "recipe.json", "reference.npz"]


def original() -> dict[str, np.ndarray]:
    """What a checkpoint of the original holds: weights, counters and tables."""
    state = to_original(state_of(random_network(RECIPE)), RECIPE.model)
    counters = {name.replace("running_mean", "num_batches_tracked") for name in state if "running_mean" in name}
    cos, sin = rotary_table(64, 8, torch.device("cpu"))
    positions = np.concatenate([position_table(32).numpy(), np.ones((900, 32), np.float32)])
    return {
        **state,
        **{name: np.array(3) for name in counters},
        "cos": cos.numpy()[None, None],
        "sin": sin.numpy()[None, None],
        "decoder.decoder.embed_positions.weights": positions,
    }


def tensors(state: dict[str, np.ndarray], prefix: str = "") -> dict[str, torch.Tensor]:
    return {prefix + name: torch.from_numpy(value) for name, value in state.items()}


def saved(content: object, path, **options):
    torch.save(content, path, **options)
    return path


FORMS = {
    "published": lambda state, path: saved({"model": tensors(state)}, path),
    "of several GPUs": lambda state, path: saved({"model": tensors(state, "module.")}, path),
    "with more": lambda state, path: saved({"model": tensors(state), "epoch": 399, "lr": [0.1]}, path),
    "bare": lambda state, path: saved(tensors(state), path),
    "npz": lambda state, path: np.savez(path.with_suffix(".npz"), **state),
    "safetensors": lambda state, path: save_file(tensors(state), path.with_suffix(".safetensors")),
    "of old": lambda state, path: saved({"model": tensors(state)}, path, _use_new_zipfile_serialization=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_network(tmp_path, form):
    FORMS[form](original(), tmp_path / "weights.pth")
    (path,) = tmp_path.iterdir()
    imported = import_checkpoint(path, RECIPE, 7, tmp_path / "out/model.safetensors")
    expected = random_network(RECIPE)
    found = load_file(tmp_path / "out/model.safetensors")
    assert found.keys() == expected.state_dict().keys() and imported.num_tensors == len(found)
    for name, value in expected.state_dict().items():
        assert torch.equal(found[name], value), name
    assert sorted(os.listdir(tmp_path / "out")) == WRITTEN
    account = read_json(tmp_path / "out/recipe.json")
    told = {"file": path.name, "sha256": file_digest(path), "weights": imported.weights}
    assert account["seed"] == 7 and account["imported"] == told
    assert imported.weights == ("." if form in ("bare", "npz", "safetensors") else "model")
    assert Recipe(**account["recipe"]) == RECIPE
    assert read_json(tmp_path / "out/inference_args.json")["selected_columns"] == COLUMNS


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precision_becomes_single(tmp_path, kind):
    """In safetensors, too, which know bfloat16 and numpy does not."""
    state = {name: value.to(kind) for name, value in tensors(original()).items()}
    save_file(state, tmp_path / "x.safetensors")
    for path in (saved({"model": state}, tmp_path / "x.pth"), tmp_path / "x.safetensors"):
        import_checkpoint(path, RECIPE, 0, tmp_path / "out/model.safetensors")
        found = load_file(tmp_path / "out/model.safetensors")["confidence.weight"]
        assert torch.equal(found, state["aux_fc.weight"].float())


def spoil(state: dict[str, np.ndarray]) -> None:
    del state["aux_fc.bias"]
    state["stranger.weight"] = np.zeros(3, np.float32)
    state["foreign.cos"] = np.zeros(3, np.float32)
    state["decoder.lm_head.weight"] = state["decoder.lm_head.weight"].T.copy()
    state["decoder2.lm_head.weight"] = state["decoder2.lm_head.weight"] * np.nan
    state["aux_fc.weight"] = np.zeros((1, 32), np.int64)
    state["cos"] = state["cos"][..., ::-1].copy()


def test_all_that_does_not_fit_is_listed(tmp_path):
    state = original()
    spoil(state)
    path = saved({"model": tensors(state)}, tmp_path / "x.pth")
    with pytest.raises(UserError) as caught:
        import_checkpoint(path, RECIPE, 0, tmp_path / "out/model.safetensors")
    message = str(caught.value)
    for part in (
        "7 problem(s)", "missing aux_fc.bias", "extra stranger.weight", "extra foreign.cos",
        "decoder.lm_head.weight has shape (32, 63), not (63, 32)", "decoder2.lm_head.weight holds values",
        "aux_fc.weight is int64", "cos holds other constants",
    ):  # fmt: skip
        assert part in message
    assert not (tmp_path / "out").exists()


def test_many_problems_are_listed_one_by_one(tmp_path, podium):
    state = original()
    renamed = {"a" if "layers" in name else name: value for name, value in tensors(state).items()}
    path = saved({"model": renamed}, tmp_path / "x.pth")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE.model_dump(mode="json")))
    words = ("import-checkpoint", path, "--recipe", tmp_path / "recipe.yaml", "--out", tmp_path / "new/x.safetensors")
    done = podium(*words)
    assert (done.code, done.err.count("\n")) == (2, 1) and done.err.endswith("; --problems FILE writes them all\n")
    listed = podium(*words, "--problems", tmp_path / "problems.txt")
    assert (listed.code, listed.err.count("\n")) == (2, 1) and not (tmp_path / "new").exists()
    missing = sorted(f"missing {name}" for name in state if "layers" in name)
    assert (tmp_path / "problems.txt").read_text().splitlines() == ["extra a", *missing] and len(missing) > 20


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (small_recipe(max_frames=128, ctc_weight=0), "cos has shape (1, 1, 64, 8)"),
        (small_recipe(max_frames=64, ctc_weight=0, dim=64), "shape"),
        (small_recipe(max_frames=64, ctc_weight=0, num_blocks=1), "extra encoder.blocks.1."),
        (small_recipe("squeezeformer_relpos", max_frames=64, ctc_weight=0), "missing encoder.blocks.0.mhsa.attention"),
        (small_recipe(max_frames=64), "no CTC head"),
        (small_recipe("zipformer", ctc_weight=0), "no network zipformer"),
    ],
)
def test_another_recipe_is_refused(recipe, message):
    with pytest.raises(UserError) as caught:
        build(original(), recipe, "the test")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("decoder.decoder.embed_positions.weights", np.array(1, np.float32), "has shape (), not the one"),
        ("cos", np.full((64, 8), "a"), "is <U1, not floating-point"),
    ],
)
def test_tables_that_are_none(name, table, message):
    with pytest.raises(UserError) as caught:
        build({**original(), name: table}, RECIPE, "the test")
    assert f"1 problem(s): {name} {message}" in str(caught.value)


@pytest.mark.parametrize("is_used", [False, True])
def test_weights_are_written_last(tmp_path, monkeypatch, is_used):
    """And earlier ones are gone by then: they are of other metadata."""

    def fail(*arguments):
        raise OSError("the disk is full")

    path = saved({"model": tensors(original())}, tmp_path / "x.pth")
    if is_used:
        import_checkpoint(path, RECIPE, 0, tmp_path / "out/model.safetensors")
    monkeypatch.setattr(network, "write_reference", fail)
    with pytest.raises(OSError):
        import_checkpoint(path, RECIPE, 0, tmp_path / "out/model.safetensors")
    assert not (tmp_path / "out/model.safetensors").exists()


class Evil:
    """Creates a file when it is unpickled."""

    def __init__(self, marker) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def evil_files(folder, marker) -> dict:
    content = {"model": {**tensors(original()), "aux_fc.bias": Evil(marker)}}
    (folder / "plain.pth").write_bytes(pickle.dumps(content))
    np.savez(folder / "objects.npz", **{**original(), "aux_fc.bias": np.array([Evil(marker)], dtype=object)})
    return {
        "zip": saved(content, folder / "zip.pth"),
        "legacy": saved(content, folder / "legacy.pth", _use_new_zipfile_serialization=False),
        "plain": folder / "plain.pth",
        "npz": folder / "objects.npz",
    }


@pytest.mark.parametrize("kind", ["zip", "legacy", "plain", "npz"])
def test_pickled_code_is_not_executed(tmp_path, podium, kind):
    marker = tmp_path / "marker"
    path = evil_files(tmp_path, marker)[kind]
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE.model_dump(mode="json")))
    done = podium("import-checkpoint", path, "--recipe", tmp_path / "recipe.yaml", "--out", tmp_path / "x.safetensors")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    assert done.err.startswith(f"error: {path} ") and "nothing was" in done.err
    assert ("would call posix.system" in done.err) == (kind in ("zip", "legacy"))
    assert not marker.exists() and not (tmp_path / "x.safetensors").exists()


@pytest.mark.parametrize("kind", ["zip", "legacy"])
def test_the_evil_files_are_evil(tmp_path, kind):
    """Control: read carelessly, they do what they were made for."""
    torch.load(evil_files(tmp_path, tmp_path / "marker")[kind], weights_only=False)
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("cut", [0, 5, 3000])
@pytest.mark.parametrize("name", ["x.pth", "x.npz", "x.safetensors"])
def test_damaged_files(tmp_path, name, cut):
    path = tmp_path / name
    if name == "x.npz":
        np.savez(path, **original())
    elif name == "x.safetensors":
        save_file(tensors(original()), path)
    else:
        saved({"model": tensors(original())}, path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UserError, match=name):
        read_tensors(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"model": {}}, "holds no tensors"),
        (5, "holds no tensors"),
        (torch.zeros(2), "none under a name of the recipe's network"),
        ([torch.zeros(2)], "holds a list of tensors without names (0)"),
        ({"model": {"a": torch.zeros(2), "lr": 0.1}}, "none under a name of the recipe's network, but model.a"),
        ({"model": {"aux_fc.bias": torch.zeros(2, 2).to_sparse()}}, "not plain numbers"),
    ],
)
def test_what_is_no_state_dict(tmp_path, content, message):
    with pytest.raises(UserError) as caught:
        import_checkpoint(saved(content, tmp_path / "x.pth"), RECIPE, 0, tmp_path / "out/model.safetensors")
    assert message in str(caught.value) and not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["itself", "one another"])
def test_dictionaries_without_end(tmp_path, kind):
    content = {"a": torch.zeros(2)}
    if kind == "itself":
        content["again"] = content
    for _ in range(0 if kind == "itself" else 40):
        content = {"one": content, "other": content}
    with pytest.raises(UserError, match="holds more dictionaries than any checkpoint"):
        read_tensors(saved(content, tmp_path / "x.pth"))


def test_a_network_of_our_own_needs_no_import(tmp_path):
    save_weights(random_network(RECIPE), tmp_path / "x.safetensors")
    with pytest.raises(UserError, match="is a network of Podium's own"):
        import_checkpoint(tmp_path / "x.safetensors", RECIPE, 0, tmp_path / "out/model.safetensors")


def test_scripts_are_not_loaded(tmp_path):
    path = tmp_path / "x.pth"
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), path)
    with pytest.raises(UserError, match="nothing was executed"):
        read_tensors(path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        read_tensors(tmp_path / "x.pth")
    with pytest.raises(UserError, match="is a folder"):
        read_tensors(tmp_path)
    with pytest.raises(UserError, match="does not end in .safetensors"):
        import_checkpoint(tmp_path / "x.pth", RECIPE, 0, tmp_path / "model.bin")


def test_reference_clips_are_the_same_and_one_is_too_long():
    first, second = reference_clips(64), reference_clips(64)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))
    assert len(first[-1]) > 64 > len(first[-2]) and {clip.shape[1] for clip in first} == {390}
    assert len(reference_clips(384)[-1]) > 384


def test_the_command(tmp_path, podium):
    path = saved({"model": tensors(original())}, tmp_path / "x.pth")
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE.model_dump(mode="json")))
    out = tmp_path / "new/model.safetensors"
    done = podium("import-checkpoint", path, "--recipe", tmp_path / "recipe.yaml", "--seed", 3, "--out", out)
    assert done.code == 0 and done.out.startswith("num_tensors=") and done.out.endswith(f" out={out}\n")
    assert "remark: the original's confidence head" in done.err, "the recipe is a corrected one"
    assert read_json(out.with_name("recipe.json"))["seed"] == 3


@pytest.mark.parametrize("seed", ["-1", str(2**40)])
def test_seeds_are_those_of_training(podium, tmp_path, seed):
    done = podium("import-checkpoint", "x.pth", "--recipe", "x.yaml", f"--seed={seed}", "--out", tmp_path / "new")
    assert done.code == 2 and "is no whole number from 0 to" in done.err
