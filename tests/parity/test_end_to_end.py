"""The file against torch from raw landmarks on, and faults that only this comparison can see."""

import numpy as np
import pytest
import tensorflow as tf
from small_networks import random_clip, random_network, small_recipe, state_of

from podium.errors import UserError
from podium.export import tflite
from podium.export.end_to_end import check_end_to_end, torch_answer
from podium.export.tflite import Ensemble, preprocess
from podium.models.checkpoint import write_reference
from podium.port import port
from podium.port.decoder import greedy
from podium.text import DUMMY_PHRASE, END

LENGTHS = (20, 90, 10)  # plain; longer than max_frames; shorter than min_frames


class InProcess:
    """The ensemble as a reader: what the converter would be given, without the minute that it takes."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble

    def outputs(self, landmarks_TK: np.ndarray) -> np.ndarray:
        return self.ensemble.read(landmarks_TK)["outputs"].numpy()


class Seeds:
    """Two networks, and what torch says of three clips."""

    def __init__(self, folder) -> None:
        self.recipe = small_recipe(max_frames=64)
        self.states, self.references = [], []
        for seed in (1, 2):
            network = random_network(self.recipe, seed)
            clips = [random_clip(num_frames) for num_frames in LENGTHS]
            write_reference(network, self.recipe, clips, folder / f"{seed}.npz")
            self.states.append(state_of(network))
            self.references.append(dict(np.load(folder / f"{seed}.npz")))

    def check(self, num_seeds: int = 2, min_confidence: float = 0.15) -> dict:
        twins = [port(self.recipe, state, "the test") for state in self.states[:num_seeds]]
        ensemble = Ensemble(twins, 15, min_confidence)
        return check_end_to_end(ensemble, InProcess(ensemble), self.references[:num_seeds])


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_agrees_with_torch(seeds, num_seeds):
    report = seeds.check(num_seeds, min_confidence=0.0)
    assert report["passed"], report
    assert 0 < report["max_error"] <= 1e-3
    steps = [clip["num_steps"] for clip in report["clips"]]
    assert min(steps[:2]) >= 1 and steps[2] == 0, "only the short clip is gated"
    if num_seeds == 1:
        assert steps[:2] == [len(seeds.references[0][f"{clip}/ids"]) for clip in (0, 1)], "the whole text"


def test_means_of_torch(seeds):
    ensemble = Ensemble([port(seeds.recipe, state, "the test") for state in seeds.states], 15, 0.15)
    for clip, num_frames in enumerate(LENGTHS[:2]):
        theirs, ours = torch_answer(ensemble, seeds.references, clip), ensemble.inside(random_clip(num_frames))
        assert theirs["confidence"] == pytest.approx(float(ours["confidence"]), abs=1e-5)
        num_steps = len(theirs["ids"])
        assert theirs["ids"].tolist() == ours["ids"].numpy()[:num_steps].tolist()
        np.testing.assert_allclose(theirs["logits"], ours["logits"].numpy()[:num_steps], atol=1e-3)


def test_gated_clips(seeds):
    report = seeds.check(min_confidence=1.0)
    assert report["passed"] and report["num_compared_steps"] == 0


def wrong_scale(raw_TK, max_frames):
    x_TCL, num_frames = preprocess(raw_TK, max_frames)
    return x_TCL * 1.5, num_frames


def reversed_time(raw_TK, max_frames):
    x_TCL, num_frames = preprocess(raw_TK, max_frames)
    return tf.reverse(x_TCL, [0]), num_frames


def first_seed_alone(decoders, encodings, frames, published, is_done):
    return greedy(decoders[:1], encodings[:1], frames, published, is_done)


@pytest.mark.parametrize(
    ("name", "fault"), [("preprocess", wrong_scale), ("preprocess", reversed_time), ("greedy", first_seed_alone)]
)
def test_faults_around_the_networks_are_found(seeds, monkeypatch, name, fault):
    monkeypatch.setattr(tflite, name, fault)
    report = seeds.check()
    assert not report["passed"] and report["failed_clips"] == [0, 1]


def test_a_gate_that_is_missing_or_always_shut_is_found(seeds):
    twins = [port(seeds.recipe, state, "the test") for state in seeds.states]
    right = Ensemble(twins, 15, 0.15)
    for wrong, failed in ((Ensemble(twins, 15, 1.0), [0, 1]), (Ensemble(twins, 1, 0.15), [2])):
        report = check_end_to_end(right, InProcess(wrong), seeds.references)
        assert report["failed_clips"] == failed


def test_text_that_ends_at_once_is_the_dummy_phrase(seeds, tmp_path):
    network = random_network(seeds.recipe)
    network.decoder.norm.weight.data.zero_()
    network.decoder.norm.bias.data.fill_(1)
    network.decoder.lm_head.weight.data.fill_(-1)
    network.decoder.lm_head.weight.data[END] = 1
    write_reference(network, seeds.recipe, [random_clip(40)], tmp_path / "reference.npz")
    ensemble = Ensemble([port(seeds.recipe, state_of(network), "the test")], 15, 0.0)
    reader = InProcess(ensemble)
    assert len(reader.outputs(random_clip(40))) == len(DUMMY_PHRASE)
    assert check_end_to_end(ensemble, reader, [dict(np.load(tmp_path / "reference.npz"))])["passed"]


def test_references_of_different_clips_are_refused(seeds):
    ensemble = Ensemble([port(seeds.recipe, state, "the test") for state in seeds.states], 15, 0.15)
    other = {**seeds.references[1], "0/raw": seeds.references[1]["0/raw"] + 1}
    with pytest.raises(UserError, match="clip 0"):
        check_end_to_end(ensemble, InProcess(ensemble), [seeds.references[0], other])
