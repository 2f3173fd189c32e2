"""What a model card says of a file that tells words."""

from collections.abc import Mapping, Sequence
from typing import Any

from podium.recognise.tflite import INPUT, SIGNATURE
from podium.systems.speech.conversion import said
from podium.systems.speech.layout import CLIP_SAMPLES, RATE
from podium.systems.speech.readings import OUTPUT
from podium.systems.speech.shapes import TTA_GAIN, TTA_SHIFT


def card(settings: Mapping[str, Any], recipes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The system's part of the card, see `podium.export.card.model_card`."""
    looks = "the clip as it is"
    if settings["looks"] == "left_loud":
        looks = f"the mean of three looks: as it is, rolled by {TTA_SHIFT} samples, times {TTA_GAIN}"
    return {
        "task": "spoken commands: a second of sound in, one of ten words, unknown or silence out",
        "input": {
            "signature": SIGNATURE, "name": INPUT, "type": "float32", "shape": [CLIP_SAMPLES],
            "meaning": "a second of mono sound in [-1, 1], 16-bit samples divided by 32768; zeros behind if shorter",
            "sample_rate": RATE,
        },
        "output": {
            "name": OUTPUT, "type": "float32", "shape": [len(said(12))], "classes": said(12),
            "meaning": f"probability of each class, of {looks}",
        },
        "limits": {
            "max_bytes": settings["max_bytes"],
            "num_threads": 1,
            "meaning": "asserted when the file is made; one thread is what latency is judged by",
        },
        "networks": [
            {key: recipe["model"][key] for key in ("name", "num_classes", "widths")} for recipe in recipes
        ],
        "scores": ("score", "score_words", "score_classes", "num_right", "num_sequences"),
        "score_meaning": "share of the clips that are read right; score_words leaves out silences",
    }  # fmt: skip
