"""What the programs of all engines need beside their engine.

Legend: S samples.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def answer(speak: Callable[[dict], np.ndarray]) -> None:
    """Says the takes that stand on stdin as JSON, and writes them to the file that the command line names.

    Args:
        speak: A take (see `podium.audio.speaker.engines.Take`) → (S,) float32.
    """
    spoken = [np.asarray(speak(take), dtype=np.float32) for take in json.load(sys.stdin)]
    np.savez(sys.argv[1], samples=np.concatenate(spoken), ends=np.cumsum([len(x_S) for x_S in spoken]))


def one_thread(onnxruntime: Any) -> Any:
    """Options of a session that gives the same bits each time and leaves the other cores alone."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def stressed(sounds: str) -> str:
    """Sounds of a word that is said alone: one without a main stress gets it where its lesser stress is."""
    return sounds if "ˈ" in sounds else sounds.replace("ˌ", "ˈ", 1)
