"""TensorFlow and the files against torch from raw landmarks on, and planted faults: each is caught, in its place."""

import numpy as np
import pytest
import tensorflow as tf
from small_networks import built_in, in_torch, random_clip, random_network, small_recipe, state_of

from podium.errors import ClipError, UserError
from podium.export.agreement import check_answers
from podium.export.answers import answer_all, read_answers, write_answers
from podium.export.clips import ProofClip
from podium.export.comparing import TOLERANCES
from podium.export.graph import Graph
from podium.export.verification import check_formats
from podium.port import layers
from podium.systems.fingerspelling import answers as system
from podium.systems.fingerspelling import graph as tflite
from podium.systems.fingerspelling.graph import preprocess
from podium.systems.fingerspelling.text import DUMMY_PHRASE, END, NUM_CHARACTERS
from podium.systems.fingerspelling.twin import assemble, make
from podium.systems.fingerspelling.twins import decoder
from podium.systems.fingerspelling.twins.greedy import greedy

MIN_FRAMES, MAX_FRAMES = 15, 64
SETTINGS = {"min_frames": MIN_FRAMES, "min_confidence": 0.15, "has_confidence": True}
LENGTHS = {"plain": 20, "beyond max_frames": 90, "below min_frames": 10}


class Seeds:
    """Two networks, and what torch says of a few clips."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.recipe = small_recipe(max_frames=MAX_FRAMES)
        self.networks = [random_network(self.recipe, seed) for seed in (1, 2)]
        self.clips = [ProofClip(name, random_clip(num_frames), "some text") for name, num_frames in LENGTHS.items()]
        edges = system.edge_clips(random_clip(30), built_in(MIN_FRAMES, 0.0), self.recipe)
        self.clips += [ProofClip(name, clip) for name, clip in edges.items()]

    def answers(self, num_seeds: int = 2, min_confidence: float = 0.15):
        path = self.folder / f"{num_seeds}-{min_confidence}.npz"
        if not path.exists():
            ensemble = in_torch(self.networks[:num_seeds], self.recipe, MIN_FRAMES, min_confidence)
            write_answers(path, self.clips, answer_all(ensemble.inside, self.clips))
        return path

    def ensemble(self, num_seeds: int = 2, min_frames: int = MIN_FRAMES, min_confidence: float = 0.15) -> Graph:
        twins = [make(self.recipe).port(state_of(network), "the test") for network in self.networks[:num_seeds]]
        return assemble(twins, built_in(min_frames, min_confidence))

    def check(self, num_seeds: int = 2, min_confidence: float = 0.15) -> tuple[dict, list[str]]:
        """TensorFlow alone, as it is at this moment."""
        ensemble = self.ensemble(num_seeds, min_confidence=min_confidence)
        answers = self.answers(num_seeds, min_confidence)
        formats, problems = check_formats(ensemble, {}, self.clips, answers, system, "phrase")
        return formats["tensorflow"], problems


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Seeds:
    return Seeds(tmp_path_factory.mktemp("seeds"))


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_agrees_with_torch(seeds, num_seeds):
    report, problems = seeds.check(num_seeds, min_confidence=0.0)
    assert report["passed"] and not problems and not report["ties"]
    assert 0 < report["max_error"] <= 1e-3
    assert report["num_compared"] == len(seeds.clips) - report["num_dummy"]
    assert report["num_same_texts"] == len(seeds.clips) and report["score"] == report["score_torch"]
    assert report["num_dummy"] == 4, "the short ones alone are gated"


def test_gated_clips(seeds):
    """They agree, and yet prove nothing."""
    report, problems = seeds.check(min_confidence=1.0)
    assert not report["failures"] and report["num_same_texts"] == report["num_dummy"] == len(seeds.clips)
    assert not report["passed"] and report["num_compared"] == 0 and report["max_error"] is None
    assert len(problems) == 1 and problems[0].startswith("tensorflow has nothing to compare")


def wrong_scale(raw_TK, max_frames):
    x_TCL, num_frames = preprocess(raw_TK, max_frames)
    return x_TCL * 1.5, num_frames


def reversed_time(raw_TK, max_frames):
    x_TCL, num_frames = preprocess(raw_TK, max_frames)
    return tf.reverse(x_TCL, [0]), num_frames


def wrong_resize(raw_TK, max_frames):
    """The frame in the middle of each stretch, where it should be the first."""
    num_frames = tf.shape(raw_TK)[0]
    new_frames = tf.minimum(tf.maximum(num_frames, 1), max_frames)
    raw_TK = tf.pad(raw_TK, [[0, tf.maximum(1 - num_frames, 0)], [0, 0]])
    kept = (2 * tf.range(new_frames) + 1) * tf.maximum(num_frames, 1) // (2 * new_frames)
    return tflite.standardised(raw_TK, kept), new_frames


def first_seed_alone(decoders, encodings, frames, published, is_done):
    return greedy(decoders[:1], encodings[:1], frames, published, is_done)


ATTEND = decoder.attend


def without_mask(q_NHK1, cache, bias_S):
    return ATTEND(q_NHK1, cache, None)


@pytest.mark.parametrize(
    ("place", "name", "fault", "starts_in"),
    [
        (tflite, "preprocess", wrong_scale, "x"),
        (tflite, "preprocess", reversed_time, "x"),
        (tflite, "preprocess", wrong_resize, "x"),
        (layers, "NORM_EPSILON", 1e-3, "0/mid/frontend"),  # what Keras takes unless it is told
        (decoder, "NORM_EPSILON", 1e-3, "decoding"),
        (decoder, "attend", without_mask, "decoding"),
        (tflite, "greedy", first_seed_alone, "decoding"),
    ],
    ids=["scale", "order", "resize", "epsilon", "epsilon of the decoder", "mask of the decoder", "a seed"],
)
def test_planted_faults_are_caught(seeds, monkeypatch, place, name, fault, starts_in):
    monkeypatch.setattr(place, name, fault)
    report, problems = seeds.check()
    failed = {failure["clip"]: failure.get("starts_in") for failure in report["failures"]}
    assert failed["beyond max_frames"] == starts_in
    assert ("plain" in failed) == (fault is not wrong_resize)
    assert problems[0].startswith("tensorflow differs from torch on the clip '")


def web_reader(ensemble: Graph):
    """The function of fixed shapes in process; behind a clip's last frame stands what would be noticed."""
    read = ensemble.function("web")

    def ask(raw_TK):
        padded_TK = np.full((2 * MAX_FRAMES, raw_TK.shape[1]), 0.3, np.float32)
        padded_TK[: len(raw_TK)] = raw_TK
        found = {name: value.numpy() for name, value in read(padded_TK, np.array([len(raw_TK)], np.int32)).items()}
        return {"outputs": found["logits"][found["ids"] < NUM_CHARACTERS], "confidence": found["confidence"]}

    return ask


def lost_in_attention(self, scores_HST):
    return scores_HST


def lost_in_convolution(self, x_TD):
    return x_TD


@pytest.mark.parametrize(
    ("name", "fault"), [(None, None), ("hide", lost_in_attention), ("without_pads", lost_in_convolution)]
)
def test_a_lost_mask_of_pads_is_caught(seeds, monkeypatch, name, fault):
    if name:
        monkeypatch.setattr(layers.Frames, name, fault)
    answers = read_answers(seeds.answers(), seeds.clips)
    ask = web_reader(seeds.ensemble())
    report = check_answers(ask, seeds.clips, answers, TOLERANCES["fp32"], system, SETTINGS, "phrase")
    assert report["passed"] == (name is None), report


def test_a_clip_that_is_too_long_is_left_out(seeds):
    answers = read_answers(seeds.answers(), seeds.clips)
    reader = web_reader(seeds.ensemble())

    def ask(raw_TK):
        if len(raw_TK) > MAX_FRAMES:
            raise ClipError("cut it")
        return reader(raw_TK)

    report = check_answers(ask, seeds.clips, answers, TOLERANCES["fp32"], system, SETTINGS, "phrase")
    assert report["passed"] and report["num_too_long"] == 2 and report["num_clips"] == len(seeds.clips) - 2


def test_a_lost_confidence_is_found(seeds):
    answers = read_answers(seeds.answers(), seeds.clips)
    reader = web_reader(seeds.ensemble())
    ask = lambda raw_TK: {"outputs": reader(raw_TK)["outputs"]}  # noqa: E731
    report = check_answers(ask, seeds.clips, answers, TOLERANCES["fp32"], system, SETTINGS, "phrase")
    assert len(report["failures"]) == len(seeds.clips)


def test_a_gate_that_is_missing_or_always_shut_is_found(seeds):
    answers = read_answers(seeds.answers(), seeds.clips)
    for wrong, clip in (
        (seeds.ensemble(min_confidence=1.0), "plain"),
        (seeds.ensemble(min_frames=1), "below min_frames"),
    ):
        ask = lambda raw_TK, wrong=wrong: {name: value.numpy() for name, value in wrong.inside(raw_TK).items()}  # noqa: E731
        report = check_answers(ask, seeds.clips, answers, TOLERANCES["fp32"], system, SETTINGS, "phrase")
        assert clip in [failure["clip"] for failure in report["failures"]]


def test_text_that_ends_at_once_is_the_dummy_phrase(seeds, tmp_path):
    network = random_network(seeds.recipe)
    network.decoder.norm.weight.data.zero_()
    network.decoder.norm.bias.data.fill_(1)
    network.decoder.lm_head.weight.data.fill_(-1)
    network.decoder.lm_head.weight.data[END] = 1
    clips = [ProofClip("clip", random_clip(40), None)]
    torch_ensemble = in_torch([network], seeds.recipe, MIN_FRAMES, 0.0)
    write_answers(tmp_path / "answers.npz", clips, answer_all(torch_ensemble.inside, clips))
    ensemble = assemble([make(seeds.recipe).port(state_of(network), "the test")], built_in(MIN_FRAMES, 0.0))
    assert len(ensemble.inside(random_clip(40))["outputs"]) == len(DUMMY_PHRASE)
    formats, problems = check_formats(ensemble, {}, clips, tmp_path / "answers.npz", system, "phrase")
    assert not problems and formats["tensorflow"]["num_dummy"] == formats["tensorflow"]["num_compared"] == 1


def test_answers_to_other_clips_are_refused(seeds):
    other = [ProofClip(clip.name, clip.x + 1, None) for clip in seeds.clips]
    with pytest.raises(UserError, match="answers other clips"):
        read_answers(seeds.answers(), other)
