"""The training loop of both rounds.

Letters in tensor names: see `podium.models.base`.
"""

import logging
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from podium.config import Recipe
from podium.data.dataset import TrainingClips, ValidationClips, collate
from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.models import create
from podium.models.base import SignReader
from podium.training.device import choose_device, make_autocast, prepare
from podium.training.events import EventWriter
from podium.training.optimizer import learning_rate, make_optimizer
from podium.training.validation import predict, scores

log = logging.getLogger(__name__)


@dataclass
class TrainState:
    """All that a run changes while it goes on."""

    model: SignReader
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    generator: torch.Generator  # of hidden decoder inputs
    step: int = 0  # micro-batches done


@dataclass
class Outcome:
    """What a run leaves: the network on the CPU, one row per epoch, and the last reading of the validation rows."""

    model: SignReader
    history: pd.DataFrame
    metrics: dict[str, float]
    texts: list[str]


def train(
    recipe: Recipe,
    root: Path,
    training_rows: pd.DataFrame,
    validation_rows: pd.DataFrame,
    seed: int,
    tensorboard: Path | None = None,
) -> Outcome:
    """Trains a recipe's network from scratch; the last epoch's weights are the result.

    Args:
        root: The dataset's folder, with shards/.
        training_rows: As `podium.data.dataset.TrainingClips` takes them.
        validation_rows: Likewise; never trained on unless the caller put them into ``training_rows``.
        tensorboard: Folder for event files.

    Raises:
        UserError: The recipe's device is absent, the loss is not finite, or memory ran out.
    """
    config = recipe.training
    device = choose_device(config.device)
    prepare(config, seed)
    clips = TrainingClips(training_rows, root, recipe.data, seed)
    sampler = BucketSampler(clips.lengths, config.batch_size, config.bucket_batches, seed)
    pad_to = recipe.data.max_frames if recipe.data.pad_to == "max_frames" else None
    loader = DataLoader(
        clips,
        batch_sampler=sampler,
        collate_fn=partial(collate, pad_to=pad_to),
        num_workers=recipe.data.num_workers,
        persistent_workers=recipe.data.num_workers > 0,
        pin_memory=device.type == "cuda",
    )
    validation_clips = ValidationClips(validation_rows, root, recipe.data.max_frames)
    model = create(recipe.model).to(device)
    state = TrainState(
        model,
        make_optimizer(model, recipe.optimizer),
        torch.amp.GradScaler(device.type, enabled=config.precision == "fp16"),
        torch.Generator().manual_seed(seed),
    )
    writer = EventWriter(tensorboard) if tensorboard else None
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    log.info("num_clips=%d num_parameters=%d device=%s seed=%d", len(clips), num_parameters, device, seed)

    history, metrics, texts = [], {}, []
    started = time.monotonic()
    for epoch in range(config.epochs):
        sampler.set_epoch(epoch)
        row = {"epoch": epoch + 1, **_train_epoch(state, loader, recipe, device)}
        is_last = epoch + 1 == config.epochs
        if is_last or (epoch + 1) % config.validate_every_epochs == 0:
            texts, confidences = predict(
                model, validation_clips, config.batch_size, device, make_autocast(config, device)
            )
            metrics = scores(validation_rows, texts, confidences)
            row |= metrics
        history.append(row)
        _tell(row, config.epochs, time.monotonic() - started, writer)
    if writer:
        writer.close()
    return Outcome(model.cpu().eval(), pd.DataFrame(history), metrics, texts)


def _train_epoch(state: TrainState, loader: DataLoader, recipe: Recipe, device: torch.device) -> dict[str, float]:
    """One pass over the training clips; returns the mean of each loss, and the last learning rate."""
    config = recipe.training
    autocast = make_autocast(config, device)
    state.model.train()
    sums: dict[str, torch.Tensor] = {}
    rate = 0.0
    for batch in tqdm(loader, desc="epoch", leave=False, disable=not sys.stderr.isatty()):
        rate = learning_rate(recipe.optimizer, state.step, len(loader), config.epochs)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        batch = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
        try:
            with autocast():
                losses = state.model(batch, state.generator)
            state.scaler.scale(losses["loss"] / config.accumulation).backward()
        except torch.cuda.OutOfMemoryError:
            raise UserError(
                f"the GPU's memory is too small for batches of {config.batch_size} clips; halve training.batch_size "
                f"and double training.accumulation (now {config.accumulation}) to train on the same effective batch"
            ) from None
        state.step += 1
        if state.step % config.accumulation == 0:
            _update(state, recipe.optimizer.max_grad_norm)
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0) + loss.detach()
    means = {name: float(total) / len(loader) for name, total in sums.items()}
    if not np.isfinite(means["loss"]):
        raise UserError(
            f"the loss is no longer finite before step {state.step}; lower optimizer.learning_rate "
            f"(now {recipe.optimizer.learning_rate}) or use training.precision bf16 or fp32"
        )
    return {"learning_rate": rate, **means}


def _update(state: TrainState, max_grad_norm: float) -> None:
    state.scaler.unscale_(state.optimizer)
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), max_grad_norm)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.optimizer.zero_grad(set_to_none=True)


def _tell(row: dict[str, float], epochs: int, seconds: float, writer: EventWriter | None) -> None:
    epoch = int(row["epoch"])
    eta = round(seconds / epoch * (epochs - epoch))
    numbers = " ".join(f"{name}={value:.4g}" for name, value in row.items() if name != "epoch")
    log.info("epoch=%d/%d %s eta=%dm%02ds", epoch, epochs, numbers, eta // 60, eta % 60)
    if writer:
        writer.write({**row, "seconds_per_epoch": seconds / epoch}, epoch)
