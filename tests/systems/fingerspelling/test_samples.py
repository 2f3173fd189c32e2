"""Training and validation samples: what they are, and that nothing but their key decides them."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from fingerspelling import load_recipe
from project import ROOT
from torch.utils.data import DataLoader

from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.landmarks.normalise import STATISTICS_COLUMNS, fill_missing, normalise, resize, standardise, statistics
from podium.systems.fingerspelling import samples as dataset
from podium.systems.fingerspelling.augment import build_augmentations
from podium.systems.fingerspelling.clips import Clips, cut, mirror
from podium.systems.fingerspelling.recipe import Data
from podium.systems.fingerspelling.samples import TrainingClips, ValidationClips, collate
from podium.systems.fingerspelling.text import encode
from podium.training.batches import Collate

PLAIN = {"p_mirror": 0.0, "p_cutmix": 0.0}
AUGMENT = [
    {"name": "resample", "rate": [0.5, 1.5], "p": 0.8},
    {"name": "temporal_mask", "size": [0.2, 0.4], "p": 0.5},
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A dataset's folder with two train shards and a supplemental one, and its table: three signers."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    rows = []
    for split, file_id, signers in (("train", 1, [5, 6]), ("train", 2, [7]), ("supplemental", 3, [5, 6, 7])):
        (root / "shards" / split).mkdir(parents=True, exist_ok=True)
        clips = []
        for signer in signers:
            for number in range(4):
                num_frames = int(rng.integers(16, 60))
                clip = rng.normal(signer, 1 + number, (num_frames, 390)).astype(np.float32)
                clip[3:6, 40:61] = np.nan
                rows.append({
                    "split": split, "file_id": file_id, "sequence_id": len(rows), "participant_id": signer,
                    "phrase": f"{signer}-{len(rows)}" if split == "train" else f"sentence {number % 2}",
                    "offset": sum(len(one) for one in clips), "num_frames": num_frames,
                })  # fmt: skip
                clips.append(clip)
        np.save(root / "shards" / split / f"{file_id}.npy", np.concatenate(clips))
    table = pd.DataFrame(rows)
    numbers = [np.concatenate(statistics(raw(root, row))) for _, row in table.iterrows()]
    return root, table.assign(**dict(zip(STATISTICS_COLUMNS, np.transpose(numbers), strict=True)))


def raw(root, row) -> np.ndarray:
    shard = np.load(root / "shards" / row["split"] / f"{row['file_id']}.npy")
    return shard[row["offset"] : row["offset"] + row["num_frames"]]


def same(first, second) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_plain_sample_is_the_normalised_clip(prepared):
    root, table = prepared
    clips = TrainingClips(table, root, Data(**PLAIN), seed=0)
    assert len(clips) == 12
    assert [clips.num_frames((3, item)) for item in range(12)] == table["num_frames"][:12].tolist()
    for item in range(12):
        sample, row = clips[3, item], table.iloc[item]
        assert sample.row == item and sample.num_frames == row["num_frames"] and sample.score == 1.0
        assert np.array_equal(sample.x_TLC, normalise(raw(root, row)))
        assert np.array_equal(sample.labels_S, encode(row["phrase"]))


def test_key_alone_decides_a_sample(prepared):
    root, table = prepared
    data = Data(augment=AUGMENT, supplemental="phrases")
    clips = TrainingClips(table, root, data, seed=3)
    forward = [clips[2, item] for item in range(len(clips))]
    again = TrainingClips(table, root, data, seed=3)
    backward = [again[2, item] for item in reversed(range(len(clips)))][::-1]
    assert all(same(one, other) for one, other in zip(forward, backward, strict=True))
    for seed, epoch in ((3, 1), (4, 2)):
        others = TrainingClips(table, root, data, seed=seed)
        assert not all(same(one, others[epoch, item]) for item, one in enumerate(forward))


@pytest.mark.parametrize("recipe", ["winner_corrected_round1", "winner_corrected_round2"])
def test_length_of_a_sample_is_known_before_it_is_made(prepared, recipe):
    root, table = prepared
    data = load_recipe(ROOT / f"config/recipes/fingerspelling/{recipe}.yaml").data.model_copy(update={"max_frames": 50})
    clips = TrainingClips(table, root, data, seed=3)
    keys = [(epoch, item) for epoch in range(4) for item in range(len(clips))]
    lengths = [len(clips[key].x_TLC) for key in keys]
    assert [clips.num_frames(key) for key in keys] == lengths
    assert len(set(lengths)) > 20 and max(lengths) == 50


def test_asking_for_a_length_changes_no_sample(prepared, monkeypatch):
    root, table = prepared
    data = Data(augment=AUGMENT, supplemental="all", p_cutmix=0.5)
    keys = [(epoch, item) for epoch in range(2) for item in range(12)]
    expected = [TrainingClips(table, root, data, seed=3)[key] for key in keys]
    monkeypatch.setattr(dataset, "MAX_PLANNED", 5)  # most are forgotten again
    clips = TrainingClips(table, root, data, seed=3)
    for _ in range(2):
        for key in keys:
            clips.num_frames(key)
        assert all(same(clips[key], sample) for key, sample in zip(keys, expected, strict=True))


@pytest.mark.parametrize("num_workers", [0, 2])
def test_loader_processes_change_nothing(prepared, num_workers):
    root, table = prepared
    clips = TrainingClips(table, root, Data(augment=AUGMENT, supplemental="all"), seed=3)
    sampler = BucketSampler(len(clips), clips.num_frames, 5, 2, seed=3)
    sampler.set_epoch(4)
    batched = Collate(dataset, SimpleNamespace(data=Data()), is_training=True)
    batches = list(DataLoader(clips, batch_sampler=sampler, collate_fn=batched, num_workers=num_workers))
    expected = [batched([clips[key] for key in keys]) for keys in sampler]
    assert len(batches) == len(expected) == len(sampler)
    for batch, other in zip(batches, expected, strict=True):
        assert all(torch.equal(batch[name], other[name]) for name in other)


def test_open_shards_are_not_pickled(prepared):
    root, table = prepared
    clips = TrainingClips(table, root, Data(), seed=0)
    unused = len(pickle.dumps(clips))
    sample = clips[0, 0]
    assert len(pickle.dumps(clips)) == unused
    assert same(pickle.loads(pickle.dumps(clips))[0, 0], sample)


def plain_sample(root, table, data: Data, seed: int, epoch: int, item: int) -> np.ndarray:
    """What a train item becomes, step by step on whole arrays, with the draws of the real one."""
    rng = np.random.default_rng([seed, epoch, item])
    row = table.iloc[item]
    x_TLC = standardise(raw(root, row), *statistics(raw(root, row)))
    is_mirrored = rng.random() < data.p_mirror
    if is_mirrored and data.mirror == "published":
        x_TLC = mirror(x_TLC)
    if rng.random() < data.p_cutmix:
        others = [place for place in np.flatnonzero(table["participant_id"] == row["participant_id"]) if place != item]
        other = raw(root, table.iloc[others[rng.integers(len(others))]])
        second_TLC, share, is_second_first = standardise(other, *statistics(other)), rng.random(), rng.random() < 0.5
        tail, head = (second_TLC, x_TLC) if is_second_first else (x_TLC, second_TLC)
        x_TLC = np.concatenate([tail[cut(len(tail), share) :], head[: cut(len(head), share)]])
    if is_mirrored and data.mirror == "corrected":
        x_TLC = mirror(x_TLC)
    for augmentation in build_augmentations(data.augment):
        x_TLC = augmentation(np.ascontiguousarray(x_TLC.transpose(0, 2, 1)).transpose(0, 2, 1), rng)
    return resize(fill_missing(x_TLC), data.max_frames)


AFFINE = {"scale": [0.7, 1.3], "shear": [-0.2, 0.2], "shift": [-0.15, 0.15], "degrees": [-30, 30], "p": 0.75}


@pytest.mark.parametrize("choice", ["published", "corrected"])
@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
def test_reading_only_what_is_shown_changes_nothing(prepared, choice, order):
    root, table = prepared
    entries = [AUGMENT[0], {"name": "affine", **AFFINE, "missing": choice, "shifts": choice}, AUGMENT[1]]
    data = Data(augment=[entries[place] for place in order], mirror=choice, max_frames=40)
    clips = TrainingClips(table[:12], root, data, seed=1)
    for epoch in range(15):
        for item in range(12):
            expected = plain_sample(root, table[:12], data, 1, epoch, item)
            assert np.array_equal(clips[epoch, item].x_TLC, expected)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_stored_statistics_give_the_normalised_clip(prepared, tmp_path, dtype):
    root, table = prepared
    (tmp_path / "shards").mkdir()
    for path in root.rglob("*.npy"):
        target = tmp_path / path.relative_to(root)
        target.parent.mkdir(exist_ok=True)
        np.save(target, np.load(path).astype(dtype))
    rounded = [raw(tmp_path, row).astype(np.float32) for _, row in table.iterrows()]
    numbers = np.transpose([np.concatenate(statistics(one)) for one in rounded])
    clips = Clips(table.assign(**dict(zip(STATISTICS_COLUMNS, numbers, strict=True))), tmp_path)
    for row, one in enumerate(rounded):
        assert clips.raw(row).dtype == np.float32 and np.array_equal(clips.raw(row), one, equal_nan=True)
        assert np.array_equal(clips.normalised(row), normalise(one))


def test_an_index_without_statistics_is_refused(prepared):
    root, table = prepared
    with pytest.raises(UserError, match="lacks the column deviation_y; `snakemake data` makes it anew"):
        TrainingClips(table.drop(columns="deviation_y"), root, Data(**PLAIN), seed=0)


# ------------------------------------------------------------------------------------------------ mirror and CutMix


def test_partner_is_another_clip_of_the_same_signer(prepared):
    """No two frames are equal, so the first and the last frame of a mix tell which clips it is made of."""
    root, table = prepared
    clips = TrainingClips(table, root, Data(p_mirror=0.0, p_cutmix=1.0, supplemental="all"), seed=0)
    frames = {position: normalise(raw(root, row)) for position, row in table.iterrows()}
    partners: dict[int, set[int]] = {row: set() for row in range(len(table))}
    for epoch in range(100):
        for item in range(len(clips)):
            sample = clips[epoch, item]
            ends = [sample.x_TLC[0], sample.x_TLC[-1]]
            owners = {
                position for position, own in frames.items() for end in ends if (own == end).all(axis=(1, 2)).any()
            }
            assert len(owners) == 2 and sample.row in owners
            partners[sample.row] |= owners - {sample.row}
    for row, found in partners.items():
        of_signer = set(np.flatnonzero(table["participant_id"] == table["participant_id"][row]))
        assert found == of_signer - {row}, "every other clip of the signer comes up, and no other signer's"


def test_no_partner_no_cutmix(prepared):
    root, table = prepared
    clips = TrainingClips(table.iloc[[0, 4]].reset_index(drop=True), root, Data(p_mirror=0.0, p_cutmix=1.0), seed=0)
    assert np.array_equal(clips[0, 1].x_TLC, normalise(raw(root, table.iloc[4])))


@pytest.mark.parametrize("choice, is_partner_mirrored", [("published", False), ("corrected", True)])
def test_mirror_of_partners(prepared, choice, is_partner_mirrored):
    root, table = prepared
    clips = TrainingClips(table, root, Data(p_mirror=1.0, p_cutmix=1.0, mirror=choice), seed=0)
    frames = {position: normalise(raw(root, row)) for position, row in table[:12].iterrows()}
    for item in range(12):
        sample = clips[0, item]
        own, ends = mirror(frames[item].copy()), [sample.x_TLC[0], sample.x_TLC[-1]]
        is_own = [(own == end).all(axis=(1, 2)).any() for end in ends]
        assert sum(is_own) == 1
        partner_end = ends[is_own.index(False)]
        expected = [mirror(one.copy()) if is_partner_mirrored else one for one in frames.values()]
        assert any((one == partner_end).all(axis=(1, 2)).any() for one in expected)


def test_scores_mix_with_the_frames(prepared):
    root, table = prepared
    scored = table.assign(score=[-0.5, np.nan, 1.5, 0.4] * 6)
    plain = TrainingClips(scored, root, Data(**PLAIN), seed=0)
    assert [plain[0, item].score for item in range(4)] == [0.0, 1.0, 1.0, 0.4]
    mixed = TrainingClips(scored, root, Data(p_mirror=0.0, p_cutmix=1.0), seed=0)
    scores = [mixed[0, item].score for item in range(12)]
    assert all(0 <= score <= 1 for score in scores) and len(set(scores)) > 6


# ------------------------------------------------------------------------------------------------------- bookkeeping


def test_short_clips_are_not_trained_on(prepared):
    root, table = prepared
    limit = int(table["num_frames"][:12].median())
    clips = TrainingClips(table, root, Data(min_train_frames=limit, **PLAIN), seed=0)
    rows = [clips[0, item].row for item in range(len(clips))]
    assert rows == np.flatnonzero(table["num_frames"][:12] >= limit).tolist()
    with pytest.raises(UserError, match="at least 100 frames"):
        TrainingClips(table, root, Data(min_train_frames=100), seed=0)


@pytest.mark.parametrize("supplemental, num_items", [("none", 12), ("phrases", 14), ("all", 24)])
def test_supplemental_items(prepared, supplemental, num_items):
    root, table = prepared
    clips = TrainingClips(table, root, Data(supplemental=supplemental, **PLAIN), seed=0)
    assert len(clips) == num_items
    assert [clips[0, item].row for item in range(12)] == list(range(12))
    if supplemental == "all":
        assert [clips[0, item].row for item in range(12, 24)] == list(range(12, 24))
    if supplemental == "phrases":
        for item, phrase in ((12, "sentence 0"), (13, "sentence 1")):
            rows = {clips[epoch, item].row for epoch in range(80)}
            assert rows == set(np.flatnonzero(table["phrase"] == phrase)), "each recording comes up"


def test_index_of_the_table_does_not_matter(prepared):
    root, table = prepared
    part = table.iloc[4:20]
    first = TrainingClips(part, root, Data(supplemental="phrases"), seed=0)
    second = TrainingClips(part.reset_index(drop=True), root, Data(supplemental="phrases"), seed=0)
    assert len(first) == len(second) and all(same(first[1, item], second[1, item]) for item in range(len(first)))


def test_long_clips_are_resized(prepared):
    root, table = prepared
    clips = TrainingClips(table, root, Data(max_frames=15, **PLAIN), seed=0)
    assert np.array_equal(clips[0, 2].x_TLC, resize(normalise(raw(root, table.iloc[2])), 15))
    assert clips[0, 2].num_frames == table["num_frames"][2], "the recording's own length"


def test_long_phrases_are_cut_to_the_labels(prepared):
    root, table = prepared
    long = table.assign(phrase=[f"{number:032d}" for number in range(len(table))])
    clips = TrainingClips(long, root, Data(p_mirror=0.0, p_cutmix=1.0), seed=0)
    assert all(clips[0, item].labels_S.shape == (33,) for item in range(12))


def test_wrong_augmentation_is_named():
    with pytest.raises(UserError, match="did you mean 'affine'"):
        Data(augment=[{"name": "afine"}])


def test_validation_is_untouched(prepared):
    root, table = prepared
    clips = ValidationClips(table, root, max_frames=30)
    assert len(clips) == 24 and clips.lengths.tolist() == table["num_frames"].tolist()
    for row in range(24):
        sample = clips[row]
        assert sample.row == row and sample.num_frames == table["num_frames"][row]
        assert np.array_equal(sample.x_TLC, resize(normalise(raw(root, table.iloc[row])), 30))


# -------------------------------------------------------------------------------------------------------------- batch


def test_collate(prepared):
    root, table = prepared
    clips = ValidationClips(table.assign(score=0.25), root, max_frames=384)
    samples = [clips[row] for row in (3, 8, 15)]
    longest = max(len(one.x_TLC) for one in samples)
    for pad_to, is_training, num_frames in (
        ("batch", True, longest), ("max_frames", False, longest), ("max_frames", True, 384),
    ):  # fmt: skip
        recipe = SimpleNamespace(data=Data(pad_to=pad_to))
        assert all(isinstance(value, np.ndarray) for value in collate(samples, recipe, is_training).values())
        batch = Collate(dataset, recipe, is_training)(samples)
        assert {name: (tuple(value.shape), value.dtype) for name, value in batch.items()} == {
            "x_BTLC": ((3, num_frames, 130, 3), torch.float32),
            "mask_BT": ((3, num_frames), torch.bool),
            "labels_BS": ((3, 33), torch.int64),
            "score_B": ((3,), torch.float32),
            "lengths_B": ((3,), torch.int64),
            "row_B": ((3,), torch.int64),
        }
        assert batch["x_BTLC"].transpose(2, 3).is_contiguous()
        assert batch["row_B"].tolist() == [3, 8, 15] and batch["score_B"].tolist() == [0.25] * 3
        for place, sample in enumerate(samples):
            num_own = len(sample.x_TLC)
            assert np.array_equal(batch["x_BTLC"][place, :num_own].numpy(), sample.x_TLC)
            assert not batch["x_BTLC"][place, num_own:].any()
            assert batch["mask_BT"][place].sum() == num_own and batch["mask_BT"][place, :num_own].all()
            assert batch["lengths_B"][place] == sample.num_frames
