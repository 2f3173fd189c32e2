"""eSpeak NG: a formant synthesiser whose voices are small texts, so that any number of them can be made.

Licence: GPL-3.0-or-later; the package ``espeakng-loader`` carries the library. https://github.com/espeak-ng/espeak-ng
"""

import ctypes
import os
import tempfile
from pathlib import Path

import numpy as np

from podium.audio.speaker.engines.answer import answer

PACKAGES = ("espeakng_loader",)
RATE = 22_050
ACCENTS = ("en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc")
_ACCENT_SHARES = (0.1, 0.5, 0.05, 0.1, 0.05, 0.05, 0.05, 0.1)
_SYNCHRONOUS, _UTF8, _RATE, _PITCH, _RANGE = 2, 1, 1, 3, 4  # of speak_lib.h
_WORDS_A_MINUTE = 175


def draw_voice(rng: np.random.Generator) -> dict:
    """A person: an accent, a vocal tract, a pitch, and how much breath and roughness there is.

    The length of the vocal tract moves all formants together, and each a little by itself. Numbers are those of
    eSpeak's voice files (docs/voices.md there): per cent, and Hz for the pitch.
    """
    is_high = rng.random() < 0.5  # women and children, or men
    tract = rng.uniform(1.0, 1.35) if is_high else rng.uniform(0.85, 1.1)
    pitch = rng.uniform(140, 300) if is_high else rng.uniform(70, 150)
    lines = ["language variant", f"pitch {pitch:.0f} {pitch * rng.uniform(1.15, 1.8):.0f}"]
    for formant in range(9):
        frequency, strength, width = tract * rng.normal(1, 0.04), rng.uniform(0.6, 1.3), rng.uniform(0.7, 1.6)
        lines.append(f"formant {formant} {100 * frequency:.0f} {100 * strength:.0f} {100 * width:.0f}")
    tilt = rng.uniform(0.4, 1.2)
    lines.append(f"tone 600 {170 * tilt:.0f} 1200 {135 * tilt:.0f} 2000 {110 * tilt:.0f} 3000 {110 * tilt:.0f}")
    lines += [f"flutter {rng.integers(0, 8)}", f"roughness {rng.integers(0, 6)}"]
    lines.append(f"voicing {rng.integers(70, 129)}")
    lines.append(f"consonants {rng.integers(70, 150)} {rng.integers(70, 150)}")
    if rng.random() < 0.4:
        lines.append("breath " + " ".join(str(rng.integers(0, 12)) for _ in range(8)))
    if rng.random() < 0.25:
        lines.append(f"klatt {rng.integers(1, 7)}")
    accent = str(rng.choice(ACCENTS, p=_ACCENT_SHARES))
    return {"accent": accent, "variant": "\n".join(lines), "range": int(rng.integers(20, 90))}


def main() -> None:
    """Says what it is asked, with the library in this process."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    with tempfile.TemporaryDirectory() as folder:
        variants = _own_data(Path(espeakng_loader.get_data_path()), Path(folder))
        if library.espeak_Initialize(_SYNCHRONOUS, 0, folder.encode(), 0) != RATE:
            raise SystemExit("eSpeak NG does not start")
        chunks: list[np.ndarray] = []
        known: dict[str, str] = {}
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

        @kind
        def collect(wav, num_samples, events) -> int:
            if wav and num_samples:
                chunks.append(np.ctypeslib.as_array(wav, (num_samples,)).copy())
            return 0

        library.espeak_SetSynthCallback(collect)

        def speak(take: dict) -> np.ndarray:
            chunks.clear()
            _set_voice(library, variants, known, take)
            text = take["text"].encode()
            library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
            library.espeak_Synchronize()
            return np.concatenate(chunks).astype(np.float32) / 2**15

        answer(speak)


def _own_data(data: Path, folder: Path) -> Path:
    """eSpeak's data with a place for voices of our own; returns that place."""
    own = folder / "espeak-ng-data"
    variants = own / "voices" / "!v"
    variants.mkdir(parents=True)
    for entry in data.iterdir():
        if entry.name != "voices":
            os.symlink(entry, own / entry.name)
    return variants


def _set_voice(library: ctypes.CDLL, variants: Path, known: dict[str, str], take: dict) -> None:
    """The library remembers voice files by their names: each person gets a file and a name of their own.

    Args:
        known: By the content of a voice file, its name; filled here.
    """
    voice = take["voice"]
    if (name := known.get(voice["variant"])) is None:
        name = known[voice["variant"]] = f"person{len(known)}"
        (variants / name).write_text(voice["variant"])
    if library.espeak_SetVoiceByName(f"{voice['accent']}+{name}".encode()) != 0:
        raise SystemExit(f"eSpeak NG has no voice {voice['accent']}")
    library.espeak_SetParameter(_RATE, round(_WORDS_A_MINUTE * take["tempo"]), 0)
    library.espeak_SetParameter(_PITCH, 50, 0)
    library.espeak_SetParameter(_RANGE, voice["range"], 0)
    library.espeak_ng_SetRandSeed(ctypes.c_long(take["seed"]))


if __name__ == "__main__":
    main()
