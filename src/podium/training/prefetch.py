"""Batches on the device ahead of the step that needs them, and how long the loop waited for them."""

import time
from collections.abc import Iterable, Iterator

import torch

from podium.training.learner import Batch


class DeviceBatches:
    """A loader's batches on the run's device.

    Kernels are launched long before they run: while the GPU is busy with a step, the next batch is fetched and copied
    on a stream of its own (from pinned memory), so that the step after it finds it there. On a CPU the batches pass
    through.

    Attributes:
        waited_s: Seconds that the last pass has spent in waiting for the loader. On a GPU with work in its queue such a
            wait costs nothing as long as it is shorter than that work, so that the share is an upper bound there.
    """

    def __init__(self, batches: Iterable[Batch], device: torch.device) -> None:
        self._batches = batches
        self._device = device
        self.waited_s = 0.0

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        self.waited_s = 0.0
        batches = iter(self._batches)
        stream = torch.cuda.Stream(self._device) if self._device.type == "cuda" else None
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.waited_s += time.perf_counter() - started
            if batch is None:
                return
            yield batch if stream is None else self._copied(batch, stream)

    def _copied(self, batch: Batch, stream: torch.cuda.Stream) -> Batch:
        with torch.cuda.stream(stream):
            batch = {name: tensor.to(self._device, non_blocking=True) for name, tensor in batch.items()}
        current = torch.cuda.current_stream(self._device)
        current.wait_stream(stream)
        for tensor in batch.values():
            tensor.record_stream(current)  # its memory belongs to the other stream and must not be reused too early
        return batch
