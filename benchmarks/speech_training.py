"""How many clips a core augments in a second, and a training step beside a plain loop.

    python benchmarks/speech_training.py

The plain loop is what a first version looks like: clips one by one through torch operations, then a network of
`torch.nn` modules that cuts frames with `unfold`. Both run on one thread, in turn, in one process; processor time
counts, since others may use the machine.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from podium.systems.speech import learning
from podium.systems.speech.augment import augmented
from podium.systems.speech.noise import Noise
from podium.systems.speech.recipe import Augment, Recipe
from podium.systems.speech.samples import Sample, collate
from podium.systems.speech.shapes import BLOCKS, same_padding

WIDTHS, BATCH = [128, 128, 192, 256, 320, 384, 512], 64
PUBLISHED = {"p_gain": 0.5, "p_shift": 0.5, "p_noise": 0.5, "clip": True}
ALL = {
    **dict.fromkeys(("p_speed", "p_equalise", "p_gain", "p_shift", "p_noise", "p_mask"), 1),
    "noise_db": [0, 20],
    "clip": True,
}


class Plain(nn.Module):
    """Experiment 195 in modules of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(40, WIDTHS[0], 3, 2, bias=False)
        self.stem_norm = nn.BatchNorm1d(WIDTHS[0], 1e-3, 0.01)
        before, self.blocks = WIDTHS[0], nn.ModuleList()
        for block in BLOCKS:
            width = WIDTHS[block.width]
            depthwise = nn.Conv1d(before, before, 3, block.stride, groups=before, bias=False)
            pointwise = nn.Conv1d(before, width, 1, bias=False)
            self.blocks.append(nn.ModuleList([depthwise, pointwise, nn.BatchNorm1d(width, 1e-3, 0.01)]))
            before = width
        self.attention, self.output = nn.Linear(9 * before, 9), nn.Linear(2 * before, 12, bias=False)

    def forward(self, x):
        frames = F.pad(x, (10, 10)).unfold(1, 40, 20).transpose(1, 2)
        y = F.relu6(self.stem_norm(self.stem(frames)))
        for block, (depthwise, pointwise, norm) in zip(BLOCKS, self.blocks, strict=True):
            if block.is_same:
                y = F.pad(y, same_padding(y.shape[2], block.stride))
            y = F.relu6(norm(pointwise(depthwise(y))))
        shares = self.attention(F.dropout(y.transpose(1, 2).flatten(1), 0.4)).softmax(1)
        pooled = torch.cat([(y * shares[:, None]).amax(2), y.mean(2)], 1)
        return self.output(F.dropout(pooled, 0.4))


def plain_augment(x, noise):
    if torch.rand(()) < 0.5:
        x = x * (1 + (torch.rand(()) * 0.4 - 0.2))
    if torch.rand(()) < 0.5:
        x = torch.roll(x, -int(torch.randint(0, 2001, ())))
    if torch.rand(()) < 0.5:
        begin = int(torch.randint(0, len(noise) - 16000, ()))
        x = x + noise[begin : begin + 16000] * torch.rand(()) * 0.2
    return x.clamp(-1, 1)


def cpu_seconds(work, repeats: int) -> float:
    """The least processor time of one call."""
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def main() -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    clips = (0.1 * rng.normal(size=(BATCH, 16000))).astype(np.float32)
    recording = (0.1 * rng.normal(size=960_000)).astype(np.float32)
    noise = Noise([len(recording)], lambda number: recording, with_colours=False)

    def load(settings: Augment) -> dict[str, np.ndarray]:
        target = np.eye(1, 12, dtype=np.float32)[0]
        own = [np.random.default_rng([0, 0, number]) for number in range(BATCH)]
        heard = [augmented(clip, one, settings, noise) for clip, one in zip(clips, own, strict=True)]
        return collate([Sample(x_W, target, 0) for x_W in heard], None, is_training=True)

    for name, settings in (("published", Augment(**PUBLISHED)), ("all", Augment(**ALL))):
        print(f"loader, {name} augmentations: {BATCH / cpu_seconds(lambda s=settings: load(s), 8):.0f} clips/s/core")
    recipe = Recipe.model_validate(
        {
            "model": {"name": "attention_max", "num_classes": 12, "widths": WIDTHS},
            "optimizer": {"name": "rmsprop", "learning_rate": 1e-3},
            "schedule": {"name": "plateau"},
            "training": {"epochs": 1},
        }
    )
    learner, plain = learning.make(recipe).train(), Plain().train()
    own_steps = torch.optim.RMSprop(learner.parameters(), 1e-3, 0.9)
    plain_steps = torch.optim.RMSprop(plain.parameters(), 1e-3, 0.9)
    noise_tensor, labels = torch.from_numpy(recording), torch.zeros(BATCH, dtype=torch.int64)

    def own_step() -> None:
        batch = {key: torch.from_numpy(value) for key, value in load(Augment(**PUBLISHED)).items()}
        own_steps.zero_grad(set_to_none=True)
        learner(batch, None, None)["loss"].backward()
        own_steps.step()

    def plain_step() -> None:
        batch = torch.stack([plain_augment(torch.from_numpy(clip), noise_tensor) for clip in clips])
        plain_steps.zero_grad(set_to_none=True)
        F.cross_entropy(plain(batch), labels, label_smoothing=0.1).backward()
        plain_steps.step()

    own, other = [], []
    for _ in range(4):
        own.append(cpu_seconds(own_step, 1))
        other.append(cpu_seconds(plain_step, 1))
    ratio = min(other) / min(own)
    print(f"step of {BATCH}: {min(own) * 1e3:.0f} ms; plain loop {min(other) * 1e3:.0f} ms; {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
