"""Synthesisers that say words. Each runs in a process of its own.

Two reasons: eSpeak NG and piper are under GPL-3, and Podium links to neither; and eSpeak NG gives the same bits only in
a fresh process. A module here is both: what the package knows of an engine, and the program that runs it. It imports
the engine in `main` alone.

Legend: S samples.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from podium.audio.speaker.engines import espeak, flite, hibari, kokoro, piper
from podium.errors import UserError
from podium.provenance import PACKAGE

ENGINES: dict[str, ModuleType] = {
    "espeak": espeak, "flite": flite, "hibari": hibari, "kokoro": kokoro, "piper": piper
}  # fmt: skip


class Take(NamedTuple):
    """A word to say.

    Attributes:
        text: The word, perhaps with a mark behind that changes its melody.
        voice: As ``draw_voice`` of the engine's module gives it.
        tempo: 1 is the engine's own; 2 is twice as fast.
        seed: Of this take, below 2^31.
    """

    text: str
    voice: dict
    tempo: float
    seed: int


def is_installed(engine: str) -> bool:
    """Whether the packages and programs of an engine are there. Imports none of them."""
    module = ENGINES[engine]
    packages = map(importlib.util.find_spec, module.PACKAGES)
    return all(packages) and all(map(shutil.which, getattr(module, "PROGRAMS", ())))


def check_installed(engines: Sequence[str]) -> None:
    """Makes sure that engines can be asked.

    Raises:
        UserError: One is not installed; the message says how to do that.
    """
    if missing := [engine for engine in engines if not is_installed(engine)]:
        raise UserError(
            f"the synthesiser(s) {', '.join(missing)} of the virtual speaker are not installed; run"
            " make speech (espeak, hibari), make voices (kokoro, piper) or apt-get install flite, see docs/speech.md"
        )


def say(engine: str, takes: Sequence[Take]) -> tuple[list[np.ndarray], int]:
    """Lets a fresh process say some words, in their order. The same takes make the same samples.

    Returns:
        (S,) float32 in [-1, 1] for each take, and their samples per second.

    Raises:
        UserError: The engine is not installed, or it fails.
    """
    check_installed([engine])
    module = ENGINES[engine]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "takes.npz")
        path = os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))
        ended = subprocess.run(
            [sys.executable, "-m", module.__name__, str(out)],
            input=json.dumps([take._asdict() for take in takes]),
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            text=True,
            capture_output=True,
        )
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise UserError(f"the synthesiser {engine} has failed ({last}); install it anew")
        with np.load(out) as found:
            return np.split(found["samples"], found["ends"][:-1]), module.RATE
