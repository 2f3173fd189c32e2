"""hibari: a small neural synthesiser whose voice, a woman from the US, can be given another pitch and another throat.

Its network predicts a spectral envelope and a pitch, and a vocoder makes sound of both; so each can be changed
by itself in between. Licence: Apache-2.0, package ``hibari-tts``.
"""

import numpy as np

from podium.audio.speaker.engines.answer import answer, one_thread, stressed

PACKAGES = ("hibari", "onnxruntime")
RATE = 24_000


def draw_voice(rng: np.random.Generator) -> dict:
    """A person: pitch and formants as factors of the voice's own, how much the melody moves, breath in decibels."""
    is_high = rng.random() < 0.55
    formants = rng.uniform(0.95, 1.22) if is_high else rng.uniform(0.76, 0.95)
    pitch = rng.uniform(0.8, 1.5) if is_high else rng.uniform(0.4, 0.75)
    return {
        "pitch": pitch,
        "formants": formants,
        "melody": rng.uniform(0.4, 1.6),
        "breath": rng.uniform(-6, 9),
        "british": bool(rng.random() < 0.2),
    }


def main() -> None:
    """Says what it is asked, with the network in this process."""
    import onnxruntime
    from hibari import Hibari, dsp
    from hibari.g2p import G2P

    hibari = Hibari()
    hibari.sess = onnxruntime.InferenceSession(hibari.model_path, one_thread(onnxruntime))
    spelling = {False: G2P(british=False), True: G2P(british=True)}

    def speak(take: dict) -> np.ndarray:
        voice = take["voice"]
        ids = hibari.ids(stressed(spelling[voice["british"]](take["text"])))
        asked = {"ids": np.array([ids]), "speed": np.array([take["tempo"]], np.float32)}
        harmonics, turn, noise, free, phase, pitch = (part[0] for part in hibari.sess.run(None, asked))
        harmonics, turn, noise, free, phase = (
            _stretched(part, voice["formants"]) for part in (harmonics, turn, noise, free, phase)
        )
        noise = noise + np.float32(voice["breath"] * np.log(10) / 20)
        rng = np.random.default_rng(take["seed"])
        return dsp.synth(harmonics, turn, noise, free, phase, _moved(pitch, voice), rng)

    answer(speak)


def _stretched(part: np.ndarray, factor: float) -> np.ndarray:
    """(bins, frames), what stood at a frequency now at ``factor`` times it; the uppermost bin is continued."""
    place = np.minimum(np.arange(len(part)) / factor, len(part) - 1)
    low = np.minimum(place.astype(int), len(part) - 2)
    share = (place - low).astype(np.float32)[:, None]
    return (part[low] * (1 - share) + part[low + 1] * share).astype(np.float32)


def _moved(pitch: np.ndarray, voice: dict) -> np.ndarray:
    """Another pitch, whose distance from its median is multiplied, in octaves. Frames without voice stay at 0."""
    is_voiced = pitch > 40
    if not is_voiced.any():
        return pitch
    middle = np.median(pitch[is_voiced])
    moved = voice["pitch"] * middle * (np.maximum(pitch, 40) / middle) ** voice["melody"]
    return np.where(is_voiced, moved, 0).astype(np.float32)


if __name__ == "__main__":
    main()
