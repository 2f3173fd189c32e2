"""Small recipes and data of the system speech, and its reference numbers as networks of ours have them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from podium.systems.speech.checkpoint import from_keras
from podium.systems.speech.labels import NOISE
from podium.systems.speech.layout import CLIP_FRAMES, FRAME_SAMPLES, RATE
from podium.systems.speech.learning import WordLearner, make
from podium.systems.speech.recipe import Recipe

TINY = {"attention_mean": [8, 16, 24, 32, 40, 48, 56], "attention_max": [16, 16, 24, 32, 40, 48, 64]}
NETS = ["speech_106_tiny", "speech_195_tiny", "speech_195_32_tiny"]
WORDS = ["stop", "down", "off", "right", "up", "go", "on", "yes", "left", "no", "bed"]


def recipe(name: str = "attention_max", num_classes: int = 12, **changes: dict) -> Recipe:
    """A tiny one, with keys of its sections changed."""
    values = {
        "model": {"name": name, "num_classes": num_classes, "widths": TINY[name], "batch_norm_momentum": 0.1},
        "optimizer": {"name": "rmsprop", "learning_rate": 1e-3, "max_grad_norm": 1e9},
        "schedule": {"name": "plateau"},
        "training": {
            "epochs": 2, "batch_size": 16, "bucket_batches": 0, "validate_every_epochs": 1, "device": "cpu",
            "num_threads": 1, "max_loss_rise": None,
        },
    }  # fmt: skip
    for section, keys in changes.items():
        values[section] = {**values.get(section, {}), **keys} if isinstance(keys, dict) else keys
    return Recipe.model_validate(values)


def golden(shared: Path, name: str) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays of a file of reference numbers, and what it says of them."""
    with np.load(shared / f"golden/{name}.npz") as arrays:
        found = {key: arrays[key] for key in arrays.files}
    return found, json.loads(str(found.pop("meta")))


def keras_layers(arrays: dict[str, np.ndarray], prefix: str = "w/") -> dict[str, dict[str, np.ndarray]]:
    """Layer → name → array, of the original's names."""
    layers: dict[str, dict[str, np.ndarray]] = {}
    for key, value in arrays.items():
        if key.startswith(prefix):
            layer, name = key.removeprefix(prefix).split("/")
            layers.setdefault(layer, {})[name] = value
    return layers


def golden_learner(shared: Path, name: str, **changes: dict) -> WordLearner:
    """The learner of a file of reference numbers, in evaluation mode."""
    arrays, meta = golden(shared, name)
    head = "attention_mean" if meta["experiment"] == "106" else "attention_max"
    one = recipe(head, meta["classes"], **{"model": {"batch_norm_momentum": 0.01}, **changes})
    learner = make(one)
    state = from_keras(keras_layers(arrays), name)
    learner.network.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in state.items()})
    return learner.eval()


def chirp(word: str, speaker: int, number: int) -> np.ndarray:
    """A clip that is one word's and nobody else's: two tones that rise or fall as the word says. (16000,) float32."""
    rng = np.random.default_rng([WORDS.index(word), speaker, number])
    time_W = np.arange(RATE) / RATE
    begin, slope = 200 + 170 * WORDS.index(word), (-1) ** WORDS.index(word) * 60
    phase_W = 2 * np.pi * (begin * (1 + 0.02 * rng.normal()) + slope * time_W) * time_W
    wave_W = 0.3 * np.hanning(RATE) * (np.sin(phase_W) + 0.3 * np.sin(2 * phase_W))
    return (wave_W + 0.01 * rng.normal(size=RATE)).astype(np.float32)


def write_dataset(root: Path, num_speakers: int = 5, num_unlabelled: int = 10) -> pd.DataFrame:
    """A prepared dataset of chirps, with a noise recording of three seconds and clips without labels; its index. The
    first speaker is held out."""
    rows, clips = [], {"train": [], "supplemental": []}

    def add(split: str, label: str, participant: int, wave_W: np.ndarray) -> None:
        x_TK = wave_W.reshape(-1, FRAME_SAMPLES)
        offset = sum(map(len, clips[split]))
        rows.append((split, 0, len(rows), participant, label, offset, len(x_TK)))
        clips[split].append(x_TK)

    for speaker in range(num_speakers):
        for word in WORDS:
            add("train", word, speaker, chirp(word, speaker, 0))
    noise_W = 0.05 * np.random.default_rng(0).normal(size=3 * CLIP_FRAMES * FRAME_SAMPLES)
    add("train", NOISE, num_speakers, noise_W.astype(np.float32))
    for number in range(num_unlabelled):
        word = WORDS[number % len(WORDS)]
        add("supplemental", word, num_speakers + 1, chirp(word, 99, number))
    for split, stored in clips.items():
        (root / f"shards/{split}").mkdir(parents=True)
        np.save(root / f"shards/{split}/0.npy", np.concatenate(stored).astype(np.float32))
    columns = ["split", "file_id", "sequence_id", "participant_id", "label", "offset", "num_frames"]
    index = pd.DataFrame(rows, columns=columns)
    index.to_parquet(root / "index.parquet")
    folds = [-1, *(number % 2 for number in range(num_speakers + 1))]
    pd.DataFrame({"participant_id": range(num_speakers + 2), "fold": folds}).to_parquet(root / "folds.parquet")
    return index
