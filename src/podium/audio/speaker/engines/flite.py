"""flite: a small synthesiser with voices that were learned from recordings of three people, and one of diphones.

Licence: BSD-like; Debian and Ubuntu have it as the package ``flite``. http://cmuflite.org
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from podium.audio.speaker.engines.answer import answer

PACKAGES = ("soundfile",)
PROGRAMS = ("flite",)
RATE = 16_000
VOICES = ("awb", "rms", "slt", "kal16")  # a Scottish man, a man and a woman from the US; the diphones of a man
_SHARES = (0.3, 0.3, 0.3, 0.1)


def draw_voice(rng: np.random.Generator) -> dict:
    """One of the voices, and a factor of its pitch; rms takes no notice of the factor."""
    return {"name": str(rng.choice(VOICES, p=_SHARES)), "pitch": float(np.exp(rng.normal(0, 0.15)))}


def main() -> None:
    """Says what it is asked, each word in a process of flite."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "word.wav"))

        def speak(take: dict) -> np.ndarray:
            settings = {"duration_stretch": 1 / take["tempo"], "f0_shift": take["voice"]["pitch"]}
            features = [part for name, value in settings.items() for part in ("--setf", f"{name}={value:.4f}")]
            subprocess.run(["flite", "-voice", take["voice"]["name"], *features, "-t", take["text"], path], check=True)
            x_S, rate = soundfile.read(path, dtype="float32")
            if rate != RATE:
                raise SystemExit(f"flite speaks at {rate} Hz, not {RATE}")
            return x_S

        answer(speak)


if __name__ == "__main__":
    main()
