"""Two short runs that show, before a long one, that a recipe works on its data. Neither leaves a file behind."""

import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podium.config import Recipe
from podium.errors import UserError
from podium.storage.artefacts import made_by
from podium.storage.files import read_json
from podium.storage.tables import read_table
from podium.systems.fingerspelling.samples import TABLE_COLUMNS
from podium.training.loop import train
from podium.training.run import train_job
from podium.training.split import split_rows

log = logging.getLogger(__name__)

OVERFIT_WARMUP_SHARE = 0.1


@dataclass
class Verdict:
    """What a preset has found."""

    passed: bool
    text: str


def one_batch_recipe(recipe: Recipe, num_steps: int) -> Recipe:
    """The recipe with all that hinders learning by heart taken out: one batch, no augmentation, no dropout."""
    values = recipe.model_dump()
    quiet = dict.fromkeys(("p_dropout", "p_activation_dropout", "p_attention_dropout"), 0.0)
    decoder = values["model"]["decoder"] | quiet
    values["model"] |= {"p_dropout": 0.0, "p_attention_dropout": 0.0, "p_mask_input": 0.0, "decoder": decoder}
    if values["model"]["zipformer"]:
        values["model"]["zipformer"] |= {"layer_skip": False, "p_const_attention": 0.0}
    values["data"] |= {
        "p_mirror": 0.0, "p_cutmix": 0.0, "augment": [], "min_train_frames": 1, "supplemental": "all", "num_workers": 0,
    }  # fmt: skip
    values["optimizer"] |= {"weight_decay": 0.0, "warmup_epochs": OVERFIT_WARMUP_SHARE * num_steps}
    values["training"] |= {
        "epochs": num_steps, "accumulation": 1, "validate_every_epochs": num_steps, "ema_decay": None,
        "batch_norm_statistics": "recomputed", "max_loss_rise": None,
    }  # fmt: skip
    return Recipe.model_validate(values)


def overfit(recipe: Recipe, root: Path, table_file: Path, num_steps: int, seed: int) -> Verdict:
    """Learns one batch of clips, from the shortest to the longest, by heart, and reads it back.

    Passed when every character is right: then data, losses, network and decoding fit together.
    """
    table = read_table(made_by(table_file, "index_data"), TABLE_COLUMNS)
    table = table[table["num_frames"] >= recipe.data.min_train_frames]
    if table.empty:
        raise UserError(f"{table_file} has no clip of data.min_train_frames {recipe.data.min_train_frames} frames")
    by_length = np.argsort(table["num_frames"].to_numpy(), kind="stable")
    places = np.linspace(0, len(table) - 1, min(recipe.training.batch_size, len(table))).round().astype(int)
    rows = table.iloc[by_length[places]].reset_index(drop=True)
    outcome = train(one_batch_recipe(recipe, num_steps), root, rows, rows, seed)
    score, losses = outcome.metrics["score"], outcome.history["loss"]
    passed = score == 1.0
    text = f"{len(rows)} clips, {num_steps} steps: loss {losses.iloc[0]:.3g} → {losses.iloc[-1]:.3g}, score {score:.3f}"
    hint = "learned by heart" if passed else "not learned by heart; give it more --steps, then look at the recipe"
    return Verdict(passed, f"{text}: {hint}")


def one_epoch(recipe: Recipe, root: Path, table_file: Path, fold: int | None, seed: int) -> Verdict:
    """The whole job with a single epoch: training, validation, all files, in a folder that is then removed."""
    values = recipe.model_dump()
    values["training"] |= {"epochs": 1}
    values["training"]["accumulation"] = min(recipe.training.accumulation, num_batches(recipe, root, table_file, fold))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        train_job(Recipe.model_validate(values), root, table_file, fold, seed, Path(folder))
        metrics = read_json(Path(folder, "metrics.json"))
    seconds = time.monotonic() - started
    hours = seconds * recipe.training.epochs / 3600
    text = f"one epoch with its validation took {seconds:.0f} s, score {metrics['score']:.3f}"
    return Verdict(True, f"{text}; {recipe.training.epochs} of them would take {hours:.1f} h at most")


def num_batches(recipe: Recipe, root: Path, table_file: Path, fold: int | None) -> int:
    """About how many batches an epoch has: a tiny corpus may have fewer than the recipe accumulates."""
    folds = read_table(made_by(root / "folds.parquet", "index_data"), ["participant_id", "fold"])
    training, _, _ = split_rows(read_table(made_by(table_file, "index_data"), TABLE_COLUMNS), folds, fold)
    is_own = training["split"] == "train"
    return max(1, int(is_own.sum()) // recipe.training.batch_size)
