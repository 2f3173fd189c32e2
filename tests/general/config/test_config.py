"""YAML files: what is refused, and in which words."""

import pytest
from fingerspelling import load_recipe, model_section

from podium.config import Experiment, Section, load, parse
from podium.errors import UserError
from podium.systems.fingerspelling.plan import Dataset
from podium.systems.fingerspelling.recipe import Recipe

SYNTHETIC = {
    "kind": "synthetic",
    "num_train_sequences": 5,
    "num_supplemental_sequences": 0,
    "num_test_sequences": 0,
    "num_train_signers": 2,
    "num_test_signers": 1,
}
KAGGLE = {"kind": "kaggle", "competition": "a", "archive": {"unpacked_gb": 1}, "splits": {"train": {"file_ids": [1]}}}
ADAMW = {"name": "adamw", "learning_rate": 0.001}
ZIPFORMER = {"name": "zipformer", "dim": 32, "num_blocks": 2}
EXPERIMENT = {
    "system": "fingerspelling", "name": "a", "dataset": "a",
    "stages": {"a": {"recipe": "r", "folds": "all"}, "b": {"recipe": "r", "seeds": [1]}},
}  # fmt: skip


def recipe(**changes) -> dict:
    content = {
        "model": {"name": "squeezeformer_rope", "dim": 32, "num_blocks": 1},
        "optimizer": ADAMW,
        "schedule": {"name": "cosine"},
        "training": {"epochs": 1},
    }
    return content | changes


@pytest.mark.parametrize(
    ("section", "content", "words"),
    [
        (Recipe, recipe(trainning={"epochs": 1}), "unknown key 'trainning'; did you mean 'training'?"),
        (Recipe, recipe(training={"epoch": 1}), "unknown key 'training.epoch'; did you mean 'epochs'?"),
        (Recipe, recipe(training={"epochs": 1, "batch_size": True}), "training.batch_size: "),
        (Recipe, recipe(optimizer=ADAMW | {"betas": [0.9, 1.5]}), "optimizer.betas.1: "),
        (Recipe, recipe(optimizer=ADAMW | {"epsilon": 0}), "optimizer.epsilon: "),
        (Recipe, recipe(optimizer=ADAMW | {"learning_rate": float("inf")}), "optimizer.learning_rate: "),
        (Recipe, recipe(training={}), "key 'training.epochs' is missing"),
        (Recipe, recipe(training={"epochs": "many"}), "training.epochs: "),
        (Recipe, recipe(model={"name": "zipformer", "dim": 30, "num_blocks": 1}), "dim 30 must be divisible"),
        (Recipe, recipe(model=ZIPFORMER | {"kernel_size": 8}), "must be odd"),
        (Recipe, recipe(model=ZIPFORMER | {"name": "squeezeformer_rope", "choices": {"conv": 1}}), "conv_padding"),
        (Recipe, recipe(model=ZIPFORMER | {"name": "x"}), "model.name: 'x' is unknown; known are: squeezeformer_r"),
        (Recipe, recipe(model={"dim": 32}), "key 'model.name' is missing"),
        (Recipe, recipe(optimizer={"learning_rate": 0.001}), "key 'optimizer.name' is missing"),
        (Recipe, recipe(schedule={}), "key 'schedule.name' is missing"),
        (Recipe, recipe(model=ZIPFORMER | {"bias": 1}), "unknown key 'model.bias'"),
        (Recipe, recipe(model=ZIPFORMER | {"stacks": [{"num_layers": 1, "rat": 2}]}),
         "'model.stacks.0.rat'; did you mean 'rate'?"),
        (Recipe, recipe(model=ZIPFORMER | {"stacks": [{"num_layers": 3}]}), "stacks hold 3 layers and num_blocks is 2"),
        (Recipe, recipe(model=ZIPFORMER | {"choices": {"conv_padding": "published"}}),
         "unknown key 'model.choices.conv_padding'"),
        (Dataset, {"name": "a", "source": SYNTHETIC | {"sed": 1}}, "unknown key 'source.sed'; did you mean 'seed'?"),
        (Dataset, {"name": "a", "source": SYNTHETIC | {"max_characters": 40}}, "source.max_characters"),
        (Dataset, {"name": "a", "source": SYNTHETIC | {"min_characters": 40}}, "source.min_characters"),
        (Dataset, {"name": "a", "source": SYNTHETIC | {"min_characters": 9, "max_characters": 8}},
         "source: min_characters 9 exceeds max_characters 8"),
        (Dataset, {"name": "a/b", "source": SYNTHETIC}, "name: "),
        (Dataset, {"name": "a", "source": {"seed": 1}}, "some.yaml: key 'source.kind' is missing"),
        (Dataset, {"name": "a", "source": {"kind": "kagle"}},
         "source.kind: 'kagle' is unknown; did you mean 'kaggle'?"),
        (Dataset, {"name": "a", "source": {"kind": "magnetic tape"}},
         "known are: kaggle, kaggle-prepared, local, synthetic"),
        (Dataset, {"name": "a", "source": {"kind": None}}, "source.kind: 'None' is unknown"),
        (Dataset, {"name": "a", "source": "kaggle"}, "source: must hold 'key: value' lines, got 'kaggle'"),
        (Dataset, {"name": "a", "source": SYNTHETIC, "shards": 16}, "shards: must hold 'key: value' lines, got 16"),
        (Dataset, {"name": "a", "source": KAGGLE | {"splits": ["train"]}},
         "source.splits: must hold 'key: value' lines, got ['train']"),
        (Dataset, {"name": "a", "source": KAGGLE | {"splits": {"train": {"file_ids": []}}}},
         "source.splits.train.file_ids: needs at least 1 item, got []"),
        (Experiment[Section], EXPERIMENT | {"name": "data"},
         "taken by a folder of its own"),
        (Experiment[Section], EXPERIMENT | {"stages": {"b": {"recipe": "r", "seeds": [1, 1]}}},
         "seeds must be distinct"),
        (Experiment[Section], EXPERIMENT | {"stages": {"b": {"recipe": "r", "seeds": [1, 2**32]}}},
         "stages.b.seeds.1: Input should be less than 4294967296"),
        (Experiment[Section], ["a"], "must hold 'key: value' lines"),
    ],
)  # fmt: skip
def test_mistakes_are_named(section, content, words):
    with pytest.raises(UserError) as error:
        parse(section, content, "some.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith("some.yaml")


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "winner.yaml").write_text("name: winner\n")
    with pytest.raises(UserError, match="did you mean 'winner'"):
        load_recipe(tmp_path / "winer.yaml")


def test_a_file_that_is_no_yaml(tmp_path):
    (tmp_path / "broken.yaml").write_text("name: [a\n")
    with pytest.raises(UserError, match="is not YAML"):
        load_recipe(tmp_path / "broken.yaml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UserError, match="is a folder; name a YAML file"):
        load_recipe(tmp_path)


@pytest.mark.parametrize(("place", "words"), [("file/x.yaml", "not a directory"), ("x" * 300, "file name too long")])
def test_a_place_where_no_file_can_be(tmp_path, place, words):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=f"cannot be opened: {words}; name a YAML file"):
        load_recipe(tmp_path / place)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("name: a\ntitle: b\nname: c\n", "'name' is in lines 1 and 3"),
        ("source:\n  kind: local\n  root: a\n  root: b\n", "'root' is in lines 3 and 4"),
        ('{"name": "a",\n "name": "b"}', "'name' is in lines 1 and 2"),
    ],
)
def test_a_key_that_stands_twice(tmp_path, text, lines):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        load(Dataset, path)
    assert str(error.value) == f"{path}: key {lines}; remove one"


def test_what_overrides_a_merged_key_does_not_stand_twice(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "name: a\nsource:\n  kind: kaggle\n  competition: a\n  archive: {unpacked_gb: 1}\n  splits:\n"
        "    train: &train {file_ids: [1], num_sequences: 5}\n    supplemental: {<<: *train, file_ids: [2]}\n"
    )
    supplemental = load(Dataset, tmp_path / "a.yaml").source.splits["supplemental"]
    assert (supplemental.file_ids, supplemental.num_sequences) == ([2], 5)


def test_sections_do_not_change_after_loading():
    model = model_section("zipformer", dim=32, num_blocks=1)
    with pytest.raises(ValueError, match="frozen"):
        model.dim = 64
