"""The model that comes with Podium, on real hands and on virtual people whom it has not seen."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from project import ROOT

import podium
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.score import edit_distance


@pytest.fixture
def real_hands(shared, monkeypatch):
    """The benchmark of real hand shapes on virtual bodies."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import real_hands

    return real_hands


def test_real_hands_are_read(shared: Path, real_hands):
    """A few clips of each kind; python benchmarks/real_hands.py measures many."""
    rng, shapes = np.random.default_rng(5), shared / "real/handshapes"
    letters, digits = real_hands.read_letters(shapes), real_hands.read_digits(shapes)
    people = [sample_person(rng) for _ in range(4)]
    cases = [case for case in real_hands.words(letters, people, rng, 1) if case.kind.startswith("words body")][:6]
    held = real_hands.held(letters, digits, people, rng, 1)
    cases += [case for case in held if case.kind == "held letter body"][::3]
    cases += real_hands.empty(digits, people, rng, 2)
    recognizer = podium.Recognizer(podium.pretrained())
    right = defaultdict(list)
    for case in cases:
        read = recognizer.read(real_hands.as_columns(case.clip_F3)).text
        right[case.kind.split()[0]].append(1 - edit_distance(case.text, read) / max(len(case.text), 1))
    assert np.mean(right["words"]) > 0.8 and np.mean(right["held"]) > 0.85, right
    assert len(right["empty"]) == 6 and np.mean(right["empty"]) > 0.6, right
