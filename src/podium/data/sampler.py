"""Which samples stand together in a batch: of similar length, so that little is padded."""

import math
from collections.abc import Callable, Iterator

import numpy as np

Key = tuple[int, int]


class BucketSampler:
    """Batches of ``(epoch, item)`` keys; every item once per epoch, the same batches for the same seed and epoch.

    The items are shuffled and cut into chunks of ``bucket_batches`` batches; each chunk is sorted by length and cut
    into batches, which are shuffled. One batch of the last chunk may be smaller.

    Args:
        length_of: Frames of a key's sample. It is asked chunk by chunk, while the batches are drawn.
        bucket_batches: 0 shuffles without sorting and without asking.
    """

    def __init__(
        self, num_items: int, length_of: Callable[[Key], int], batch_size: int, bucket_batches: int, seed: int
    ) -> None:
        self._num_items = num_items
        self._length_of = length_of
        self._batch_size = batch_size
        self._bucket_batches = bucket_batches
        self._seed = seed
        self._epoch, self._start = 0, 0

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Chooses the epoch that the next iteration yields, without its first ``start`` batches."""
        self._epoch, self._start = epoch, start

    def __len__(self) -> int:
        return math.ceil(self._num_items / self._batch_size)

    def __iter__(self) -> Iterator[list[Key]]:
        # One number more than a sample's generator has, so that no sample shares the sampler's draws.
        rng = np.random.default_rng([self._seed, self._epoch, 0, 1])
        keys = [(self._epoch, item) for item in rng.permutation(self._num_items).tolist()]
        per_chunk = max(self._bucket_batches, 1)
        for first in range(0, len(self), per_chunk):
            order = rng.permutation(min(per_chunk, len(self) - first))
            skipped = max(self._start - first, 0)
            if skipped >= len(order):
                continue
            chunk = keys[first * self._batch_size : (first + per_chunk) * self._batch_size]
            if self._bucket_batches:
                chunk.sort(key=self._length_of)
            for place in order[skipped:].tolist():
                yield chunk[place * self._batch_size : (place + 1) * self._batch_size]


def sorted_batches(lengths: np.ndarray, batch_size: int) -> list[list[int]]:
    """All positions once, longest first, in batches: for validation, where the first batch shows the memory needed."""
    order = np.argsort(-lengths, kind="stable")
    return [order[start : start + batch_size].tolist() for start in range(0, len(order), batch_size)]
