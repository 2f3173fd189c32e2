"""The training loop: of any system, of folds and of full fits."""

import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from podium.config import Recipe, Training
from podium.errors import UserError
from podium.training import bad_batch
from podium.training.averages import make_average
from podium.training.batch_norm import NUM_STATISTICS_BATCHES, recompute_statistics
from podium.training.batches import Collate, training_batches
from podium.training.device import (
    check_shared_memory,
    choose_device,
    compile_blocks,
    make_autocast,
    memory_advice,
    prepare,
)
from podium.training.events import EventWriter
from podium.training.learner import Learner, Parts, Progress
from podium.training.meter import epoch_line, peak_memory_mb
from podium.training.optimizers import make_optimizer
from podium.training.prefetch import DeviceBatches
from podium.training.ranks import SEED_STRIDE, average_gradients, num_ranks, rank
from podium.training.readings import Diverged
from podium.training.resume import StateFile, TrainState
from podium.training.schedules import learning_rate
from podium.training.validation import Clips, Outputs, answer, mean_loss

log = logging.getLogger(__name__)


@dataclass
class Rows:
    """What a run learns from and what it is judged by.

    Attributes:
        root: The dataset's folder, with shards/.
        training: As the system's ``samples.training`` takes them.
        validation: Likewise; never trained on unless the caller put them into ``training``.
        unlabelled: What the run shall label for later stages, likewise; None: nothing.
    """

    root: Path
    training: pd.DataFrame
    validation: pd.DataFrame
    unlabelled: pd.DataFrame | None = None


@dataclass
class Outcome:
    """What a run leaves.

    Attributes:
        learner: On the CPU, in evaluation mode.
        history: One row per epoch.
        metrics: Scores of the learner's reading of the validation rows, which is ``readings``.
        labels: Its readings of ``Rows.unlabelled``; None without.
    """

    learner: Learner
    history: pd.DataFrame
    metrics: dict[str, float]
    readings: list[Any]
    labels: list[Any] | None = None


def train(
    recipe: Recipe,
    system: Parts,
    rows: Rows,
    seed: int,
    tensorboard: Path | None = None,
    state_file: StateFile | None = None,
    teachers: Sequence[Learner] = (),
) -> Outcome:
    """Trains a recipe's learner; the last epoch's weights are the result, or the best ones, as the recipe says.

    A run goes on where an interrupted one stopped; on a CPU both ways end in the same bits.

    Args:
        tensorboard: Folder for event files.
        state_file: Where the run's state is kept.
        teachers: Of earlier stages, with their weights; what the learner makes of them is its own.

    Raises:
        UserError: Learner and teachers do not go together, the recipe's device is absent, losses or gradients went
            astray, memory ran out, or loader processes have too little to share.
        Interrupted: SIGTERM or Ctrl-C; the state is in ``state_file``.
    """
    device = choose_device(recipe.training.device)
    check_shared_memory(recipe.training, system.samples.clip_bytes(recipe))
    prepare(recipe.training, device, seed)
    run = _Run(recipe, system, rows, seed, device, state_file or StateFile(None, {}, 0), teachers)
    is_quiet = rank() > 0 or not sys.stderr.isatty()
    first_epoch = run.state.epoch
    with (
        memory_advice(recipe.training),
        logging_redirect_tqdm(),
        EventWriter(tensorboard if rank() == 0 else None, first_epoch + 1) as events,
        tqdm(total=run.num_steps, initial=run.state.step, unit="batch", disable=is_quiet) as bar,
        run.state_file.listening(),
    ):
        for epoch in range(first_epoch, recipe.training.epochs):
            events.write(run.epoch(epoch, bar), epoch + 1)
        run.take_best()
        labels = run.labels()
    return Outcome(run.state.judged.cpu().eval(), pd.DataFrame(run.state.history), run.metrics, run.readings, labels)


class _Run:
    """What stays while a run goes on, and its state."""

    def __init__(
        self,
        recipe: Recipe,
        system: Parts,
        rows: Rows,
        seed: int,
        device: torch.device,
        state_file: StateFile,
        teachers: Sequence[Learner],
    ) -> None:
        self.recipe, self.system, self.rows, self.device, self.state_file = recipe, system, rows, device, state_file
        self.loader, self.sampler = training_batches(system.samples, rows.training, rows.root, recipe, seed, device)
        self.batches = DeviceBatches(self.loader, device)
        self.num_steps = recipe.training.epochs * len(self.loader)
        check_lengths(recipe, self.num_steps)
        self.clips = system.samples.validation(rows.validation, rows.root, recipe)
        self.state = first_state(recipe, system, seed, device)
        self.state.learner.learn_from([teacher.to(device).eval() for teacher in teachers])
        log_start(self.state.learner, len(self.loader.dataset), device, seed)
        state_file.load(self.state)
        self.metrics: dict[str, float] = {}
        self.readings: list[Any] = []
        self._started, self._first_step = time.monotonic(), self.state.step

    def epoch(self, epoch: int, bar: tqdm) -> dict[str, float]:
        """One epoch, or the rest of one, with its validation if one is due. Returns what there is to plot."""
        state, training = self.state, self.recipe.training
        started, num_before = time.monotonic(), state.position
        self.sampler.set_epoch(epoch, num_before)
        try:
            means = train_epoch(state, self.batches, self.recipe, self.device, bar, self.state_file)
        except Diverged as error:
            folder = self.state_file.folder if rank() == 0 else None
            raise bad_batch.report(
                error, self.recipe, self.loader, self.sampler, self.rows.training, folder
            ) from None
        row = {"epoch": epoch + 1, **means}
        seconds = time.monotonic() - started
        speed = {
            "clips_per_second": (1 - num_before / len(self.loader)) * len(self.loader.dataset) / seconds,
            "data_wait": self.batches.waited_s / seconds,
            "peak_memory_mb": peak_memory_mb(self.device),
        }
        is_last = epoch + 1 == training.epochs
        if is_last or (epoch + 1) % training.validate_every_epochs == 0:
            self._validate(epoch)
            row |= self.metrics
        state.history.append(row)
        per_step = (time.monotonic() - self._started) / max(1, state.step - self._first_step)
        log.info("%s", epoch_line(row, speed, training.epochs, per_step * (self.num_steps - state.step)))
        if not is_last:  # what is kept of the last epoch is enough to end it again
            state.begin_next_epoch()
        return row | speed

    def take_best(self) -> None:
        """Goes back to the weights of the best validation, if the recipe keeps these and they are not the last."""
        state = self.state
        if state.best is not None and state.best["score"] > self.metrics["score"]:
            state.judged.load_state_dict(state.best["weights"])
            self._read_validation()

    def labels(self) -> list[Any] | None:
        """What the learner says of the unlabelled rows."""
        rows = self.rows.unlabelled
        if rows is None:
            return None
        clips = self.system.samples.validation(rows, self.rows.root, self.recipe)
        with self.state_file.unchanging(self.state):
            return self._read(self._ask(clips, for_labels=True))

    def _validate(self, epoch: int) -> None:
        learner, training = self.state.judged, self.recipe.training
        with self.state_file.unchanging(self.state):
            if training.batch_norm_statistics == "recomputed":
                self.sampler.set_epoch(epoch)
                autocast = make_autocast(training, self.device)
                recompute_statistics(learner, islice(self.loader, NUM_STATISTICS_BATCHES), self.device, autocast)
            self._read_validation()
            if training.kept == "best":
                self.state.keep_if_best(self.metrics["score"])

    def _read_validation(self) -> None:
        outputs = self._ask(self.clips)
        self.readings = self._read(outputs)
        self.metrics = self.system.answers.score(self.rows.validation, self.readings) | mean_loss(outputs)

    def _read(self, outputs: list[Outputs]) -> list[Any]:
        return [self.system.answers.read(one, None) for one in outputs]

    def _ask(self, clips: Clips, for_labels: bool = False) -> list[Outputs]:
        training = self.recipe.training
        collate = Collate(self.system.samples, self.recipe, is_training=False)
        autocast = make_autocast(training, self.device)
        learner = self.state.judged
        return answer(learner, clips, collate, training.batch_size, self.device, autocast, for_labels)


def check_lengths(recipe: Recipe, num_steps: int) -> None:
    """Refuses a run without a single step, and warns of one that only warms up."""
    training, warmup_epochs = recipe.training, recipe.schedule.warmup_epochs
    if num_steps < training.accumulation:
        raise UserError(
            f"{num_steps} batches in all are fewer than training.accumulation {training.accumulation}: no step would"
            " be taken; lower it or train for more epochs"
        )
    if training.epochs <= warmup_epochs and recipe.schedule.name == "cosine":
        log.warning("schedule.warmup_epochs %g leave nothing of %d epochs: the learning rate stays below its peak",
                    warmup_epochs, training.epochs)  # fmt: skip


def first_state(recipe: Recipe, system: Parts, seed: int, device: torch.device) -> TrainState:
    """A run before its first step."""
    training = recipe.training
    learner = system.learner.make(recipe).to(device)
    if training.compile:
        compile_blocks(learner)
    if rank():  # all ranks begin with the same weights and go on with draws of their own
        torch.manual_seed(seed + SEED_STRIDE * rank())
    return TrainState(
        learner,
        make_optimizer(learner, recipe.optimizer),
        torch.amp.GradScaler(device.type, enabled=training.precision == "fp16"),
        torch.Generator().manual_seed(seed + SEED_STRIDE * rank()),
        average=make_average(learner, training.ema_decay, training.ema) if training.ema_decay else None,
    )


def log_start(learner: Learner, num_clips: int, device: torch.device, seed: int) -> None:
    """One line of what is about to be trained."""
    num_parameters = sum(parameter.numel() for parameter in learner.parameters())
    summary = "num_clips=%d num_parameters=%d device=%s num_processes=%d seed=%d"
    log.info(summary, num_clips, num_parameters, device, num_ranks(), seed)


def train_epoch(
    state: TrainState,
    batches: DeviceBatches,
    recipe: Recipe,
    device: torch.device,
    bar: tqdm,
    state_file: StateFile,
) -> dict[str, float]:
    """One pass over the training batches, or the rest of one.

    The optimiser moves after every ``accumulation`` micro-batches, counted over the whole run: what is left over at an
    epoch's end counts for the next epoch (1st-place solution).

    Returns:
        The last learning rate, the mean gradient norm before clipping, and the mean of each of the learner's losses.

    Raises:
        Diverged: The losses or the gradients went astray.
    """
    training, peak, num_batches = recipe.training, recipe.optimizer.learning_rate, len(batches)
    autocast = make_autocast(training, device)
    scores = [row["score"] for row in state.history if row.get("score") is not None]
    state.learner.train()
    for batch in batches:
        rate = learning_rate(peak, recipe.schedule, state.step, num_batches, training.epochs, scores)
        with autocast():
            losses = state.learner(batch, _progress(state, training, num_batches), state.generator)
        state.scaler.scale(losses["loss"] / training.accumulation).backward()
        state.step += 1
        state.position += 1
        if state.step % training.accumulation == 0:
            _update(state, rate, recipe, _progress(state, training, num_batches))
        state.readings.add(losses)
        bar.update()
        if state.readings.is_due or state.position == num_batches:
            is_warm = state.step > recipe.schedule.warmup_epochs * num_batches
            state.readings.look(state.step, training, is_warm)
            bar.set_postfix(loss=f"{state.readings.sums['loss'] / state.position:.3f}")
        state_file.after_batch(state)
    rate = learning_rate(peak, recipe.schedule, state.step - 1, num_batches, training.epochs, scores)
    return {"learning_rate": rate, **state.readings.means(num_batches)}


def _progress(state: TrainState, training: Training, num_batches: int) -> Progress:
    return Progress(state.step, training.epochs * num_batches, state.epoch, training.epochs)


def _update(state: TrainState, rate: float, recipe: Recipe, progress: Progress) -> None:
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    average_gradients(state.learner.parameters())
    state.scaler.unscale_(state.optimizer)
    norms = [
        torch.nn.utils.clip_grad_norm_(group["params"], group.get("max_grad_norm", recipe.optimizer.max_grad_norm))
        for group in state.learner.parameter_groups()
    ]
    norm = norms[0] if len(norms) == 1 else torch.stack(norms).max()
    state.readings.unseen_norms.append((state.step, norm))
    is_early = recipe.training.ema == "published"
    if state.average and is_early:
        state.average.update_parameters(state.learner)
    state.scaler.step(state.optimizer)
    state.scaler.update()
    state.learner.after_step(progress)
    if state.average and not is_early:
        state.average.update_parameters(state.learner)
    state.optimizer.zero_grad(set_to_none=True)
