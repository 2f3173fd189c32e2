"""One training job, from its files to its files."""

from pathlib import Path

import pandas as pd

from podium import __version__
from podium.config import load_recipe
from podium.data.clips import Clips
from podium.files import atomic_path, write_json
from podium.models.checkpoint import save_weights, write_reference
from podium.training.loop import train
from podium.training.split import split_rows
from podium.training.validation import prediction_table

NUM_REFERENCE_CLIPS = 4


def train_job(
    recipe_file: str, root: Path, table_file: str, fold: int | None, seed: int, out: Path, tensorboard: Path | None
) -> None:
    """Trains and writes model.safetensors, recipe.json, history.csv and metrics.json; of a fold also oof.parquet, of a
    full fit reference.npz.

    Args:
        root: Dataset folder.
        fold: None for a full fit.
    """
    recipe = load_recipe(recipe_file)
    folds = pd.read_parquet(root / "folds.parquet")
    training, validation, is_seen = split_rows(pd.read_parquet(table_file), folds, fold)
    outcome = train(recipe, root, training, validation, seed, tensorboard)
    out.mkdir(parents=True, exist_ok=True)
    if fold is None:
        clips = Clips(validation, root)
        by_length = validation["num_frames"].argsort()
        # From the shortest to the longest validation clip, evenly.
        last = len(by_length) - 1
        places = sorted({last * i // max(1, NUM_REFERENCE_CLIPS - 1) for i in range(NUM_REFERENCE_CLIPS)})
        raw_clips = [clips.raw(int(by_length.iloc[place])).copy() for place in places]
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
        {"recipe": recipe.model_dump(mode="json"), "seed": seed, "fold": fold, "podium": __version__},
    )
    save_weights(outcome.model, out / "model.safetensors")
