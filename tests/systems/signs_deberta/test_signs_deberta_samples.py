"""Samples, views and batches of `signs_deberta`."""

import numpy as np
import pandas as pd
import pytest
from signs_clips import random_clip
from signs_deberta_small import MAX_FRAMES, small_recipe

from podium.data.clips import shard_path
from podium.data.columns import TRAINED
from podium.storage.tables import read_table
from podium.systems.signs.points import NUM_POINTS, ROWS, as_columns
from podium.systems.signs_deberta import augmentation as change
from podium.systems.signs_deberta import samples
from podium.systems.signs_deberta.keypoints import LEFT_HAND, NOSE, RIGHT_HAND
from podium.systems.signs_deberta.preparation import prepared
from podium.systems.signs_deberta.recipe import Augmentation, Data
from podium.systems.signs_deberta.views import augmented

LENGTHS, SIGNS = (9, 30, 100, 14), ["yes", "yes", "zipper", "no"]
RECIPE = small_recipe()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A table and the folder of its one shard."""
    root = tmp_path_factory.mktemp("corpus")
    path = shard_path(root, "train", 5)
    path.parent.mkdir(parents=True)
    np.save(path, np.concatenate([as_columns(random_clip(length)) for length in LENGTHS]))
    table = pd.DataFrame({
        "split": "train", "file_id": 5, "sequence_id": range(len(LENGTHS)), "participant_id": 5, "hand_share": 1.0,
        "offset": np.cumsum([0, *LENGTHS[:-1]]), "num_frames": LENGTHS, "sign": SIGNS,
    })  # fmt: skip
    return table, root


def clip_of(length: int) -> np.ndarray:
    return prepared(as_columns(random_clip(length)).reshape(length, 3, NUM_POINTS), MAX_FRAMES)


def test_validation_clips_are_those_of_the_file(corpus):
    clips = samples.validation(*corpus, RECIPE)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(clips.raw(row)[:, ROWS], random_clip(length)[:, ROWS])
        np.testing.assert_array_equal(clips[row].views, [clip_of(length)])
    assert [clips[row].target for row in range(4)] == [244, 244, 249, 153]


def test_the_index_is_read_as_training_reads_it(corpus, tmp_path):
    table, root = corpus
    table.to_parquet(tmp_path / "index.parquet")
    found = read_table(tmp_path / "index.parquet", [*TRAINED, *samples.TABLE_COLUMNS])
    assert samples.training(found, root, RECIPE, seed=0).num_frames((0, 1)) == 10


def test_training_clips_depend_on_seed_epoch_and_item_alone(corpus):
    one, other = (samples.training(*corpus, RECIPE, seed=3) for _ in range(2))
    keys = [(epoch, item) for epoch in range(4) for item in range(4)]
    expected = [one[key] for key in keys]
    for key, sample in zip(reversed(keys), reversed(expected), strict=True):
        for view, wanted in zip(other[key].views, sample.views, strict=True):
            np.testing.assert_array_equal(view, wanted)
    assert any(
        len(sample.views[0]) != len(sample.views[1]) or not np.array_equal(*sample.views[:2]) for sample in expected
    )
    assert [one.num_frames((0, item)) for item in range(4)] == [9, 10, 11, 7]


def test_a_view_without_chance_is_the_clip():
    calm = {name: 0.0 for name in Augmentation.model_fields if name.startswith("p_")}
    data, x_TCN = Data(max_frames=MAX_FRAMES, augmentation=Augmentation(**calm)), clip_of(30)
    np.testing.assert_array_equal(augmented(x_TCN, lambda: x_TCN, data, True, np.random.default_rng(0)), x_TCN)


@pytest.mark.parametrize("strong", [True, False])
def test_a_view_of_all_chances_is_another_clip(strong):
    certain = {name: 1.0 for name in Augmentation.model_fields if name.startswith("p_")}
    data, x_TCN = Data(max_frames=80, augmentation=Augmentation(**certain)), np.tile(clip_of(30), (3, 1, 1))
    before = x_TCN.copy()
    views = [augmented(x_TCN, lambda: clip_of(14), data, strong, np.random.default_rng(seed)) for seed in range(8)]
    np.testing.assert_array_equal(x_TCN, before)
    assert all(24 <= len(view) < 30 and np.isfinite(view).all() and view.dtype == np.float32 for view in views)
    assert len({len(view) for view in views}) > 1


def test_a_missing_hand_is_mirrored_at_the_nose():
    x_TCN = clip_of(9)
    x_TCN[:4, :, LEFT_HAND] = 0
    x_TCN[6:, :, RIGHT_HAND] = 0
    x_TCN[8, :, LEFT_HAND] = 0
    found = change.with_both_hands(x_TCN, "corrected")
    nose_T1 = x_TCN[:, 0, NOSE : NOSE + 1]
    np.testing.assert_allclose(found[:4, 0, LEFT_HAND], (2 * nose_T1 - x_TCN[:, 0, RIGHT_HAND])[:4])
    np.testing.assert_allclose(found[6:8, 0, RIGHT_HAND], (2 * nose_T1 - x_TCN[:, 0, LEFT_HAND])[6:8])
    np.testing.assert_array_equal(found[6:8, 1:, RIGHT_HAND], x_TCN[6:8, 1:, LEFT_HAND])
    np.testing.assert_array_equal(found[4:6], x_TCN[4:6])
    assert not found[8, :, LEFT_HAND].any() and not found[8, :, RIGHT_HAND].any()  # nobody to copy from


@pytest.mark.parametrize("choice, num_frames", [("corrected", 11), ("published", MAX_FRAMES)])
def test_a_batch_says_what_is_real(corpus, choice, num_frames):
    recipe = small_recipe(choice)
    clips = samples.training(*corpus, recipe, seed=1)
    batch = samples.collate([clips[0, item] for item in range(4)], recipe, is_training=True)
    assert batch["x_BYTCN"].shape == (4, 3, num_frames, 3, 100) and batch["target_B"].tolist() == [244, 244, 249, 153]
    assert batch["mask_BYT"].sum(2).tolist() == [[9] * 3, [10] * 3, [11] * 3, [7] * 3]  # too short to be cropped
    assert not batch["x_BYTCN"][~batch["mask_BYT"]].any()
    judged = samples.validation(*corpus, recipe)
    batch = samples.collate([judged[row] for row in range(4)], recipe, is_training=False)
    assert batch["x_BTCN"].shape == (4, num_frames, 3, 100) and batch["row_B"].tolist() == [0, 1, 2, 3]
