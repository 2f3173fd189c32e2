"""Batches of similar length, each item once, always the same."""

import numpy as np
import pytest

from podium.data.sampler import BucketSampler, sorted_batches

LENGTHS = np.random.default_rng(0).integers(15, 400, 1003)


def make(batch_size: int, bucket_batches: int, seed: int) -> BucketSampler:
    return BucketSampler(len(LENGTHS), lambda key: LENGTHS[key[1]], batch_size, bucket_batches, seed)


def batches_of(sampler, epoch):
    sampler.set_epoch(epoch)
    return list(sampler)


@pytest.mark.parametrize("bucket_batches", [0, 1, 16])
def test_every_item_once(bucket_batches):
    sampler = make(32, bucket_batches, seed=1)
    batches = batches_of(sampler, 5)
    assert len(batches) == len(sampler) == 32
    assert sorted(key for batch in batches for key in batch) == [(5, item) for item in range(1003)]
    assert sorted(len(batch) for batch in batches) == [11] + [32] * 31


def test_order_follows_seed_and_epoch_alone():
    sampler = make(32, 16, seed=1)
    first = batches_of(sampler, 3)
    batches_of(sampler, 4)
    assert batches_of(sampler, 3) == first == batches_of(make(32, 16, seed=1), 3)
    items = [[item for _, item in batch] for batch in first]
    for seed, epoch in ((1, 4), (2, 3)):
        other = batches_of(make(32, 16, seed), epoch)
        assert [[item for _, item in batch] for batch in other] != items


@pytest.mark.parametrize("bucket_batches", [0, 1, 5, 16])
def test_an_epoch_goes_on_in_its_middle(bucket_batches):
    sampler = make(32, bucket_batches, seed=1)
    whole = batches_of(sampler, 2)
    for start in (0, 1, 15, 16, 17, 31, 32):
        sampler.set_epoch(2, start)
        assert list(sampler) == whole[start:]


def test_lengths_are_those_of_the_epoch():
    """Augmentation gives an item another length in every epoch."""
    sampler = BucketSampler(64, lambda key: (key[1] * 37 + key[0] * 11) % 64, 8, 8, seed=1)
    for epoch in (0, 3):
        for batch in batches_of(sampler, epoch):
            lengths = [(item * 37 + epoch * 11) % 64 for _, item in batch]
            assert max(lengths) - min(lengths) == 7, "each batch has its eighth of the lengths"


def test_buckets_save_padding():
    def padded(bucket_batches):
        batches = batches_of(make(32, bucket_batches, seed=1), 0)
        return sum(len(batch) * max(LENGTHS[item] for _, item in batch) for batch in batches) / LENGTHS.sum()

    assert padded(16) < 1.15 < 1.6 < padded(0)


def test_batches_are_not_ordered_by_length():
    batches = batches_of(make(32, 16, seed=1), 0)
    means = np.array([np.mean([LENGTHS[item] for _, item in batch]) for batch in batches])
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.5


def test_sorted_batches():
    batches = sorted_batches(np.array([5, 9, 7, 9, 1]), 2)
    assert batches == [[1, 3], [2, 0], [4]]
