"""One training job, from its files to its files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podium.config import TRAINING_USES, Recipe, parse
from podium.data.columns import FOLD_OF, TRAINED
from podium.provenance import digest
from podium.runtime.finished_runs import keep
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, file_digest, read_json, write_json
from podium.storage.source_code import PACKAGE, defining, reached
from podium.storage.tables import read_table
from podium.training.device import choose_device, device_name
from podium.training.learner import Learner, Parts
from podium.training.loop import Outcome, Rows, train
from podium.training.ranks import joined, rank
from podium.training.reduction import num_ranks
from podium.training.resume import StateFile
from podium.training.split import split_rows
from podium.training.weights import account, load_learner, save_weights, write_reference

NUM_REFERENCE_CLIPS = 4


@dataclass(frozen=True)
class Job:
    """What a training is of, and where it lies.

    Attributes:
        root: Dataset folder.
        table: Of the rows, with their labels.
        fold: None for a full fit.
        out: Made when absent.
        tensorboard: Folder for event files.
        state: Folder for the state of a run under way; what an interrupted run of the same job left there is continued.
        labels_supplemental: Whether it shall label the clips of the split "supplemental" for later stages.
        teachers: Weights of earlier stages' networks that it learns from, each beside its recipe.json.
        fingerprint: Under which the results are kept there as well, see `podium.runtime.finished_runs`.
    """

    root: Path
    table: Path
    fold: int | None
    seed: int
    out: Path
    tensorboard: Path | None = None
    state: Path | None = None
    fingerprint: str | None = None
    labels_supplemental: bool = False
    teachers: tuple[Path, ...] = ()


def train_job(job: Job, recipe: Recipe, system: Parts) -> None:
    """Trains and writes model.safetensors, recipe.json, history.csv and metrics.json; of a fold also oof.parquet, of a
    full fit reference.npz; and supplemental.parquet if it labels clips. The weights come last: if they are there, the
    others are, too.

    Raises:
        UserError: A file is absent, the folds do not fit the table, or `podium.training.loop.train` gave up.
    """
    rows, is_seen = job_rows(job, system)
    state_file = StateFile(job.state, digests(job, recipe, system), recipe.training.save_every_minutes)
    device = choose_device(recipe.training.device)
    with joined(device):
        teachers = [load_teacher(path, recipe, system) for path in job.teachers]
        outcome = train(recipe, system, rows, job.seed, job.tensorboard, state_file, teachers)
        is_writer, num_processes = rank() == 0, num_ranks()
    if not is_writer:
        return
    job.out.mkdir(parents=True, exist_ok=True)
    counts = {"num_training_rows": len(rows.training), "num_validation_rows": len(rows.validation)}
    write_json(job.out / "metrics.json", {**outcome.metrics, **counts, "validation_was_trained_on": is_seen})
    with atomic_path(job.out / "history.csv") as partial:
        outcome.history.to_csv(partial, index=False)
    write_readings(job, recipe, system, rows, outcome)
    made_on = {"device": device_name(device), "num_processes": num_processes}
    write_json(job.out / "recipe.json", {**account(system.name, recipe, job.seed, job.fold), **made_on})
    save_weights(outcome.learner.exported, job.out / "model.safetensors")
    if job.state and job.fingerprint:
        keep(job.state, job.out, job.fingerprint)
    state_file.remove()  # last: until the results are kept it is all that a killed run leaves


def load_teacher(path: Path, recipe: Recipe, system: Parts) -> Learner:
    """A learner of an earlier stage, by the recipe beside its weights; ``recipe`` is one of the same system."""
    place = made_by(path.with_name("recipe.json"), "train")
    theirs = parse(type(recipe), read_json(place, "recipe")["recipe"], str(place))
    return load_learner(path, system.learner, theirs)


def job_rows(job: Job, system: Parts) -> tuple[Rows, bool]:
    """What the job trains on and is judged by, and whether the latter is part of the former."""
    folds = read_table(made_by(job.root / "folds.parquet", "index_data"), FOLD_OF)
    maker = "index_data" if job.fold is not None else "merge_labels"
    table = read_table(made_by(job.table, maker), [*TRAINED, *system.samples.TABLE_COLUMNS])
    training, validation, is_seen = split_rows(table, folds, job.fold)
    return Rows(job.root, training, validation, unlabelled_rows(job, system)), is_seen


def unlabelled_rows(job: Job, system: Parts) -> pd.DataFrame | None:
    """All clips of the split "supplemental", also those that the job's own table leaves out; None if it labels none."""
    if not job.labels_supplemental:
        return None
    index = made_by(job.root / "index.parquet", "index_data")
    table = read_table(index, [*TRAINED, *system.samples.TABLE_COLUMNS])
    return table[table["split"] == "supplemental"].reset_index(drop=True)


def digests(job: Job, recipe: Recipe, system: Parts) -> dict[str, str]:
    """Of all that the outcome depends on."""
    folder = PACKAGE / "systems" / system.name
    entries = [Path(__file__)]
    for part, names in TRAINING_USES.items():
        entries += defining(folder / f"{part}.py", names)
    code = {place: one for entry in entries for place, one in reached(Path(entry), recipe.named()).items()}
    return {
        "recipe": digest(recipe.outcome(), job.fold, job.seed),
        "data": digest(*map(file_digest, (job.table, job.root / "folds.parquet", *job.teachers))),
        "code": digest(code),
    }


def write_readings(job: Job, recipe: Recipe, system: Parts, rows: Rows, outcome: Outcome) -> None:
    """Writes reference.npz of a full fit or oof.parquet of a fold, and supplemental.parquet if the run labels clips."""
    if outcome.labels is not None:
        with atomic_path(job.out / "supplemental.parquet") as partial:
            system.answers.predictions(rows.unlabelled, outcome.labels).to_parquet(partial, index=False)
    if job.fold is None:
        clips = system.samples.validation(rows.validation, rows.root, recipe)
        raw_clips = [clips.raw(row) for row in reference_rows(clips.lengths)]
        write_reference(outcome.learner, raw_clips, job.out / "reference.npz")
        return
    with atomic_path(job.out / "oof.parquet") as partial:
        found: pd.DataFrame = system.answers.predictions(rows.validation, outcome.readings)
        found.to_parquet(partial, index=False)


def reference_rows(num_frames: np.ndarray) -> list[int]:
    """Positions of at most `NUM_REFERENCE_CLIPS` clips, evenly from the shortest to the longest."""
    by_length = np.argsort(num_frames, kind="stable")
    places = np.linspace(0, len(by_length) - 1, NUM_REFERENCE_CLIPS).round().astype(int)
    return [int(row) for row in by_length[np.unique(places)]]
