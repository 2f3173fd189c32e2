"""Samples, batches and mixup of `signs_llama` with corrected choices."""

import numpy as np
import pandas as pd
import pytest
from signs_llama_small import random_clip, small_recipe

from podium.data.clips import shard_path
from podium.errors import UserError
from podium.systems.signs.points import as_columns, as_frames
from podium.systems.signs_llama import samples
from podium.systems.signs_llama.keypoints import BLOCK_STARTS, BLOCKS, HEAD, MIRROR, NUM_COORDINATES, ROWS
from podium.systems.signs_llama.mixup import Mix, drawn, mixed
from podium.systems.signs_llama.preparation import centred_points, features, seen_points

LENGTHS = (9, 30, 100, 14)
RECIPE = small_recipe()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A table and the folder of its one shard."""
    root = tmp_path_factory.mktemp("corpus")
    clips = [as_columns(random_clip(length)) for length in LENGTHS]
    path = shard_path(root, "train", 5)
    path.parent.mkdir(parents=True)
    np.save(path, np.concatenate(clips))
    table = pd.DataFrame({
        "split": "train", "file_id": 5, "sequence_id": range(len(LENGTHS)), "participant_id": 5,
        "offset": np.cumsum([0, *LENGTHS[:-1]]), "num_frames": LENGTHS, "sign": ["TV", "yes", "zipper", "no"],
    })  # fmt: skip
    return table, root


def points_of(length: int, use: str = "evaluation", **more) -> np.ndarray:
    return centred_points(random_clip(length)[:, ROWS], RECIPE.data, use, **more)


def test_validation_clips_are_those_of_the_file(corpus):
    clips = samples.validation(*corpus, RECIPE)
    assert clips.lengths.tolist() == list(LENGTHS)
    for row, length in enumerate(LENGTHS):
        raw = clips.raw(row)
        assert raw.shape == (length, 543, 3)
        np.testing.assert_array_equal(raw[:, ROWS], random_clip(length)[:, ROWS])
        np.testing.assert_array_equal(clips[row].x_TNA, points_of(length))
    assert [clips[row].target for row in range(4)] == [0, 244, 249, 153]


def test_training_clips_depend_on_seed_epoch_and_item_alone(corpus):
    one, other = (samples.training(*corpus, RECIPE, seed=3) for _ in range(2))
    keys = [(epoch, item) for epoch in range(3) for item in range(4)]
    expected = [one[key] for key in keys]
    for key, sample in zip(reversed(keys), reversed(expected), strict=True):
        found = other[key]
        np.testing.assert_array_equal(found.x_TNA, sample.x_TNA)
        assert found.draws == sample.draws
    assert len({sample.draws for sample in expected}) == len(keys)
    assert samples.training(*corpus, RECIPE, seed=4)[0, 0].draws != expected[0].draws
    assert [one.num_frames((0, item)) for item in range(4)] == [9, 30, 64, 14]


def test_some_training_clips_are_mirrored(corpus):
    clips = samples.training(*corpus, RECIPE, seed=0)
    plain, turned = points_of(30), points_of(30, is_mirrored=True)
    kinds = {
        "plain" if np.array_equal(found, plain, equal_nan=True) else "turned"
        for found in (clips[epoch, 1].x_TNA for epoch in range(12))
        if np.array_equal(found, plain, equal_nan=True) or np.array_equal(found, turned, equal_nan=True)
    }
    assert kinds == {"plain", "turned"}
    np.testing.assert_array_equal(turned[:, MIRROR["corrected"], 0], -plain[..., 0])


def test_a_batch_says_what_is_real_and_what_is_mixed(corpus):
    clips = samples.training(*corpus, RECIPE, seed=1)
    batch = samples.collate([clips[0, item] for item in range(4)], RECIPE, is_training=True)
    assert batch["x_BTF"].shape == (4, 64, NUM_COORDINATES + 4) and np.isfinite(batch["x_BTF"]).all()
    assert (batch["lam_B"] >= 0.5).all() and batch["lam_B"].dtype == np.float32
    lengths = np.minimum(LENGTHS, 64)
    partners = [batch["target_B"].tolist().index(target) for target in batch["other_target_B"].tolist()]
    assert all(partner != clip for clip, partner in enumerate(partners))
    widths = [
        length if lam > 0.999 else min(length, lengths[partner])
        for length, lam, partner in zip(lengths, batch["lam_B"], partners, strict=True)
    ]
    assert batch["mask_BT"].sum(1).tolist() == widths
    judged = samples.validation(*corpus, RECIPE)
    batch = samples.collate([judged[row] for row in range(4)], RECIPE, is_training=False)
    assert batch["mask_BT"].sum(1).tolist() == lengths.tolist() and "lam_B" not in batch
    assert not batch["x_BTF"][~batch["mask_BT"]].any()


def test_a_point_that_one_clip_lacks_is_the_other_ones():
    x_BTNA = np.stack([points_of(10), points_of(11)[:10]])
    x_BTNA[0, :, BLOCK_STARTS[1] : BLOCK_STARTS[2]] = np.nan  # the left hand of the first
    x_BTNA[1, :, BLOCK_STARTS[1] : BLOCK_STARTS[2]] = 0.25
    x_BTF, length_B = features(x_BTNA, seen_points(x_BTNA), RECIPE.data.choices), np.array([10, 10])
    mix = Mix(np.float32([0.75, 0.6]), np.array([1, 0]), np.zeros(2, np.int64))
    found_BTF, _ = mixed(x_BTF.copy(), length_B, mix, seen_points(x_BTNA))
    hand = slice(2 * BLOCK_STARTS[1], 2 * BLOCK_STARTS[2])
    np.testing.assert_allclose(found_BTF[..., hand], 0.25, rtol=1e-6)
    np.testing.assert_allclose(found_BTF[:, 0, NUM_COORDINATES + BLOCKS.index("left_hand")], [0.25, 0.6])
    drawn_to_zero_BTF, _ = mixed(x_BTF, length_B, mix)
    np.testing.assert_allclose(drawn_to_zero_BTF[0][:, hand], 0.0625, rtol=1e-6)


def test_a_batch_without_a_mixed_frame_stays_as_it_is():
    x_BTNA = np.stack([points_of(10), points_of(11)[:10]])
    x_BTF, length_B = features(x_BTNA, seen_points(x_BTNA), RECIPE.data.choices), np.array([10, 10])
    mix = Mix(np.ones(2, np.float32), np.array([1, 0]), np.zeros(2, np.int64))
    for is_seen_BTN in (seen_points(x_BTNA), None):
        found_BTF, mask_BT = mixed(x_BTF.copy(), length_B, mix, is_seen_BTN)
        np.testing.assert_array_equal(found_BTF, x_BTF)
        assert mask_BT.all()


def test_draws_never_choose_the_clip_itself():
    length_B = np.array([3, 50, 8, 8])
    for share in np.linspace(0, 1, 20, endpoint=False):
        mix = drawn(np.full(4, 0.2), np.full(4, share), np.full(4, share), length_B)
        assert (mix.partner_B != np.arange(4)).all() and np.allclose(mix.lam_B, 0.8)
        assert (mix.start_B <= np.maximum(np.abs(length_B - length_B[mix.partner_B]) - 1, 0)).all()
    assert drawn(np.array([0.7]), np.array([0.9]), np.array([0.9]), np.array([5])).partner_B.tolist() == [0]


def test_a_clip_without_a_head_stays_where_its_points_are_centred():
    x_TNC = random_clip(12)[:, ROWS]
    x_TNC[:, HEAD] = np.nan
    for use in ("training", "evaluation", "file"):
        x_TNA = centred_points(x_TNC, RECIPE.data, use)
        assert abs(np.nanmean(x_TNA)) < 1e-6 and not np.isnan(x_TNA).all()


def test_bits_tell_which_parts_are_seen():
    x_TNA = points_of(9)
    bits = features(x_TNA[None], seen_points(x_TNA[None]), RECIPE.data.choices)[0, :, NUM_COORDINATES:]
    assert bits[:, BLOCKS.index("left_hand")].tolist() == [0] * 3 + [1] * 6
    assert bits[:, BLOCKS.index("face")].all()


def test_a_sign_of_nobody_is_refused(corpus):
    table, root = corpus
    with pytest.raises(UserError, match="'wave' is none of the competition's 250 signs"):
        samples.validation(table.assign(sign="wave"), root, RECIPE)


def test_frames_and_columns_are_inverse():
    clip = random_clip(5)
    np.testing.assert_array_equal(as_columns(as_frames(as_columns(clip))), as_columns(clip))
