"""What a model card says of a fingerspelling file."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from podium.config import file_of
from podium.recognise.settings import SETTINGS_FILE
from podium.recognise.tflite import INPUT, SIGNATURE
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, LABEL_LENGTH, PAD

_CONFIDENCE = {
    "name": "confidence",
    "type": "float32",
    "shape": [],
    "meaning": "that the clip can be read at all, from 0 to 1; absent where no network has a head for it",
}


def card(settings: Mapping[str, Any], recipes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The system's part of the card, see `podium.export.card.model_card`.

    Args:
        settings: ``inference_args.json`` of the export.
        recipes: The recipe of each network in the file.
    """
    max_frames = recipes[0]["data"]["max_frames"]
    return {
        "task": "American Sign Language fingerspelling: landmarks of a signing person in, text out",
        "input": {
            "signature": SIGNATURE,
            "name": INPUT,
            "type": "float32",
            "shape": ["frames", len(COLUMNS)],
            "meaning": "raw landmarks of MediaPipe Holistic, NaN where one is missing; any number of frames, of which"
            " max_frames at most are read, spread evenly",
            "max_frames": max_frames,
            "frame_rate": settings.get("frame_rate"),
            "holds": settings.get("holds", "all"),
            "holds_meaning": "all: every frame is given; short: frames in which the hands hardly move are thinned out"
            " before the file gets a clip, as podium.landmarks.holds does it",
            "columns": _columns(settings),
        },
        "output": {
            "name": "outputs",
            "type": "float32",
            "shape": ["characters", len(CHARACTERS)],
            "meaning": "logits of each character; the text is the argmax of each row",
            "alphabet": CHARACTERS,
            "confidence": _CONFIDENCE,
        },
        "web": _web(max_frames),
        "thresholds": {
            "min_frames": settings["min_frames"],
            "min_confidence": settings["min_confidence"],
            "text_below": DUMMY_PHRASE,
        },
        "networks": [{key: recipe["model"][key] for key in ("name", "dim", "num_blocks")} for recipe in recipes],
        "scores": ("score", "score_damerau", "num_sequences", "num_characters"),
        "score_meaning": "1 - edits / characters",
    }


def _columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Where the columns stand, and the sha256 of their names, one per line, to check that they are these."""
    names = settings["selected_columns"]
    digest = hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()
    return {"file": SETTINGS_FILE, "key": "selected_columns", "number": len(names), "sha256": digest}


def _web(max_frames: int) -> dict[str, Any]:
    """How the file with fixed shapes differs."""
    return {
        "file": file_of("web"),
        "inputs": {
            INPUT: {"type": "float32", "shape": [2 * max_frames, len(COLUMNS)], "meaning": "a clip, then anything"},
            "num_frames": {"type": "int32", "shape": [1], "meaning": "frames of the clip"},
        },
        "outputs": {
            "ids": {"type": "int32", "shape": [LABEL_LENGTH], "meaning": f"places in the alphabet, then {PAD}"},
            "logits": {"type": "float32", "shape": [LABEL_LENGTH, len(CHARACTERS)], "meaning": "of the text, then 0"},
            "confidence": {**_CONFIDENCE, "shape": [1]},
        },
    }
