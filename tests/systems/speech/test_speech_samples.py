"""What training hears: augmentation, the make-up of an epoch, silences, labels of earlier stages."""

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech import golden, recipe, write_dataset

from podium.errors import UserError
from podium.systems.speech import samples
from podium.systems.speech.augment import augmented, equalised, mixed, played
from podium.systems.speech.conversion import LABELLED_BY, PROBABILITIES
from podium.systems.speech.entries import SILENT, Entries, Share
from podium.systems.speech.labels import CLASSES, class_of
from podium.systems.speech.names import set_of
from podium.systems.speech.noise import COLOURS, Noise, coloured
from podium.systems.speech.recipe import Augment

CALM = {"p_gain": 0, "p_shift": 0, "p_noise": 0}
ALL = {"p_speed": 1, "p_equalise": 1, "p_gain": 1, "p_shift": 1, "p_noise": 1, "noise_db": [0, 20], "p_mask": 1}
QUIET = Noise([], lambda number: np.empty(0), with_colours=False)


def decoded(clip: np.ndarray) -> np.ndarray:
    return np.pad(clip, (0, max(16000 - len(clip), 0)))[:16000].astype(np.float32) / 32768


def test_mixing_is_the_original_s(shared):
    arrays, _ = golden(shared, "speech_aug")
    cases = [key for key in arrays if key.startswith("out/")]
    assert len(cases) == 18
    for key in cases:
        _, experiment, name = key.split("/")
        clip, gain, shift, noise = name.split("_")
        found = mixed(
            decoded(arrays[f"in/{clip}"]), float(gain.removeprefix("gain")), int(shift.removeprefix("shift")),
            arrays["in/background"], float(noise.removeprefix("noise")), "wrap", clip=experiment == "106",
        )  # fmt: skip
        assert np.abs(found - arrays[key]).max() < 1e-6, key


def test_the_sets_of_the_original(shared):
    _, meta = golden(shared, "speech_rules")
    files = [path.split("/")[-2:] for path in meta["index"]["files"]]
    for experiment, expected in meta["index"]["results"].items():
        # A folder of unknown words was for training, whoever spoke, once there was one.
        sets = np.array([
            "training" if word == "unknown_unknown" and experiment != "106" else set_of(name, 10, 0)
            for word, name in files
        ])  # fmt: skip
        num_classes = 32 if experiment == "106" else 12
        names = np.array([class_of(word, num_classes) for word, _ in files])
        for kind, counts in expected["counts"].items():
            is_pseudo = kind == "pseudo"
            # As published, the folder `silence` is no wanted word.
            of_set = np.where((names == "_silence_") & is_pseudo, "_unknown_", names)
            unknown = None if is_pseudo and experiment == "206" else expected["unknown"] / 100
            share = Share.of(of_set, sets == kind, expected["silence"] / 100, unknown)
            drawn = share.entries(np.random.default_rng(0))
            found = Counter("_silence_" if row == SILENT else of_set[row] for row in drawn.tolist())
            assert found == Counter(counts), (experiment, kind)


@pytest.mark.parametrize("changes", [CALM, ALL])
def test_augmentation(changes):
    x = np.random.default_rng(0).normal(size=16000).astype(np.float32) * 0.1
    before, settings = x.copy(), Augment(**changes)
    noise = Noise([50000], lambda number: np.ones(50000, np.float32), with_colours=True)
    once, again = (augmented(x, np.random.default_rng(5), settings, noise) for _ in range(2))
    assert np.array_equal(once, again) and np.array_equal(x, before)
    assert once.dtype == np.float32 and once.shape == (16000,) and np.isfinite(once).all()
    assert np.array_equal(once, x) == (changes is CALM)


def test_speed_and_equaliser_do_what_they_say():
    time = np.arange(16000) / 16000
    tone = np.sin(2 * np.pi * 1000 * time).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(played(tone, 1.1)))
    assert abs(int(spectrum.argmax()) - 1100) <= 2
    middle = slice(2000, 14000)
    assert played(tone, 0.9).dtype == equalised(tone, np.zeros(8)).dtype == np.float32
    assert played(tone, 1.0)[middle] == pytest.approx(tone[middle], abs=1e-5)
    louder = equalised(tone, np.full(8, 6.0))
    assert louder[middle] == pytest.approx(tone[middle] * 10 ** (6 / 20), rel=1e-3, abs=1e-3)


@given(st.integers(-15999, 15999))
def test_a_shift_wraps_or_brings_zeros(shift):
    x = np.arange(1, 16001, dtype=np.float32)
    wrapped, filled = (mixed(x, 1, shift, None, 0, fill, clip=False) for fill in ("wrap", "zeros"))
    assert sorted(wrapped) == sorted(x)
    assert (filled == 0).sum() == abs(shift) and (wrapped[filled != 0] == filled[filled != 0]).all()


def test_coloured_noise_falls_and_rises():
    levels = {}
    for colour in COLOURS:
        wave = coloured(colour)
        assert wave.std() == pytest.approx(1 / 3, rel=0.05) and np.abs(wave).max() <= 1
        power = np.abs(np.fft.rfft(wave[:160000])) ** 2
        levels[colour] = power[10000:20000].mean() / power[5000:10000].mean()
    assert levels["brown"] == pytest.approx(1 / 4, rel=0.1)
    assert levels["blue"] == pytest.approx(2, rel=0.1) and levels["violet"] == pytest.approx(4, rel=0.1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("words")
    return root, write_dataset(root)


def test_an_epoch_hears_each_wanted_word_once(data):
    root, index = data
    one = recipe(data={"silence_share": 0.2, "unknown_share": 0.06, "pseudo_share": 0.5})
    clips = samples.training(index, root, one, seed=1)
    entries = clips.entries
    wanted = set(np.flatnonzero(~index["label"].isin(["bed", "_background_noise_"]) & (index["split"] == "train")))
    for epoch in (0, 1):
        rows = [entries.row(epoch, item, np.random.default_rng(0)) for item in range(len(clips))]
        assert Counter(rows)[SILENT] == 10 and wanted <= set(rows) and len(rows) == 50 + 10 + 3
    chosen = [
        {row for row in (entries.row(epoch, item, None) for item in range(len(clips))) if row != SILENT} - wanted
        for epoch in range(6)
    ]
    assert len(set(map(frozenset, chosen))) > 1  # other unknown words in another epoch
    assert not {index["split"][row] for row in chosen[0]} & {"supplemental"}  # nobody has labelled these


def labelled(index: pd.DataFrame, probs: np.ndarray | None = None) -> pd.DataFrame:
    is_extra = index["split"] == "supplemental"
    table = index.assign(**{LABELLED_BY: np.where(is_extra, "threshold", "")})
    vectors = np.full((is_extra.sum(), 12), 1 / 12) if probs is None else probs
    table[PROBABILITIES] = [None] * (~is_extra).sum() + list(vectors)
    return table


@pytest.mark.parametrize("sampling", ["published", "corrected"])
def test_labelled_clips_take_their_share(data, sampling):
    root, index = data
    one = recipe(data={"pseudo_share": 0.5, "silence_share": 0.1}, choices={"sampling": sampling},
                 training={"batch_size": 8})  # fmt: skip
    clips = samples.training(labelled(index), root, one, seed=1)
    rows = np.array([clips.entries.row(0, item, np.random.default_rng([7, item])) for item in range(len(clips))])
    is_extra = (index["split"] == "supplemental").to_numpy()[rows[rows != SILENT]]
    assert 0.3 < is_extra.mean() < 0.7
    if sampling == "published":
        assert len(clips) % 8 == 0
    else:
        counts = Counter(rows[rows != SILENT][is_extra].tolist())
        assert len(counts) == 10 and max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize(
    ("num_wanted", "said"),
    [(0, "none as a wanted word; none is learned from"), (1, "1 as wanted words; an epoch hears each about"), (10, "")],
)
def test_poor_labels_are_told(data, caplog, num_wanted, said):
    root, index = data
    table = labelled(index)
    extra = table.index[table["split"] == "supplemental"]
    table.loc[extra[num_wanted:], "label"] = "bed"
    samples.training(table, root, recipe(data={"pseudo_share": 0.5, "silence_share": 0.0}), seed=1)
    assert [record.message for record in caplog.records if said and said in record.message] == caplog.messages
    assert bool(said) == bool(caplog.messages)


def test_silence_of_earlier_stages(data):
    root, index = data
    table = labelled(index)
    table.loc[table["split"] == "supplemental", "label"] = "_silence_"
    kept, lost = (
        samples.training(table, root, recipe(choices={"pseudo_silence": choice}), 0)
        for choice in ("corrected", "published")
    )
    extra = (index["split"] == "supplemental").to_numpy()
    assert (kept.targets_RV[extra].argmax(1) == 0).all() and (lost.targets_RV[extra].argmax(1) == 1).all()


def test_soft_labels(data):
    root, index = data
    probs = np.zeros((10, 32), np.float32)
    probs[:, CLASSES[32].index("cat")], probs[:, CLASSES[32].index("yes")] = 0.2, 0.8
    one = recipe(learning={"soft_labels": 0.5, "temperature": 1})
    clips = samples.training(labelled(index, probs), root, one, 0)
    row = int(np.flatnonzero((index["split"] == "supplemental") & (index["label"] == "stop"))[0])
    target = dict(zip(CLASSES[12], clips.targets_RV[row].tolist(), strict=True))
    assert target == pytest.approx({**dict.fromkeys(CLASSES[12], 0), "stop": 0.5, "yes": 0.4, "_unknown_": 0.1})
    assert clips.targets_RV.sum(1) == pytest.approx(1)
    with pytest.raises(UserError, match="earlier stages told 12 classes, and this network has 32"):
        samples.training(labelled(index), root, recipe(num_classes=32, learning={"soft_labels": 0.5}), 0)


def test_samples_follow_from_their_key_alone(data):
    root, index = data
    one = recipe(data={"silence_share": 0.3, "augment": ALL})
    first = samples.training(index, root, one, 3)
    other = pickle.loads(pickle.dumps(first))
    keys = [(epoch, item) for epoch in (0, 4) for item in (0, 11, len(first) - 1)]
    batch = samples.collate([first[key] for key in keys], one, is_training=True)
    again = samples.collate([other[key] for key in reversed(keys)], one, is_training=True)
    assert all(np.array_equal(batch[name], again[name][::-1]) for name in batch)
    assert batch["x_BW"].shape == (6, 16000) and batch["x_BW"].dtype == np.float32
    assert batch["target_BV"].sum(1) == pytest.approx(1) and np.isfinite(batch["x_BW"]).all()
    silent = first[(0, len(first) - 1)]
    assert silent.target_V.argmax() == 0 and 0 < np.abs(silent.x_W).max() <= 0.3


def test_validation_hears_silence_as_it_was_or_zeros(data):
    root, index = data
    row = int(np.flatnonzero(index["label"] == "_background_noise_")[0])
    for choice, is_zero in (("corrected", False), ("published", True)):
        clips = samples.validation(index, root, recipe(choices={"validation_silence": choice}))
        assert (np.abs(clips.raw(row)).max() == 0) == is_zero
        assert np.abs(clips.raw(0)).max() > 0 and clips[0].x_W.shape == (16000,)


def test_nothing_to_learn_is_refused(data):
    root, index = data
    table = index[index["label"] == "bed"].reset_index(drop=True)
    with pytest.raises(UserError, match="no clip of a wanted word"):
        samples.training(table, root, recipe(), 0)


def test_the_rest_of_a_batch_is_no_batch_as_published():
    names = np.array(["yes"] * 20)
    one = recipe(training={"batch_size": 16}, choices={"sampling": "published"}, data={"silence_share": 0})
    is_own = np.ones(20, bool)
    assert len(Entries(names, is_own, ~is_own, one, 0)) == 16
