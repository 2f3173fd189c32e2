"""Phrases: lengths, alphabet, style."""

import numpy as np
import pytest

from podium.systems.fingerspelling.corpus.phrases import sentence, training_phrase, with_all_characters
from podium.systems.fingerspelling.text import CHARACTERS, unknown_characters


@pytest.mark.parametrize("draw", [training_phrase, sentence])
@pytest.mark.parametrize("limits", [(3, 31), (3, 8), (5, 5), (20, 31), (1, 3)])
def test_lengths_and_alphabet(draw, limits):
    rng = np.random.default_rng(0)
    for _ in range(300):
        phrase = draw(rng, *limits)
        assert limits[0] <= len(phrase) <= limits[1]
        assert unknown_characters(phrase) == [] and phrase == phrase.strip()


def test_kinds_of_training_phrases():
    rng = np.random.default_rng(1)
    phrases = [training_phrase(rng, 3, 31) for _ in range(2000)]
    phones = [p for p in phrases if set(p) <= set("0123456789-+") and "-" in p]
    addresses = [p for p in phrases if " " in p and p.split()[0].isdigit()]
    links = [p for p in phrases if "." in p or "/" in p]
    names = [p for p in phrases if p.replace(" ", "").isalpha()]
    for kind in (phones, addresses, links, names):
        assert 0.1 < len(kind) / len(phrases) < 0.5
    assert len(set(phrases)) > 0.95 * len(phrases)
    assert 13 < np.mean([len(p) for p in phrases]) < 20


def test_sentences_are_words():
    rng = np.random.default_rng(2)
    sentences = [sentence(rng, 3, 31) for _ in range(300)]
    assert all(s.replace(" ", "").isalpha() for s in sentences)
    assert 20 < np.mean([len(s) for s in sentences]) <= 31


def test_missing_characters_are_placed_and_lengths_kept():
    rng = np.random.default_rng(3)
    before = ["hello world"] * 30
    after = with_all_characters(before, rng)
    assert set("".join(after)) == set(CHARACTERS)
    assert [len(p) for p in after] == [len(p) for p in before]
    assert all(p == p.strip() for p in after)


def test_nothing_to_place_changes_nothing():
    before = [CHARACTERS[1:31], "a" + CHARACTERS[31:], "a b"]
    assert with_all_characters(before, np.random.default_rng(0)) == before
