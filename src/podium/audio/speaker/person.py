"""A virtual speaker: a voice, the way it speaks, and the room and the microphone that it is recorded in.

Legend: S samples at 16 kHz.
"""

from dataclasses import dataclass

import numpy as np

from podium.audio.speaker.engines import ENGINES, Take
from podium.audio.speaker.noise import draw_kind

RATE = 16_000
# What an engine has too much of in the high tones: decibels between two of `KNOTS_HZ`.
_TILT_DB = {"espeak": -2.5, "piper": -1.0}
_MARKS = ("", ".", "!", "?", ",")


@dataclass(frozen=True)
class Person:
    """All that stays the same over the recordings of a speaker.

    Attributes:
        engine: Of `podium.audio.speaker.engines.ENGINES`.
        voice: For the engine.
        shift: Factor on all frequencies of what the engine says, by playing it faster or slower.
        tempo: 1 is the engine's own.
        knots_db: Of the microphone's frequency response, at `KNOTS_HZ`.
        low_hz, high_hz: Where its response ends.
        reverberation_s: Time in which the room's sound falls by 60 decibels.
        distance: Sound of the room for one part of the voice's own.
        level_db: Of the loudest 20 ms, below full scale.
        gain: Above 1, what the microphone drives beyond full scale.
        noise: Kind of the noise around.
        noise_ratio_db: Of the voice's loudest 20 ms to the noise.
    """

    engine: str
    voice: dict
    shift: float
    tempo: float
    knots_db: tuple[float, ...]
    low_hz: float
    high_hz: float
    reverberation_s: float
    distance: float
    level_db: float
    gain: float
    noise: str
    noise_ratio_db: float


KNOTS_HZ = (80, 160, 320, 640, 1280, 2560, 5120, 8000)


def draw_person(engine: str, rng: np.random.Generator) -> Person:
    """A person who speaks by an engine."""
    # Spreads and shares are set so that levels, pauses and spectra are spread as those of recordings that people have
    # made at home: `benchmarks/speech_recordings.py` lays both beside each other.
    spread_db = rng.uniform(1, 5)
    tilt_db = rng.normal(_TILT_DB.get(engine, 0.0), 1.2)
    knots = tilt_db * np.linspace(-3, 4, len(KNOTS_HZ)) + rng.normal(0, spread_db, len(KNOTS_HZ))
    is_noisy = rng.random() < 0.15
    # What has a voice of its own in each person is moved little; where there is one voice, it makes the person.
    spread = 0.06 if engine in ("espeak", "hibari") else 0.13
    return Person(
        engine=engine,
        voice=ENGINES[engine].draw_voice(rng),
        shift=float(np.exp(rng.normal(0.02, spread))),
        tempo=float(np.exp(rng.normal(0, 0.15))),
        knots_db=tuple(knots.tolist()),
        low_hz=float(rng.choice([20, rng.uniform(60, 300)])),
        high_hz=float(rng.choice([8000, rng.uniform(3200, 8000)], p=[0.6, 0.4])),
        reverberation_s=float(rng.uniform(0.05, 0.6)),
        distance=float(rng.choice([0.02, rng.uniform(0.03, 0.8)], p=[0.5, 0.5])),
        level_db=float(rng.normal(-17, 5)),
        gain=float(rng.choice([1.0, rng.uniform(1.2, 4)], p=[0.96, 0.04])),
        noise=draw_kind(rng),
        noise_ratio_db=float(rng.uniform(8, 30) if is_noisy else rng.uniform(30, 85)),
    )


def draw_take(word: str, person: Person, rng: np.random.Generator) -> Take:
    """How a person says a word this time."""
    text = word + str(rng.choice(_MARKS, p=[0.3, 0.3, 0.15, 0.15, 0.1]))
    return Take(text, person.voice, float(person.tempo * np.exp(rng.normal(0, 0.1))), int(rng.integers(2**31)))
