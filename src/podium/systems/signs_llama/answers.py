"""What goes into a file of isolated signs, and what its outputs say."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from podium.config import file_of
from podium.systems.signs.answers import SignAnswers
from podium.systems.signs.limits import LIMITS
from podium.systems.signs.points import LEFT_HAND, NUM_ROWS, RIGHT_HAND
from podium.systems.signs_llama.keypoints import HEAD, ROWS

_MORE_FRAMES = 37


class Answers(SignAnswers):
    """See `podium.systems.signs.answers`."""

    def edge_clips(self, x: np.ndarray, settings: Mapping[str, Any], recipe: Any) -> dict[str, np.ndarray]:
        """Clips at the edges of what may come in, made of a real one (T, 543, 3), by name."""
        headless, handless = x.copy(), x.copy()
        headless[:, np.array(ROWS)[HEAD]] = np.nan
        handless[:, LEFT_HAND : LEFT_HAND + 21] = handless[:, RIGHT_HAND : RIGHT_HAND + 21] = np.nan
        frames = np.arange(recipe.data.max_frames + _MORE_FRAMES) % len(x)
        return {
            "one frame": x[:1],
            "no head": headless,
            "no hand": handless,
            "all missing": np.full_like(x, np.nan),
            "as long as the web file": x[np.arange(settings["web_frames"]) % len(x)],
            "too long": x[frames],
        }

    def card(self, settings: Mapping[str, Any], recipes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The system's part of the model card, see `podium.export.card.model_card`."""
        max_frames = recipes[0]["data"]["max_frames"]
        told = super().card(settings, recipes)
        told["input"] |= {
            "meaning": "landmarks of MediaPipe Holistic as it gives them: face, left hand, pose, right hand; NaN if one"
            " is missing; any number of frames from one on, of which max_frames are read, spread evenly",
            "max_frames": max_frames,
        }
        web = {
            "file": file_of("web"),
            "inputs": {
                "inputs": {"type": "float32", "shape": [settings["web_frames"], NUM_ROWS, 3]},
                "num_frames": {"type": "int32", "shape": [1], "meaning": "frames of the clip; no other is read"},
            },
        }
        return {**told, "web": web, "limits": LIMITS}


PART = Answers("American Sign Language, isolated signs: landmarks of a signing person in, one of 250 signs out")
