"""The training loop of both rounds."""

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
from tqdm.contrib.logging import logging_redirect_tqdm

from podium.config import Data, Recipe, Training
from podium.data.dataset import TrainingClips, ValidationClips, collate
from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.models import create
from podium.training.device import choose_device, compile_blocks, make_autocast, memory_advice, prepare
from podium.training.events import EventWriter
from podium.training.optimizer import learning_rate, make_optimizer
from podium.training.prefetch import DeviceBatches
from podium.training.resume import StateFile, TrainState, outlive_signals
from podium.training.validation import predict, scores

CHECK_EVERY_STEPS = 20  # how often losses are looked at; each look waits for the GPU to finish its queue

log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """What a run leaves: the network on the CPU, one row per epoch, and the last reading of the validation rows."""

    model: torch.nn.Module
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
    state_file: StateFile | None = None,
) -> Outcome:
    """Trains a recipe's network; the last epoch's weights are the result.

    A run goes on where an interrupted one stopped; on a CPU both ways end in the same bits.

    Args:
        root: The dataset's folder, with shards/.
        training_rows: As `podium.data.dataset.TrainingClips` takes them.
        validation_rows: Likewise; never trained on unless the caller put them into ``training_rows``.
        tensorboard: Folder for event files.
        state_file: Where the run's state is kept.

    Raises:
        UserError: The recipe's device is absent, the loss is not finite, or memory ran out.
        Interrupted: SIGTERM or Ctrl-C; the state is in ``state_file``.
    """
    config = recipe.training
    device = choose_device(config.device)
    prepare(config, device, seed)
    loader, sampler = training_batches(training_rows, root, recipe.data, config, seed, device)
    num_steps = config.epochs * len(loader)
    if num_steps < config.accumulation:
        raise UserError(
            f"{num_steps} batches in all are fewer than training.accumulation {config.accumulation}: no step would be"
            " taken; lower it or train for more epochs"
        )
    validation_clips = ValidationClips(validation_rows, root, recipe.data.max_frames)
    model = create(recipe.model).to(device)
    if config.compile:
        compile_blocks(model)
    state = TrainState(
        model,
        make_optimizer(model, recipe.optimizer),
        torch.amp.GradScaler(device.type, enabled=config.precision == "fp16"),
        torch.Generator().manual_seed(seed),
    )
    num_clips = len(loader.dataset)
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    log.info("num_clips=%d num_parameters=%d device=%s seed=%d", num_clips, num_parameters, device, seed)

    state_file = state_file or StateFile(None, "", every_minutes=0)
    state_file.load(state)
    metrics, texts = {}, []
    started, first_epoch = time.monotonic(), state.epoch
    with (
        memory_advice(config),
        logging_redirect_tqdm(),
        EventWriter(tensorboard, first_epoch + 1) as events,
        tqdm(total=num_steps, initial=state.step, unit="batch", disable=not sys.stderr.isatty()) as progress,
        state_file.listening(),
    ):
        for epoch in range(first_epoch, config.epochs):
            epoch_started, num_before = time.monotonic(), state.position
            sampler.set_epoch(epoch, num_before)
            row = {"epoch": epoch + 1, **train_epoch(state, loader, recipe, device, progress, state_file)}
            done = 1 - num_before / len(loader)
            clips_per_second = done * num_clips / (time.monotonic() - epoch_started)
            is_last = epoch + 1 == config.epochs
            if is_last or (epoch + 1) % config.validate_every_epochs == 0:
                autocast = make_autocast(config, device)
                with state_file.unchanging(state):
                    texts, confidences = predict(model, validation_clips, config.batch_size, device, autocast)
                metrics = scores(validation_rows, texts, confidences)
                row |= metrics
            state.history.append(row)
            per_epoch = (time.monotonic() - started) / (epoch + 1 - first_epoch)
            log.info("%s", epoch_line(row, config.epochs, clips_per_second, per_epoch * (config.epochs - epoch - 1)))
            events.write({**row, "clips_per_second": clips_per_second}, epoch + 1)
            if not is_last:  # what is kept of the last epoch is enough to end it again
                state.begin_next_epoch()
    return Outcome(model.cpu().eval(), pd.DataFrame(state.history), metrics, texts)


def training_batches(
    rows: pd.DataFrame, root: Path, data: Data, training: Training, seed: int, device: torch.device
) -> tuple[DataLoader, BucketSampler]:
    """The loader of training batches, and its sampler, which is told each epoch's number."""
    clips = TrainingClips(rows, root, data, seed)
    sampler = BucketSampler(len(clips), clips.num_frames, training.batch_size, training.bucket_batches, seed)
    loader = DataLoader(
        clips,
        batch_sampler=sampler,
        collate_fn=partial(collate, pad_to=data.max_frames if data.pad_to == "max_frames" else None),
        num_workers=data.num_workers,
        persistent_workers=data.num_workers > 0,
        worker_init_fn=outlive_signals,
        pin_memory=device.type == "cuda",
        # Loader processes are seeded from this generator; without one they would take dropout's next number.
        generator=torch.Generator(),
    )
    return loader, sampler


def train_epoch(
    state: TrainState,
    batches: DataLoader,
    recipe: Recipe,
    device: torch.device,
    progress: tqdm,
    state_file: StateFile,
) -> dict[str, float]:
    """One pass over the training batches, or the rest of one.

    The optimiser moves after every ``accumulation`` micro-batches, counted over the whole run: what is left over at an
    epoch's end counts for the next epoch (1st-place solution).

    Returns:
        The last learning rate, and the mean of each of the network's losses.

    Raises:
        UserError: The loss is not finite.
    """
    config = recipe.training
    autocast = make_autocast(config, device)
    state.model.train()
    for batch in DeviceBatches(batches, device):
        rate = learning_rate(recipe.optimizer, state.step, len(batches), config.epochs)
        with autocast():
            losses = state.model(batch, state.generator)
        state.scaler.scale(losses["loss"] / config.accumulation).backward()
        state.step += 1
        state.position += 1
        if state.step % config.accumulation == 0:
            _update(state, rate, recipe.optimizer.max_grad_norm)
        state.unseen.append({name: loss.detach() for name, loss in losses.items()})
        progress.update()
        if len(state.unseen) == CHECK_EVERY_STEPS or state.position == len(batches):
            for name, values in _look_at(state.unseen, state.step, recipe).items():
                state.sums[name] = state.sums.get(name, 0.0) + float(values.sum())
            progress.set_postfix(loss=f"{state.sums['loss'] / state.position:.3f}")
            state.unseen.clear()
        state_file.after_batch(state)
    rate = learning_rate(recipe.optimizer, state.step - 1, len(batches), config.epochs)
    return {"learning_rate": rate, **{name: total / len(batches) for name, total in state.sums.items()}}


def _update(state: TrainState, rate: float, max_grad_norm: float) -> None:
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.scaler.unscale_(state.optimizer)
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), max_grad_norm)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.optimizer.zero_grad(set_to_none=True)


def _look_at(losses: list[dict[str, torch.Tensor]], step: int, recipe: Recipe) -> dict[str, np.ndarray]:
    """Losses of the micro-batches up to number ``step``: name → (len(losses),) float64."""
    values = {name: torch.stack([one[name] for one in losses]).double().cpu().numpy() for name in losses[0]}
    is_bad = ~np.isfinite(values["loss"])
    if is_bad.any():
        first = int(is_bad.argmax())
        raise UserError(
            f"the loss became {values['loss'][first]} at micro-batch {step - len(losses) + 1 + first};"
            f" lower optimizer.learning_rate (now {recipe.optimizer.learning_rate})"
            + (", or set training.precision to bf16 or fp32" if recipe.training.precision == "fp16" else "")
        )
    return values


def epoch_line(row: dict[str, float], epochs: int, clips_per_second: float, remaining_seconds: float) -> str:
    """One epoch as one line of the log."""
    numbers = " ".join(f"{name}={value:.4g}" for name, value in row.items() if name != "epoch")
    minutes, seconds = divmod(round(remaining_seconds), 60)
    speed = f"clips_per_second={clips_per_second:.0f} eta={minutes}m{seconds:02d}s"
    return f"epoch={row['epoch']}/{epochs} {numbers} {speed}"
