"""Training on a handful of clips: schedule, groups, accumulation, same bits, scores, and that it learns."""

import math
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from fingerspelling import PARTS, load_recipe
from project import ROOT
from tqdm import tqdm

from podium import Recognizer
from podium.config import Cosine
from podium.data.folds import HELD_OUT
from podium.errors import UserError
from podium.landmarks.normalise import STATISTICS_COLUMNS, statistics
from podium.recognise.readings import Reading
from podium.systems.fingerspelling import learner, samples
from podium.systems.fingerspelling.answers import predictions, score
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.device import check_shared_memory, choose_device
from podium.training.learner import Learner
from podium.training.loop import Outcome, Rows, train, train_epoch
from podium.training.meter import epoch_line
from podium.training.optimizers import make_optimizer
from podium.training.resume import StateFile, TrainState
from podium.training.run import Job, reference_rows, train_job
from podium.training.schedules import learning_rate

RECIPES = ROOT / "config/recipes/fingerspelling"
PHRASES = ["ab", "cab", "bad", "ada", "cc", "dab", "b", "acd"]
FRAMES_PER_CHARACTER = 6
CPU = torch.device("cpu")


def write_data(root: Path, phrases: list[str] = PHRASES, num_signers: int = 4) -> pd.DataFrame:
    """A dataset in which every character is a posture of its own; returns its index."""
    rng = np.random.default_rng(0)
    postures = {character: rng.normal(0.5, 0.2, 390) for character in "abcd"}
    clips, rows, offset = [], [], 0
    for number, phrase in enumerate(phrases):
        frames = np.repeat([postures[character] for character in phrase], FRAMES_PER_CHARACTER, axis=0)
        clips.append((frames + rng.normal(0, 0.01, frames.shape)).astype(np.float32))
        rows.append(
            {
                "split": "train",
                "file_id": 1,
                "sequence_id": 100 + number,
                "participant_id": number % num_signers,
                "phrase": phrase,
                "offset": offset,
                "num_frames": len(frames),
            }
        )
        offset += len(frames)
    (root / "shards/train").mkdir(parents=True)
    np.save(root / "shards/train/1.npy", np.concatenate(clips))
    numbers = np.transpose([np.concatenate(statistics(clip)) for clip in clips])
    return pd.DataFrame(rows).assign(**dict(zip(STATISTICS_COLUMNS, numbers, strict=True)))


def write_dataset(root: Path, folds: list[int]) -> None:
    """Data of as many signers as there are ``folds``, with index and folds."""
    write_data(root, num_signers=len(folds)).to_parquet(root / "index.parquet")
    table = pd.DataFrame({"participant_id": range(len(folds)), "fold": folds})
    table.to_parquet(root / "folds.parquet")


def recipe(number: int = 1, name: str | None = None, **changes: dict) -> Recipe:
    """The tiny recipe of a round, or of a name, with keys of its sections changed; for clips of any length."""
    values = load_recipe(RECIPES / f"{name or f'tiny_round{number}'}.yaml").model_dump()
    values["data"]["min_train_frames"] = 1
    for section, keys in changes.items():
        is_other = keys.get("name", values[section].get("name")) != values[section].get("name")
        values[section] = keys if is_other else values[section] | keys
    return Recipe.model_validate(values)


def fit(one: Recipe, root: Path, training: pd.DataFrame, seed: int = 0, **options) -> Outcome:
    """Trains on rows, and validates on the same."""
    return train(one, PARTS, Rows(root, training, training), seed, **options)


# ---------------------------------------------------------------------------------------------------------- learning


ADAMW = {"optimizer": {"learning_rate": 0.01}, "schedule": {"warmup_epochs": 5}}
SCALED_ADAM = {
    "optimizer": {"name": "scaled_adam", "learning_rate": 0.06, "max_grad_norm": 1000},
    "schedule": {"name": "eden", "num_epochs": 20, "warmup_epochs": 5},
}


@pytest.mark.parametrize(
    ("name", "sections"),
    [("tiny_round1", ADAMW), ("tiny_round2", ADAMW), ("tiny_zipformer", ADAMW), ("tiny_zipformer", SCALED_ADAM)],
)
def test_eight_clips_are_learned_by_heart(tmp_path, name, sections):
    index = write_data(tmp_path)
    quiet = {"p_dropout": 0.0, "p_mask_input": 0.0}
    outcome = fit(
        recipe(
            name=name,
            model=quiet | {"decoder": {"num_layers": 1, "ff_dim": 64, "p_dropout": 0.0, "p_attention_dropout": 0.0}},
            data={"p_mirror": 0.0, "augment": []},
            training={"epochs": 60, "validate_every_epochs": 30},
            **sections,
        ),
        tmp_path,
        index,
    )
    assert outcome.history["loss"].iloc[-1] < 0.1 * outcome.history["loss"].iloc[0]
    assert [one.text for one in outcome.readings] == PHRASES
    assert outcome.metrics["score"] == 1.0
    for column in ("score", "validation_loss"):
        assert outcome.history[column].notna().tolist() == [epoch in (30, 60) for epoch in range(1, 61)]
    assert outcome.metrics["validation_loss"] == outcome.history["validation_loss"].iloc[-1] < 0.1


def run_twice(tmp_path: Path, first: Recipe, second: Recipe, seeds: tuple[int, int] = (3, 3)) -> list[Path]:
    root = tmp_path / "data"
    write_dataset(root, [0, 1, 1, 0])
    outs = [tmp_path / "one", tmp_path / "two"]
    for out, one, seed in zip(outs, (first, second), seeds, strict=True):
        train_job(Job(root, root / "index.parquet", 0, seed, out), one, PARTS)
    return outs


FULL = {"data": {"p_cutmix": 0.5}, "training": {"epochs": 3, "batch_size": 2, "accumulation": 2}}


def test_same_seed_same_bits(tmp_path):
    one, two = run_twice(tmp_path, recipe(**FULL), recipe(**FULL))
    files = sorted(path.name for path in one.iterdir())
    assert files == ["history.csv", "metrics.json", "model.safetensors", "oof.parquet", "recipe.json"]
    for name in files:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_neither_loader_processes_nor_validations_change_the_bits(tmp_path):
    helped = FULL | {"training": FULL["training"] | {"validate_every_epochs": 1, "num_workers": 2}}
    one, two = run_twice(tmp_path, recipe(**FULL), recipe(**helped))
    for name in ("model.safetensors", "metrics.json", "oof.parquet"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_another_seed_is_another_network(tmp_path):
    one, two = run_twice(tmp_path, recipe(), recipe(), seeds=(3, 4))
    assert (one / "model.safetensors").read_bytes() != (two / "model.safetensors").read_bytes()


class Line(Learner):
    """A stand-in: the mean over a batch of (w·x − y)²."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Identity())
        self.weight = torch.nn.Parameter(torch.tensor([[1.0, -2.0, 0.5]]))
        self.seen = []

    def forward(self, batch, progress, generator) -> dict[str, torch.Tensor]:
        return {"loss": ((batch["x"] @ self.weight.T - batch["y"]) ** 2).mean()}

    def after_step(self, progress) -> None:
        self.seen.append(progress)

    def outputs(self, batch):
        return {}

    def observe(self, x):
        return {"raw": x}


def gradient(weight: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return 2 * ((x @ weight.T - y) * x).mean(0, keepdim=True)


def fit_line(x, y, batch_size: int, accumulation: int, max_grad_norm: float = 1e9, model: Line | None = None):
    """Two epochs of plain gradient descent: first weights, last ones, the last step's rate, the epochs' means, and what
    learned."""
    parts = [slice(begin, begin + batch_size) for begin in range(0, len(x), batch_size)]
    batches = [{"x": x[part], "y": y[part]} for part in parts]
    one = recipe(
        optimizer={"max_grad_norm": max_grad_norm},
        schedule={"warmup_epochs": 0},
        training={"epochs": 2, "batch_size": batch_size, "accumulation": accumulation},
    )
    model = model or Line()
    before = model.weight.detach().clone()
    descent = torch.optim.SGD(model.parameters(), lr=one.optimizer.learning_rate)
    state = TrainState(model, descent, torch.amp.GradScaler("cpu", enabled=False), torch.Generator())
    with tqdm(disable=True) as progress:
        means = []
        for _ in range(2):
            means.append(train_epoch(state, batches, one, CPU, progress, StateFile(None, {}, 0)))
            state.begin_next_epoch()
    return before, model.weight.detach(), descent.param_groups[0]["lr"], means, model


@pytest.fixture
def points() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(12, 3, generator=generator), torch.randn(12, 1, generator=generator)


@pytest.mark.parametrize(("batch_size", "accumulation"), [(12, 2), (6, 4), (4, 6), (3, 8)])
def test_accumulated_batches_equal_a_large_one(points, batch_size, accumulation):
    before, after, rate, *_ = fit_line(*points, batch_size, accumulation)
    torch.testing.assert_close(after, before - rate * gradient(before, *points))


def test_accumulation_runs_on_across_epochs(points):
    x, y = points
    before, after, rate, *_ = fit_line(x, y, batch_size=6, accumulation=3)  # a step at the third of four micro-batches
    first, second = gradient(before, x[:6], y[:6]), gradient(before, x[6:], y[6:])
    torch.testing.assert_close(after, before - rate * (2 * first + second) / 3)


def test_the_learner_hears_of_every_step(points):
    model = fit_line(*points, batch_size=6, accumulation=3)[4]
    assert model.seen == [(3, 4, 1, 2)]


class Pair(Line):
    """Two weights, each with a bound of its own on its gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.other = torch.nn.Parameter(torch.ones(2))

    def forward(self, batch, progress, generator) -> dict[str, torch.Tensor]:
        return {"loss": 30 * self.weight.sum() + 40 * self.other.sum()}

    def parameter_groups(self):
        return [{"params": [self.weight], "max_grad_norm": 1.0}, {"params": [self.other]}]


def test_every_group_has_its_own_bound(points):
    model = Pair()
    before, other = model.weight.detach().clone(), model.other.detach().clone()
    _, _, rate, _, _ = fit_line(*points, 12, 2, max_grad_norm=2.0, model=model)
    torch.testing.assert_close(before - model.weight, torch.full((1, 3), rate / 3**0.5))
    torch.testing.assert_close(other - model.other, torch.full((2,), rate * 2 / 2**0.5))


@pytest.mark.parametrize("name", ["adamw", "scaled_adam"])
def test_optimisers_take_all_groups(name):
    one = recipe(optimizer={"name": name, "learning_rate": 0.01})
    model = Pair()
    taken = [one for group in make_optimizer(model, one.optimizer).param_groups for one in group["params"]]
    assert {id(parameter) for parameter in taken} == {id(model.weight), id(model.other)}


def test_the_accumulated_gradient_is_clipped(points):
    before, after, rate, *_ = fit_line(*points, 6, 4, max_grad_norm=0.1)
    direction = torch.nn.functional.normalize(gradient(before, *points))
    torch.testing.assert_close(after, before - rate * 0.1 * direction)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns_too(tmp_path, precision):
    index = write_data(tmp_path)
    training = {"precision": precision, "epochs": 12, "validate_every_epochs": 12}
    history = fit(recipe(2, training=training), tmp_path, index).history
    assert history["loss"].iloc[-1] < 0.7 * history["loss"].iloc[0]


def test_a_step_that_never_comes_is_refused(tmp_path):
    index = write_data(tmp_path)
    with pytest.raises(UserError, match=r"training.accumulation 9"):
        fit(recipe(training={"batch_size": 2, "accumulation": 9, "epochs": 2}), tmp_path, index)


# ------------------------------------------------------------------------------------------- optimiser and schedule


def test_schedule():
    config = Cosine(name="cosine", warmup_epochs=2)
    rates = [learning_rate(2.0, config, step, steps_per_epoch=5, epochs=6) for step in range(31)]
    assert rates[:11] == pytest.approx([0.2 * step for step in range(11)])
    assert rates[20] == pytest.approx(1.0)  # half-way through the cosine
    assert rates[15] == pytest.approx(1 + math.cos(math.pi / 4))
    assert rates[29] > rates[30] == pytest.approx(0, abs=1e-12)


def test_warm_up_longer_than_the_run():
    config = Cosine(name="cosine", warmup_epochs=10)
    assert learning_rate(1.0, config, 5, steps_per_epoch=5, epochs=1) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["squeezeformer_relpos", "squeezeformer_rope"])
def test_only_matrices_decay(name):
    one = recipe(1 if name == "squeezeformer_relpos" else 2, model={"ctc_weight": 0.1})
    one_learner = learner.make(one)
    decayed, spared = make_optimizer(one_learner, one.optimizer).param_groups
    names = {id(parameter): name for name, parameter in one_learner.exported.named_parameters()}
    decayed, spared = ({names[id(parameter)] for parameter in group["params"]} for group in (decayed, spared))
    assert decayed | spared == set(names.values()) and not decayed & spared
    assert {"frontend.conv.weight", "encoder.blocks.0.conv.depthwise.weight", "decoder.lm_head.weight"} <= decayed
    assert {"decoder.embed_tokens.weight", "encoder.blocks.0.affine_conv.scale", "decoder.norm.weight"} <= spared
    assert not any(name.endswith(("bias", "scale")) or "norm" in name for name in decayed)
    if name == "squeezeformer_relpos":
        assert "encoder.blocks.0.attention.content_bias" in spared


def test_everything_decays_as_published():
    one = recipe(optimizer={"weight_decay_on": "all"})
    model = learner.make(one)
    (group,) = make_optimizer(model, one.optimizer).param_groups
    assert group["weight_decay"] == one.optimizer.weight_decay
    assert len(group["params"]) == len(list(model.parameters()))


# ------------------------------------------------------------------------------------------------------------- scores


def readings(*texts: str) -> list[Reading]:
    return [Reading(text, 0.1) for text in texts]


def test_scores():
    table = pd.DataFrame({"phrase": ["abc", "abc", "2 a-e -aroe"], "num_frames": [14, 15, 300]})
    found = score(table, readings("abc", "acb", "zzz"))
    assert list(found) == ["score", "score_damerau"]
    assert found["score"] == pytest.approx(1 - (0 + 2 + 11) / 17)
    assert found["score_damerau"] == pytest.approx(1 - (0 + 1 + 11) / 17)


def test_rows_of_the_prediction_table_score_by_damerau(tmp_path):
    table = predictions(write_data(tmp_path), readings("ba", "", *PHRASES[2:]))
    assert table["score"].tolist() == [0.5, 0.0, *[1.0] * 6]
    assert list(table) == [
        "file_id", "sequence_id", "participant_id", "phrase", "num_frames", "prediction", "score",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ the job


def test_a_full_fit_leaves_all_that_export_needs(tmp_path):
    root, out, events = tmp_path / "data", tmp_path / "out", tmp_path / "events"
    write_dataset(root, [0, 1, HELD_OUT, 0])
    index = pd.read_parquet(root / "index.parquet").assign(score=0.5)
    index.to_parquet(tmp_path / "train_with_oof.parquet")
    train_job(Job(root, tmp_path / "train_with_oof.parquet", None, 7, out, events), recipe(2), PARTS)
    assert sorted(path.name for path in out.iterdir()) == [
        "history.csv", "metrics.json", "model.safetensors", "recipe.json", "reference.npz",
    ]  # fmt: skip
    (curves,) = events.glob("events.*")
    groups = dict(re.findall(r"(\d_\w+)/(\w+)", curves.read_text(errors="replace")))
    assert sorted(groups) == ["1_score", "2_loss", "3_steps", "4_speed"], "score first, and nothing without a group"
    reading = Recognizer(out).read(np.load(root / "shards/train/1.npy")[:20])
    assert 0 <= reading.confidence <= 1
    reference = np.load(out / "reference.npz")
    assert {name.split("/")[0] for name in reference} == {"0", "1"}  # signer 2 has two clips
    held_out = index[index["participant_id"] == 2]["num_frames"]
    assert sorted(len(reference[f"{clip}/raw"]) for clip in "01") == sorted(held_out)


def test_reference_clips_span_all_lengths():
    assert reference_rows(np.array([50, 10, 40, 20, 30, 60, 70])) == [1, 4, 0, 6]
    assert reference_rows(np.array([50, 10])) == [1, 0]


def test_epoch_line():
    row = {"epoch": 3, "learning_rate": 0.001, "loss": 1.23456}
    line = epoch_line(row, {"clips_per_second": 99.63}, epochs=10, remaining_seconds=125.2)
    assert line == "epoch=3/10 learning_rate=0.001 loss=1.235 clips_per_second=99.63 eta=2m05s"


# ---------------------------------------------------------------------------------------------------------- bad input


def test_no_gpu_where_one_is_demanded(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="training.device: cuda"):
        choose_device("cuda")
    assert choose_device("auto") == CPU


def test_loaders_that_would_find_no_shared_memory(monkeypatch):
    one = recipe(training={"num_workers": 2, "batch_size": 100})
    clip_bytes = samples.clip_bytes(one)
    assert clip_bytes == one.data.max_frames * 390 * 4
    needed = 2 * 2 * 100 * clip_bytes
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=needed - 1))
    with pytest.raises(UserError, match="2 loader process.es. may need .*--shm-size=8g"):
        check_shared_memory(one.training, clip_bytes)
    check_shared_memory(recipe().training, clip_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=needed))
    check_shared_memory(one.training, clip_bytes)


def test_gpu_only_when_wanted(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [choose_device(wish).type for wish in ("auto", "cuda", "cpu")] == ["cuda", "cuda", "cpu"]
