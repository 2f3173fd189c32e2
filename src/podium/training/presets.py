"""Two short runs that show, before a long one, that a recipe works on its data. Neither leaves a file behind."""

import logging
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from podium.config import Recipe
from podium.data.columns import TRAINED
from podium.errors import UserError
from podium.storage.artefacts import made_by
from podium.storage.files import read_json
from podium.storage.tables import read_table
from podium.training.learner import Parts
from podium.training.loop import Rows, train
from podium.training.run import Job, job_rows, train_job

log = logging.getLogger(__name__)


@dataclass
class Verdict:
    """What a preset has found."""

    passed: bool
    text: str


def overfit(recipe: Recipe, system: Parts, root: Path, table_file: Path, num_steps: int, seed: int) -> Verdict:
    """Learns one batch of clips, from the shortest to the longest, by heart, and reads it back.

    Passed when every answer is right: then data, losses, network and decoding fit together.
    """
    table = read_table(made_by(table_file, "index_data"), [*TRAINED, *system.samples.TABLE_COLUMNS])
    table = table[table["num_frames"] >= recipe.least_frames]
    if table.empty:
        raise UserError(f"{table_file} has no clip of at least {recipe.least_frames} frames to train on")
    by_length = np.argsort(table["num_frames"].to_numpy(), kind="stable")
    places = np.linspace(0, len(table) - 1, min(recipe.training.batch_size, len(table))).round().astype(int)
    rows = table.iloc[by_length[places]].reset_index(drop=True)
    outcome = train(recipe.by_heart(num_steps), system, Rows(root, rows, rows), seed)
    score, losses = outcome.metrics["score"], outcome.history["loss"]
    passed = score == 1.0
    text = f"{len(rows)} clips, {num_steps} steps: loss {losses.iloc[0]:.3g} → {losses.iloc[-1]:.3g}, score {score:.3f}"
    hint = "learned by heart" if passed else "not learned by heart; give it more --steps, then look at the recipe"
    return Verdict(passed, f"{text}: {hint}")


def one_epoch(recipe: Recipe, system: Parts, job: Job) -> Verdict:
    """The whole job with a single epoch: training, validation, all files, in a folder that is then removed."""
    accumulation = min(recipe.training.accumulation, num_batches(recipe, system, job))
    training = recipe.training.model_copy(update={"epochs": 1, "accumulation": accumulation})
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        train_job(replace(job, out=Path(folder)), recipe.model_copy(update={"training": training}), system)
        metrics = read_json(Path(folder, "metrics.json"))
    seconds = time.monotonic() - started
    hours = seconds * recipe.training.epochs / 3600
    text = f"one epoch with its validation took {seconds:.0f} s, score {metrics['score']:.3f}"
    return Verdict(True, f"{text}; {recipe.training.epochs} of them would take {hours:.1f} h at most")


def num_batches(recipe: Recipe, system: Parts, job: Job) -> int:
    """How many batches an epoch has: a tiny corpus may have fewer than the recipe accumulates."""
    rows, _ = job_rows(job, system)
    clips = system.samples.training(rows.training, rows.root, recipe, job.seed)
    return -(-len(clips) // recipe.training.batch_size)
