"""Three networks that learn together: recipes, resume to the bit, soup, choices."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from signs_clips import random_clip
from signs_deberta_small import MAX_FRAMES, random_learner, small_recipe
from tqdm import tqdm

from podium.config import load
from podium.systems.signs.points import NUM_POINTS, as_columns
from podium.systems.signs_deberta import samples
from podium.systems.signs_deberta.learner import make
from podium.systems.signs_deberta.network import Mix, SignNetwork
from podium.systems.signs_deberta.preparation import prepared
from podium.systems.signs_deberta.recipe import Recipe, Teaching, TeachingChoices
from podium.systems.signs_deberta.samples import Sample
from podium.training.batch_norm import recompute_statistics
from podium.training.device import make_autocast
from podium.training.learner import LOSS, Progress
from podium.training.loop import train_epoch
from podium.training.optimizers import make_optimizer
from podium.training.resume import StateFile, TrainState

RECIPES = sorted((Path(__file__).parents[3] / "config/recipes/signs_deberta").rglob("*.yaml"))
PROGRESS, LENGTHS = Progress(0, 8, 0, 4), (5, 9, 30)
SIZES = {
    "short": (35_143_010, 9_819_298),
    "long": (13_688_418, 6_943_394),
}  # of student and distilled network, as published


def batch_of(recipe: Recipe, lengths=LENGTHS, is_training: bool = True, seed: int = 0) -> dict[str, torch.Tensor]:
    clips = []
    for row, length in enumerate(lengths):
        views = [
            prepared(
                as_columns(random_clip(length, seed + view)).reshape(length, 3, NUM_POINTS), recipe.data.max_frames
            )
            for view in range(3 if is_training else 1)
        ]
        clips.append(Sample(tuple(views), row, row))
    arrays = samples.collate(clips, recipe, is_training)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


@pytest.mark.parametrize(
    "path", [path for path in RECIPES if path.stem.startswith(("tiny", "demo"))], ids=lambda p: p.stem
)
def test_small_recipes_take_a_step(path):
    recipe = load(Recipe, path)
    torch.manual_seed(0)
    learner = make(recipe).train()
    before = {name: value.clone() for name, value in learner.state_dict().items()}
    optimizer = make_optimizer(learner, recipe.optimizer)
    with make_autocast(recipe.training, torch.device("cpu"))():
        losses = learner(batch_of(recipe), PROGRESS, torch.Generator())
    losses["loss"].backward()
    optimizer.step()
    learner.after_step(PROGRESS._replace(step=1))
    assert losses.keys() == {"loss", "student_loss", "student_distance", "distilled_loss", "distilled_distance"}
    assert 4 < losses["student_loss"].item() < 8
    still = {name for name, value in learner.state_dict().items() if torch.equal(value, before[name])}
    assert still == {name for name in before if name.startswith(("soup.", "num_stirred"))}


def test_sizes_of_the_networks():
    for path in RECIPES:
        recipe = load(Recipe, path)
        if path.stem in SIZES:
            with torch.device("meta"):
                networks = [
                    SignNetwork(recipe.model, size, recipe.data.max_frames)
                    for size in (recipe.model.student, recipe.model.distilled)
                ]
            found = tuple(sum(one.numel() for one in network.parameters()) for network in networks)
            assert found == SIZES[path.stem]
            published = load(Recipe, path.with_stem(path.stem + "_published"))
            assert published.model.student == recipe.model.student
            assert published.model.choices.positions == "published"


def test_a_network_that_serves_no_purpose_is_not_trained():
    assert set(make(small_recipe()).networks()) == {"student", "teacher", "distilled"}
    assert set(make(small_recipe(consistency=0.0)).networks()) == {"distilled"}
    assert set(make(small_recipe(exported="student", consistency=0.0)).networks()) == {"student"}
    assert set(make(small_recipe(exported="student")).networks()) == {"student", "teacher"}
    assert set(make(small_recipe(exported="teacher", consistency=0.0)).networks()) == {"student", "teacher"}


def state_of(recipe: Recipe) -> TrainState:
    torch.manual_seed(1)
    learner = make(recipe)
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    return TrainState(learner, make_optimizer(learner, recipe.optimizer), scaler, torch.Generator().manual_seed(5))


def run_epochs(state: TrainState, recipe: Recipe, until: int) -> None:
    for epoch in range(state.epoch, until):
        batches = [batch_of(recipe, seed=10 * epoch + step) for step in range(2)]
        train_epoch(state, batches, recipe, torch.device("cpu"), tqdm(disable=True), StateFile(None, {}, 1e9))
        state.begin_next_epoch()


def test_three_networks_and_their_soup_resume_to_the_bit():
    recipe = small_recipe(soup_epochs=3, p_mixup=1.0)
    whole = state_of(recipe)
    run_epochs(whole, recipe, 4)
    first, content = state_of(recipe), io.BytesIO()
    run_epochs(first, recipe, 2)
    torch.save(first.dump(), content)
    content.seek(0)
    second = state_of(recipe)
    torch.manual_seed(99)  # as in another process
    second.restore(torch.load(content, weights_only=True))
    run_epochs(second, recipe, 4)
    assert int(whole.learner.num_stirred) == 3
    for name, value in whole.learner.state_dict().items():
        assert torch.equal(value, second.learner.state_dict()[name]), name


def test_the_soup_is_the_mean_of_the_last_epochs():
    recipe = small_recipe(soup_epochs=2)
    state, kept = state_of(recipe), []
    assert state.learner.exported is state.learner.network
    for epoch in range(4):
        run_epochs(state, recipe, epoch + 1)
        kept.append({name: value.clone() for name, value in state.learner.network.state_dict().items()})
    assert state.learner.exported is state.learner.soup
    for name, value in state.learner.soup.state_dict().items():
        torch.testing.assert_close(value, (kept[2][name] + kept[3][name]) / 2, atol=1e-6, rtol=1e-5)


def test_statistics_are_computed_anew_and_learning_by_heart_leaves_nothing_to_chance():
    recipe = small_recipe().by_heart(10)
    assert recipe.teaching.p_mixup == recipe.data.augmentation.p_face == recipe.model.p_dropout == 0
    learner, batch = make(recipe), batch_of(recipe)
    assert list(learner.networks()) == ["distilled"]
    before = learner.network.full.norm.running_mean.clone()
    recompute_statistics(learner, [batch], torch.device("cpu"), make_autocast(recipe.training, torch.device("cpu")))
    assert not torch.equal(before, learner.network.full.norm.running_mean)


def test_two_averages_are_refused():
    values = small_recipe(soup_epochs=2).model_dump()
    values["training"]["ema_decay"] = 0.9
    with pytest.raises(ValidationError, match="two averages of one thing"):
        Recipe.model_validate(values)


@pytest.mark.parametrize("choice", ["published", "corrected"])
def test_padding_changes_no_answer_of_a_corrected_network(choice):
    recipe = small_recipe(choice)
    learner = random_learner(recipe)
    batch = batch_of(recipe, is_training=False)
    together = learner.answer(batch)
    for answer, target in zip(together, batch["target_B"].tolist(), strict=True):
        cost = np.logaddexp.reduce(answer["outputs"]) - answer["outputs"][target]
        assert answer[LOSS] == pytest.approx(cost, rel=1e-4)
    differences = []
    for row, length in enumerate(LENGTHS):
        x_MCN = prepared(as_columns(random_clip(length)).reshape(length, 3, NUM_POINTS), MAX_FRAMES)
        alone = learner.exported(torch.from_numpy(x_MCN)[None], torch.ones(1, len(x_MCN), dtype=torch.bool))
        differences.append(np.abs(alone[0].detach().numpy() - together[row]["outputs"]).max())
    assert (max(differences) < 1e-5) == (choice == "corrected"), differences


def test_statistics_and_mixup_leave_out_padding_in_corrected_mode_alone():
    for choice in ("corrected", "published"):
        recipe, found = small_recipe(choice), []
        for num_pads in (0, 3):
            network = random_learner(recipe).network.train()
            for module in network.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.eval()
            batch = batch_of(small_recipe("corrected"), is_training=False)
            x_BTCN = torch.nn.functional.pad(batch["x_BTCN"], (0, 0, 0, 0, 0, num_pads))
            mask_BT = torch.nn.functional.pad(batch["mask_BT"], (0, num_pads))
            mix = Mix(torch.tensor([1, 2, 0]), torch.tensor([0.4, 0.5, 0.9]), 1)
            found.append((network(x_BTCN, mask_BT, mix), network.full.norm.running_mean))
        for one, other in zip(*found, strict=True):
            assert torch.allclose(one, other, atol=1e-5) == (choice == "corrected"), choice


def test_late_mode_freezes_the_distilled_network_in_published_mode_alone():
    for choice in ("published", "corrected"):
        recipe = small_recipe()
        teaching = Teaching(**{**recipe.teaching.model_dump(), "choices": TeachingChoices(late_mode=choice)})
        recipe = recipe.model_copy(update={"teaching": teaching})
        learner, batch = make(recipe).train(), batch_of(recipe)
        for step, is_late in ((4, False), (5, True)):
            before = learner.network.full.norm.running_mean.clone()
            learner(batch, Progress(step, 8, 0, 4), torch.Generator())
            is_frozen = torch.equal(before, learner.network.full.norm.running_mean)
            assert is_frozen == (is_late and choice == "published")
            assert learner.networks()["student"].training
