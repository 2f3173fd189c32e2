"""The virtual speaker says words, twice with the same bits, and records them as rooms and microphones do."""

import numpy as np
import pytest

from podium.audio.speaker import engines
from podium.audio.speaker.noise import KINDS, noise
from podium.audio.speaker.person import draw_person, draw_take
from podium.audio.speaker.recording import record, record_silence, trimmed
from podium.errors import UserError

WORDS = ["yes", "seven", "left"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def takes(engine: str) -> list[engines.Take]:
    draws = rng(5)
    persons = [draw_person(engine, draws) for _ in range(2)]
    return [draw_take(word, person, draws) for person in persons for word in WORDS]


@pytest.fixture(params=sorted(engines.ENGINES))
def engine(request) -> str:
    if not engines.is_installed(request.param):
        pytest.skip(f"the synthesiser {request.param} is not installed (make speech voices)")
    return request.param


def test_an_engine_says_the_same_twice(engine):
    first, rate = engines.say(engine, takes(engine))
    second, _ = engines.say(engine, takes(engine))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.float32 and 0.02 < np.abs(one).max() <= 1.5 and 0.1 < len(one) / rate < 3
    assert len({one.tobytes() for one in first}) == len(first), "each word of each person by itself"


def test_tempo_shortens_a_word(engine):
    voice = draw_person(engine, rng(2)).voice
    (slow, fast), _ = engines.say(engine, [engines.Take("marvin", voice, tempo, 1) for tempo in (0.7, 1.5)])
    assert len(fast) < 0.8 * len(slow)


def test_persons_of_espeak_differ():
    if not engines.is_installed("espeak"):
        pytest.skip("eSpeak NG is not installed (make speech)")
    draws = rng(1)
    voices = [draw_person("espeak", draws).voice for _ in range(40)]
    said, _ = engines.say("espeak", [engines.Take("yes", voice, 1.0, 1) for voice in voices])
    assert len({one.tobytes() for one in said}) == 40


def test_a_missing_engine_is_told_with_the_remedy(monkeypatch):
    monkeypatch.setattr(engines.espeak, "PACKAGES", ("no_such_package",))
    with pytest.raises(UserError, match="espeak of the virtual speaker are not installed; run make speech"):
        engines.say("espeak", takes("hibari"))


def test_an_engine_that_fails_is_told_in_one_line(engine):
    with pytest.raises(UserError, match=rf"the synthesiser {engine} has failed \(KeyError: .*\); install it anew"):
        engines.say(engine, [engines.Take("yes", {}, 1.0, 1)])


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_neither_silent_nor_the_same(kind):
    x_S, y_S = noise(kind, 16_000, rng(1)), noise(kind, 16_000, rng(2))
    assert x_S.dtype == np.float32 and np.isfinite(x_S).all()
    assert np.sqrt(np.mean(x_S**2)) == pytest.approx(1, rel=0.35)
    assert abs(np.corrcoef(x_S, y_S)[0, 1]) < 0.9
    np.testing.assert_array_equal(x_S, noise(kind, 16_000, rng(1)))


def test_a_recording_is_a_second_that_holds_the_word():
    word_S = (np.hanning(8_000) * np.sin(np.arange(8_000) * 0.15)).astype(np.float32)
    places = []
    for seed in range(30):
        person = draw_person("espeak", rng(seed))
        x_S = record(word_S, 22_050, person, rng(seed))
        np.testing.assert_array_equal(x_S, record(word_S, 22_050, person, rng(seed)))
        assert x_S.shape == (16_000,) and x_S.dtype == np.float32 and 0 < np.abs(x_S).max() <= 1
        places.append(int(np.square(x_S).argmax()))
    assert np.ptp(places) > 5_000, "words begin anywhere in the second"


def test_words_longer_than_a_second_are_cut():
    word_S = rng(0).normal(0, 0.1, 60_000).astype(np.float32)
    assert record(word_S, 16_000, draw_person("espeak", rng(3)), rng(3)).shape == (16_000,)


def test_silence_is_never_zero():
    for seed in range(20):
        x_S = record_silence(draw_person("espeak", rng(seed)), rng(seed))
        assert np.abs(x_S).reshape(-1, 400).max(axis=1).min() > 0


def test_quiet_ends_are_taken_away():
    x_S = np.zeros(16_000, dtype=np.float32)
    x_S[6_000:9_000] = 0.3
    found = trimmed(x_S)
    assert 3_000 <= len(found) < 4_500 and (found == 0.3).sum() == 3_000
    assert len(trimmed(np.zeros(500, dtype=np.float32))) == 500
