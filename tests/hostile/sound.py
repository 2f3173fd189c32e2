"""Everything sound: raw landmarks, a prepared dataset, networks, an exported file, clips, checkpoints."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml
from kaggle_machine import zipped
from raw_folder import table, write_arrays, write_dataset, write_raw
from small_networks import random_clip, random_network, small_recipe, state_of, write_network
from workplace import Workplace

from podium.storage.files import file_digest, write_json
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.networks.original import to_original
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import CHARACTERS

ROWS = table(num_signers=4, clips_per_signer=3)
FILE_ID = int(ROWS["file_id"].iloc[0])
RECIPE = small_recipe(max_frames=64, ctc_weight=0)
CLIP = random_clip(30)


def write_sound(folder: Path) -> None:
    """Fills a folder, as `hostile.commands` reads it."""
    _write_data(folder)
    _write_archive(folder)
    _write_scores(folder)
    write_network(folder / "network", RECIPE, seed=4)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(_short(RECIPE).model_dump(mode="json")))
    state = to_original(state_of(random_network(RECIPE)), RECIPE.model)
    torch.save({"model": {name: torch.from_numpy(value) for name, value in state.items()}}, folder / "original.pth")
    np.savez(folder / "original.npz", **state)
    (folder / "export").mkdir()
    (folder / "export/model.tflite").write_bytes(small_tflite())
    settings = {"system": "fingerspelling", "selected_columns": COLUMNS, "min_frames": 15, "min_confidence": 0.15}
    write_json(folder / "export/inference_args.json", settings)
    listed = [{"file": "model.tflite", "sha256": file_digest(folder / "export/model.tflite")}]
    write_json(folder / "export/model_card.json", {"name": "small", "files": listed})
    (folder / "clips").mkdir()
    np.save(folder / "clips/clip.npy", CLIP)
    pd.DataFrame(CLIP, columns=COLUMNS).to_csv(folder / "clips/clip.csv", index=False)
    pd.DataFrame(CLIP, columns=COLUMNS).to_parquet(folder / "clips/clip.parquet")


def _write_data(folder: Path) -> None:
    write_raw(folder / "good", ROWS)
    place = Workplace(folder / "work", folder / "good")
    place.prepare()
    place.raw.rename(folder / "raw")
    place.data.rename(folder / "data")
    shutil.rmtree(folder / "work")
    shutil.rmtree(folder / "good")
    write_dataset(folder / "dataset.yaml", Path("raw"))
    write_arrays(folder / "arrays", ROWS[ROWS["file_id"] == FILE_ID])
    write_json(folder / "arrays/train_landmarks/inference_args.json", {"selected_columns": COLUMNS})
    listed = pd.read_parquet(folder / "data/sequences.parquet")
    listed.assign(split="test").to_parquet(folder / "hidden.parquet", index=False)


def _write_archive(folder: Path) -> None:
    """What a server would send, and the dataset file that asks for it."""
    raw = folder / "raw"
    files = {path.relative_to(raw).as_posix(): path.read_bytes() for path in sorted(raw.rglob("*.*"))}
    (folder / "asl.zip").write_bytes(zipped(files))
    splits = {"train": {"file_ids": sorted({int(one) for one in ROWS["file_id"]}), "num_sequences": len(ROWS)}}
    source = {"kind": "kaggle", "competition": "asl", "archive": {"unpacked_gb": 0.01}, "splits": splits, "retries": 0}
    dataset = {"name": "small", "source": source, "folds": {"num_folds": 2}}
    (folder / "download.yaml").write_text(yaml.safe_dump(dataset))


def _write_scores(folder: Path) -> None:
    """Out-of-fold scores: as round 1 writes them, and as a published table."""
    index, folds = (pd.read_parquet(folder / f"data/{name}.parquet") for name in ("index", "folds"))
    read = index[~index["participant_id"].isin(folds.loc[folds["fold"] < 0, "participant_id"])]
    scores = read[["file_id", "sequence_id", "phrase"]].assign(prediction="phrase", score=0.5)
    scores.drop(columns="phrase").to_parquet(folder / "oof.parquet", index=False)
    scores.drop(columns="prediction").to_csv(folder / "oof.csv", index=False)
    folds[["participant_id", "fold"]].to_csv(folder / "folds.csv", index=False)


def _short(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"training": recipe.training.model_copy(update={"device": "cpu"})})


def small_tflite() -> bytes:
    """A file with the signature of ours, and a layer in place of a network: a character for each frame."""
    import tensorflow as tf

    table_KV = tf.constant(np.random.default_rng(0).normal(size=(len(COLUMNS), len(CHARACTERS))).astype(np.float32))

    @tf.function(input_signature=[tf.TensorSpec([None, len(COLUMNS)], tf.float32, "inputs")])
    def serve(inputs):
        logits = tf.linalg.matmul(tf.where(tf.math.is_nan(inputs), 0.0, inputs), table_KV)
        return {"outputs": logits, "confidence": tf.reduce_mean(tf.sigmoid(logits))}

    module = tf.Module()
    module.serve = serve
    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve.get_concrete_function()], module)
    return converter.convert()
