"""One training job, from its files to its files."""

from pathlib import Path

import numpy as np

from podium import __version__
from podium.config import Recipe
from podium.data.clips import Clips
from podium.provenance import digest
from podium.runtime.finished_runs import keep
from podium.storage.artefacts import made_by
from podium.storage.files import atomic_path, file_digest, write_json
from podium.storage.source_code import reached
from podium.storage.tables import read_table
from podium.systems.fingerspelling.networks.checkpoint import save_weights, write_reference
from podium.systems.fingerspelling.samples import TABLE_COLUMNS
from podium.training.device import choose_device, device_name
from podium.training.loop import train
from podium.training.ranks import joined, rank
from podium.training.reduction import num_ranks
from podium.training.resume import StateFile
from podium.training.split import split_rows
from podium.training.validation import prediction_table

NUM_REFERENCE_CLIPS = 4


def train_job(
    recipe: Recipe,
    root: Path,
    table_file: Path,
    fold: int | None,
    seed: int,
    out: Path,
    tensorboard: Path | None = None,
    state: Path | None = None,
    fingerprint: str | None = None,
) -> None:
    """Trains and writes model.safetensors, recipe.json, history.csv and metrics.json; of a fold also oof.parquet, of a
    full fit reference.npz. The weights come last: where they are, the others are too.

    Args:
        root: Dataset folder.
        fold: None for a full fit.
        out: Made when absent.
        tensorboard: Folder for event files.
        state: Folder for the state of a run under way; what an interrupted run of the same job left there is continued.
        fingerprint: Under which the results are kept there as well, see `podium.runtime.finished_runs`.

    Raises:
        UserError: A file is absent, the folds do not fit the table, or `podium.training.loop.train` gave up.
    """
    folds = read_table(made_by(root / "folds.parquet", "index_data"), ["participant_id", "fold"])
    table = read_table(made_by(table_file, "index_data" if fold is not None else "merge_oof"), TABLE_COLUMNS)
    training, validation, is_seen = split_rows(table, folds, fold)
    digests = {
        "recipe": digest(recipe.outcome(), fold, seed),
        "data": digest(file_digest(table_file), file_digest(root / "folds.parquet")),
        "code": digest(reached(Path(__file__), recipe.named())),
    }
    state_file = StateFile(state, digests, recipe.training.save_every_minutes)
    device = choose_device(recipe.training.device)
    with joined(device):
        outcome = train(recipe, root, training, validation, seed, tensorboard, state_file)
        is_writer, num_processes = rank() == 0, num_ranks()
    if not is_writer:
        return
    out.mkdir(parents=True, exist_ok=True)
    if fold is None:
        clips = Clips(validation, root)
        raw_clips = [clips.raw(row).copy() for row in reference_rows(validation["num_frames"].to_numpy())]
        write_reference(outcome.model, recipe, raw_clips, out / "reference.npz")
    else:
        with atomic_path(out / "oof.parquet") as partial:
            prediction_table(validation, outcome.texts).to_parquet(partial, index=False)
    with atomic_path(out / "history.csv") as partial:
        outcome.history.to_csv(partial, index=False)
    write_json(
        out / "metrics.json",
        {
            **outcome.metrics,
            "num_training_rows": len(training),
            "num_validation_rows": len(validation),
            "validation_was_trained_on": is_seen,
        },
    )
    write_json(
        out / "recipe.json",
        {
            "system": "fingerspelling",
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed,
            "fold": fold,
            "podium": __version__,
            "device": device_name(device),
            "num_processes": num_processes,
        },
    )
    save_weights(outcome.model, out / "model.safetensors")
    if state and fingerprint:
        keep(state, out, fingerprint)
    state_file.remove()  # last: until the results are kept it is all that a killed run leaves


def reference_rows(num_frames: np.ndarray) -> list[int]:
    """Positions of at most `NUM_REFERENCE_CLIPS` clips, evenly from the shortest to the longest."""
    by_length = np.argsort(num_frames, kind="stable")
    places = np.linspace(0, len(by_length) - 1, NUM_REFERENCE_CLIPS).round().astype(int)
    return [int(row) for row in by_length[np.unique(places)]]
