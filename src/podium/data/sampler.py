"""Which samples stand together in a batch: of similar length, so that little is padded."""

import math
from collections.abc import Iterator

import numpy as np


class BucketSampler:
    """Batches of ``(epoch, item)`` keys; every item once per epoch, the same batches for the same seed and epoch.

    The items are shuffled, cut into chunks of ``bucket_batches`` batches, sorted by length within a chunk and cut into
    batches, which are shuffled again. The last batch may be smaller.

    Args:
        lengths: (num_items,) frames of each item.
        bucket_batches: 0 shuffles without sorting.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, bucket_batches: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._bucket_batches = bucket_batches
        self._seed = seed
        self._epoch, self._start = 0, 0

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Chooses the epoch that the next iteration yields, without its first ``start`` batches."""
        self._epoch, self._start = epoch, start

    def __len__(self) -> int:
        return math.ceil(len(self._lengths) / self._batch_size)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        # One number more than a sample's generator has, so that no sample shares the sampler's draws.
        rng = np.random.default_rng([self._seed, self._epoch, 0, 1])
        order = rng.permutation(len(self._lengths))
        if self._bucket_batches:
            chunk = self._batch_size * self._bucket_batches
            pieces = [order[begin : begin + chunk] for begin in range(0, len(order), chunk)]
            order = np.concatenate([piece[np.argsort(self._lengths[piece], kind="stable")] for piece in pieces])
        starts = np.arange(0, len(order), self._batch_size)
        starts = rng.permutation(starts) if self._bucket_batches else starts
        for start in starts[self._start :]:
            yield [(self._epoch, int(item)) for item in order[start : start + self._batch_size]]


def sorted_batches(lengths: np.ndarray, batch_size: int) -> list[list[int]]:
    """All positions once, longest first, in batches: for validation, where the first batch shows the memory needed."""
    order = np.argsort(-lengths, kind="stable")
    return [order[start : start + batch_size].tolist() for start in range(0, len(order), batch_size)]
