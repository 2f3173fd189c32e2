"""Folders of wav files as Speech Commands has them, with noise for words."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from podium.config import dataset_section, parse
from podium.data.sources import Source
from podium.systems.speech.labels import COMMANDS
from podium.systems.speech.sources import SOURCES

SPEAKERS = ["0a1b2c3d", "1f4de637", "374b3cf9", "c90395de"]


def write_wav(path: Path, seed: int, num_samples: int = 16_000, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.05, num_samples), rate, subtype="PCM_16")


def write_words(folder: Path, words=COMMANDS, speakers=SPEAKERS) -> None:
    """A clip of each word by each speaker."""
    for number, word in enumerate(words):
        for place, speaker in enumerate(speakers):
            write_wav(folder / word / f"{speaker}_nohash_0.wav", 100 * number + place)


def source(kind: str, **section: Any) -> Source:
    """A source of a data set called ``speech``."""
    made = parse(dataset_section(SOURCES), {"name": "speech", "source": {"kind": kind, **section}}, "speech.yaml")
    return SOURCES[kind](made)
