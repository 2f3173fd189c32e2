"""The training loop of both rounds."""

import logging
import sys
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import pandas as pd
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from podium.config import Data, Recipe, Training
from podium.data.sampler import BucketSampler
from podium.errors import UserError
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.samples import TrainingClips, ValidationClips, collate
from podium.training import bad_batch
from podium.training.averages import NUM_STATISTICS_BATCHES, make_average, recompute_statistics
from podium.training.device import (
    check_shared_memory,
    choose_device,
    compile_blocks,
    make_autocast,
    memory_advice,
    prepare,
)
from podium.training.events import EventWriter
from podium.training.meter import epoch_line, peak_memory_mb
from podium.training.optimizers import make_optimizer
from podium.training.prefetch import DeviceBatches
from podium.training.ranks import SEED_STRIDE, Shares, average_gradients, num_ranks, rank
from podium.training.readings import Diverged
from podium.training.resume import StateFile, TrainState, outlive_signals
from podium.training.schedules import learning_rate
from podium.training.validation import predict, scores

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
        training_rows: As `podium.systems.fingerspelling.samples.TrainingClips` takes them.
        validation_rows: Likewise; never trained on unless the caller put them into ``training_rows``.
        tensorboard: Folder for event files.
        state_file: Where the run's state is kept.

    Raises:
        UserError: The recipe's device is absent, losses or gradients went astray, memory ran out, or loader processes
            have too little to share.
        Interrupted: SIGTERM or Ctrl-C; the state is in ``state_file``.
    """
    config = recipe.training
    device = choose_device(config.device)
    check_shared_memory(recipe)
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
    if rank():  # all ranks begin with the same weights and go on with draws of their own
        torch.manual_seed(seed + SEED_STRIDE * rank())
    state = TrainState(
        model,
        make_optimizer(model, recipe.optimizer),
        torch.amp.GradScaler(device.type, enabled=config.precision == "fp16"),
        torch.Generator().manual_seed(seed + SEED_STRIDE * rank()),
        average=make_average(model, config.ema_decay) if config.ema_decay else None,
    )
    if config.epochs <= recipe.optimizer.warmup_epochs and recipe.optimizer.schedule == "cosine":
        log.warning("optimizer.warmup_epochs %g leave nothing of %d epochs: the learning rate stays below its peak",
                    recipe.optimizer.warmup_epochs, config.epochs)  # fmt: skip
    num_clips = len(loader.dataset)
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    summary = "num_clips=%d num_parameters=%d device=%s num_processes=%d seed=%d"
    log.info(summary, num_clips, num_parameters, device, num_ranks(), seed)

    state_file = state_file or StateFile(None, {}, every_minutes=0)
    state_file.load(state)
    metrics, texts = {}, []
    batches, autocast = DeviceBatches(loader, device), make_autocast(config, device)
    is_quiet = rank() > 0 or not sys.stderr.isatty()
    started, first_step, first_epoch = time.monotonic(), state.step, state.epoch
    with (
        memory_advice(config),
        logging_redirect_tqdm(),
        EventWriter(tensorboard if rank() == 0 else None, first_epoch + 1) as events,
        tqdm(total=num_steps, initial=state.step, unit="batch", disable=is_quiet) as progress,
        state_file.listening(),
    ):
        for epoch in range(first_epoch, config.epochs):
            epoch_started, num_before = time.monotonic(), state.position
            sampler.set_epoch(epoch, num_before)
            try:
                means = train_epoch(state, batches, recipe, device, progress, state_file)
            except Diverged as error:
                folder = state_file.folder if rank() == 0 else None
                raise bad_batch.report(error, recipe, loader, sampler, training_rows, folder) from None
            row = {"epoch": epoch + 1, **means}
            seconds = time.monotonic() - epoch_started
            speed = {
                "clips_per_second": (1 - num_before / len(loader)) * num_clips / seconds,
                "data_wait": batches.waited_s / seconds,
                "peak_memory_mb": peak_memory_mb(device),
            }
            is_last = epoch + 1 == config.epochs
            if is_last or (epoch + 1) % config.validate_every_epochs == 0:
                with state_file.unchanging(state):
                    if config.batch_norm_statistics == "recomputed":
                        sampler.set_epoch(epoch)
                        recompute_statistics(state.reader, islice(loader, NUM_STATISTICS_BATCHES), device, autocast)
                    texts, confidences = predict(state.reader, validation_clips, config.batch_size, device, autocast)
                metrics = scores(validation_rows, texts, confidences)
                row |= metrics
            state.history.append(row)
            per_step = (time.monotonic() - started) / max(1, state.step - first_step)
            log.info("%s", epoch_line(row, speed, config.epochs, per_step * (num_steps - state.step)))
            events.write(row | speed, epoch + 1)
            if not is_last:  # what is kept of the last epoch is enough to end it again
                state.begin_next_epoch()
    return Outcome(state.reader.cpu().eval(), pd.DataFrame(state.history), metrics, texts)


def training_batches(
    rows: pd.DataFrame, root: Path, data: Data, training: Training, seed: int, device: torch.device
) -> tuple[DataLoader, BucketSampler]:
    """The loader of this rank's shares of the training batches, and the sampler of the whole ones, which is told each
    epoch's number."""
    clips = TrainingClips(rows, root, data, seed)
    sampler = BucketSampler(len(clips), clips.num_frames, training.batch_size, training.bucket_batches, seed)
    loader = DataLoader(
        clips,
        batch_sampler=Shares(sampler),
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
    batches: DeviceBatches,
    recipe: Recipe,
    device: torch.device,
    progress: tqdm,
    state_file: StateFile,
) -> dict[str, float]:
    """One pass over the training batches, or the rest of one.

    The optimiser moves after every ``accumulation`` micro-batches, counted over the whole run: what is left over at an
    epoch's end counts for the next epoch (1st-place solution).

    Returns:
        The last learning rate, the mean gradient norm before clipping, and the mean of each of the network's losses.

    Raises:
        Diverged: The losses or the gradients went astray.
    """
    config = recipe.training
    autocast = make_autocast(config, device)
    state.model.train()
    for batch in batches:
        rate = learning_rate(recipe.optimizer, state.step, len(batches), config.epochs)
        with autocast():
            losses = state.model(batch, state.generator)
        state.scaler.scale(losses["loss"] / config.accumulation).backward()
        state.step += 1
        state.position += 1
        if state.step % config.accumulation == 0:
            _update(state, rate, recipe.optimizer.max_grad_norm)
        state.readings.add(losses)
        progress.update()
        if state.readings.is_due or state.position == len(batches):
            is_warm = state.step > recipe.optimizer.warmup_epochs * len(batches)
            state.readings.look(state.step, recipe, is_warm)
            progress.set_postfix(loss=f"{state.readings.sums['loss'] / state.position:.3f}")
        state_file.after_batch(state)
    rate = learning_rate(recipe.optimizer, state.step - 1, len(batches), config.epochs)
    return {"learning_rate": rate, **state.readings.means(len(batches))}


def _update(state: TrainState, rate: float, max_grad_norm: float) -> None:
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    average_gradients(state.model.parameters())
    state.scaler.unscale_(state.optimizer)
    norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), max_grad_norm)
    state.readings.unseen_norms.append((state.step, norm))
    state.scaler.step(state.optimizer)
    state.scaler.update()
    if state.average:
        state.average.update_parameters(state.model)
    state.optimizer.zero_grad(set_to_none=True)
