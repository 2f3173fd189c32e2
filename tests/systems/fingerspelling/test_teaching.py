"""Networks that learn from others: losses, what is refused, that teachers stay as they are, and resume to the bit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fingerspelling import PARTS
from small_networks import learner_of, random_clip, random_network, small_recipe, write_network

from podium.errors import UserError
from podium.landmarks.normalise import STATISTICS_COLUMNS, statistics
from podium.storage.files import atomic_path
from podium.systems.fingerspelling.assembly import Assembly, search
from podium.systems.fingerspelling.learning import FingerspellingLearner, make
from podium.systems.fingerspelling.networks.lessons import ctc_distance, text_distance
from podium.systems.fingerspelling.networks.teaching import Teachers, joined_steps
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import END, NUM_CHARACTERS, PAD, decode, encode
from podium.systems.fingerspelling.unlabelled import label
from podium.training.learner import Progress
from podium.training.resume import Interrupted, StateFile
from podium.training.run import Job, train_job

QUIET = {"p_dropout": 0, "p_activation_dropout": 0, "p_attention_dropout": 0}
ALL = {"text": 1, "ctc": 1, "confidence": 1}
BLANK = NUM_CHARACTERS


def quiet(name: str = "squeezeformer_rope", **model) -> Recipe:
    """A recipe in which nothing is left to chance."""
    return small_recipe(name, 64, **{"p_dropout": 0, "p_mask_input": 0, "decoder": QUIET, "num_blocks": 1, **model})


def learner(recipe: Recipe, seed: int = 0) -> FingerspellingLearner:
    return learner_of(random_network(recipe, seed), recipe)


def taught(student: FingerspellingLearner, *seeds: int, **model) -> FingerspellingLearner:
    """A student with teachers of some seeds."""
    student.learn_from([learner(quiet(**model), seed) for seed in seeds])
    return student


def batch(pad_to: int = 30) -> dict[str, torch.Tensor]:
    x_BTLC = torch.zeros(2, pad_to, 130, 3)
    for row, length in enumerate((21, 30)):
        x_BTLC[row, :length] = torch.randn(length, 130, 3, generator=torch.Generator().manual_seed(length))
    labels_BS = torch.from_numpy(np.stack([encode("ab 12"), encode("www.")]))
    mask_BT = torch.arange(pad_to) < torch.tensor([[21], [30]])
    return {"x_BTLC": x_BTLC, "mask_BT": mask_BT, "labels_BS": labels_BS, "score_B": torch.tensor([1.0, 0.2])}


def losses(one: FingerspellingLearner, pad_to: int = 30) -> dict[str, torch.Tensor]:
    return one.train()(batch(pad_to), Progress(0, 1, 0, 1), torch.Generator().manual_seed(1))


# ------------------------------------------------------------------------------------------------------------ losses


def test_text_distance_is_the_divergence_of_what_is_told():
    generator = torch.Generator().manual_seed(0)
    ours_BSV, theirs_BSV = (torch.randn(2, 33, 63, generator=generator) for _ in range(2))
    labels_BS = batch()["labels_BS"]
    for temperature in (1.0, 2.0):
        p, q = (one.double().div(temperature).softmax(-1) for one in (theirs_BSV, ours_BSV))
        expected = (p * (p / q).log()).sum(-1)[labels_BS != PAD].mean() * temperature**2
        found = text_distance(ours_BSV, theirs_BSV, labels_BS, temperature)
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)
    assert (labels_BS == END).sum() == 2, "END is told, too"
    assert text_distance(theirs_BSV, theirs_BSV + 3, labels_BS, 1.0).abs() < 1e-6


def test_ctc_distance_counts_valid_steps_per_character():
    generator = torch.Generator().manual_seed(0)
    logits_BTV, others_BTV = (torch.randn(2, 4, BLANK + 1, generator=generator) for _ in range(2))
    mask_BT = torch.tensor([[True, True, False, False], [True] * 4])
    p, q = others_BTV.double().softmax(-1), logits_BTV.double().softmax(-1)
    expected = (p * (p / q).log()).sum(-1)[mask_BT].sum() / 9  # "ab 12" and "www."
    found = ctc_distance(logits_BTV, others_BTV.softmax(-1), mask_BT, batch()["labels_BS"])
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)


def test_joined_steps_say_what_any_of_them_says():
    rows = torch.full((1, 5, BLANK + 1), 0.0)
    for step, said in enumerate([{3: 0.9, BLANK: 0.1}, {BLANK: 1.0}, {4: 1.0}, {5: 1.0}, {6: 1.0}]):
        for token, p in said.items():
            rows[0, step, token] = p
    mask_BT = torch.tensor([[True, True, True, True, False]])
    assert torch.equal(joined_steps(rows[:, :4], mask_BT[:, :4], 1), rows[:, :4])
    joined = joined_steps(rows, mask_BT, 2)
    assert joined.shape == (1, 3, BLANK + 1)
    torch.testing.assert_close(joined.sum(-1), torch.ones(1, 3))
    torch.testing.assert_close(joined[0, 0, [3, BLANK]], torch.tensor([0.9, 0.1]))
    torch.testing.assert_close(joined[0, 1, [4, 5, BLANK]], torch.tensor([0.5, 0.5, 0.0]))
    assert joined[0, 2, BLANK] == 1, "a pad says nothing, whatever stands in it"


def test_a_copy_of_its_teacher_has_nothing_to_learn():
    """In evaluation, where batch norms of both are the same."""
    model = random_network(quiet(teaching=ALL))
    student = learner_of(model, quiet(teaching=ALL))
    taught(student, 0)
    network, lesson = student.network.eval(), student._teachers.teach(batch())
    found = network(batch(), torch.Generator(), lesson)
    assert found["loss_forward"] < 1e-6 and found["loss_backward"] < 1e-6 and found["loss_ctc"] < 1e-5
    untaught = network(batch(), torch.Generator())
    assert untaught["loss_forward"] > 1
    # The confidence's own entropy stays: the target is what the teacher trusts.
    p_B = network.generate(batch()["x_BTLC"], batch()["mask_BT"])[1]
    entropy = -(p_B * p_B.log() + (1 - p_B) * (1 - p_B).log()).mean()
    torch.testing.assert_close(found["loss_confidence"], entropy, rtol=1e-4, atol=1e-5)


def test_shares_mix_the_losses():
    def found(**shares) -> dict[str, torch.Tensor]:
        return losses(taught(learner(quiet(frames_per_step=2, teaching=shares), 5), 1, 2))

    own, theirs, mixed = found(text=0, ctc=0, confidence=0), found(**ALL), found(text=0.25, ctc=0.5, confidence=0.5)
    untaught = losses(learner(quiet(frames_per_step=2), 5))
    for name, loss in untaught.items():
        torch.testing.assert_close(own[name], loss)
    for name, share in {"loss_forward": 0.25, "loss_backward": 0.25, "loss_ctc": 0.5, "loss_confidence": 0.5}.items():
        assert abs(own[name] - theirs[name]) > 1e-3
        torch.testing.assert_close(mixed[name], torch.lerp(own[name], theirs[name], share))


def test_teachers_speak_by_their_mean():
    student = learner(quiet(teaching=ALL))
    together, (one, other) = (
        taught(learner(quiet(teaching=ALL)), 1, 2)._teachers.teach(batch()),
        [taught(student, seed)._teachers.teach(batch()) for seed in (1, 2)],
    )
    for name in ("forward_BSV", "backward_BSV", "ctc_BTV"):
        expected = (getattr(one, name) + getattr(other, name)) / 2
        torch.testing.assert_close(getattr(together, name), expected)
    expected = (one.confidence_B.logit() + other.confidence_B.logit()) / 2
    torch.testing.assert_close(together.confidence_B.logit(), expected, rtol=1e-4, atol=1e-4)


def test_padding_changes_no_loss():
    student = taught(learner(quiet(frames_per_step=2, teaching=ALL), 5), 1, 2)
    padded = losses(student, pad_to=43)
    for name, loss in losses(student).items():
        torch.testing.assert_close(padded[name], loss, rtol=1e-4, atol=1e-5)


def test_a_network_without_parts_learns_the_text():
    student = learner(quiet("squeezeformer_relpos", teaching={}, p_attention_dropout=0))
    found = losses(taught(student, 1))
    assert abs(found["loss"] - losses(learner(quiet("squeezeformer_relpos", p_attention_dropout=0)))["loss"]) > 1e-3


def test_teachers_are_neither_trained_nor_saved():
    student = taught(learner(quiet(teaching=ALL)), 1, 2)
    alone = learner(quiet(teaching=ALL))
    assert student.state_dict().keys() == alone.state_dict().keys()
    teachers = student._teachers.networks
    before = [{name: value.clone() for name, value in one.state_dict().items()} for one in teachers]
    optimizer = torch.optim.SGD(student.parameters(), 0.1)
    losses(student)["loss"].backward()
    optimizer.step()
    for network, state in zip(teachers, before, strict=True):
        assert not network.training and not any(one.requires_grad for one in network.parameters())
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("student", "teacher", "words"),
    [
        (quiet(teaching={}), None, "model.teaching wants teachers"),
        (quiet(), quiet(), "its recipe does not say what it learns from them"),
        (quiet(teaching={}), small_recipe(max_frames=32), "data.max_frames is 64, and a teacher has another"),
        (quiet(teaching={}), quiet(ctc_weight=0), "model.teaching.ctc: a teacher (squeezeformer_rope) has no part"),
        (quiet(teaching={}), quiet("squeezeformer_relpos"), "model.teaching.confidence: a teacher (squeezeformer_rel"),
        (quiet(teaching={"confidence": 0}), quiet("squeezeformer_relpos"), "model.teaching.text: a teacher (squeeze"),
        (quiet(teaching={}), quiet(frames_per_step=2), "a teacher takes 2 frames as one and the student 1"),
    ],
)
def test_what_does_not_go_together(student, teacher, words):
    with pytest.raises(UserError) as error:
        make(student).learn_from([] if teacher is None else [make(teacher)])
    assert words in str(error.value)


def test_heart_needs_no_teacher():
    recipe = quiet(teaching={})
    make(recipe.by_heart(10)).learn_from([])
    assert recipe.model.teaching is not None


# -------------------------------------------------------------------------------------------------- runs and clips


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Eight clips of two signers, and four that nobody has labelled; two trained networks' folders beside them."""
    root = tmp_path_factory.mktemp("data")
    tables = []
    for split, file_id, count in (("train", 1, 8), ("supplemental", 2, 4)):
        clips = [random_clip(20 + number, seed=file_id) for number in range(count)]
        lengths = [len(clip) for clip in clips]
        table = pd.DataFrame({
            "split": split, "file_id": file_id, "sequence_id": [100 * file_id + one for one in range(count)],
            "participant_id": [one % 2 for one in range(count)], "phrase": [f"{one} ab" for one in range(count)],
            "num_frames": lengths, "offset": np.cumsum([0, *lengths[:-1]]),
        })  # fmt: skip
        numbers = np.transpose([np.concatenate(statistics(clip)) for clip in clips])
        tables.append(table.assign(**dict(zip(STATISTICS_COLUMNS, numbers, strict=True))))
        (root / "shards" / split).mkdir(parents=True)
        np.save(root / f"shards/{split}/{file_id}.npy", np.concatenate(clips))
    pd.concat(tables, ignore_index=True).to_parquet(root / "index.parquet")
    pd.DataFrame({"participant_id": [0, 1], "fold": [0, 1]}).to_parquet(root / "folds.parquet")
    for seed in (1, 2):
        write_network(root / f"seed{seed}", quiet(), seed)
    return root


def run(data: Path, out: Path, stop_at: int | None, monkeypatch) -> dict[str, bytes]:
    """Trains a student; if asked to, it is stopped once behind a micro-batch, and then goes on."""
    recipe = small_recipe(max_frames=64, num_blocks=1, frames_per_step=2, teaching={})
    training = recipe.training.model_copy(
        update={"epochs": 2, "batch_size": 2, "save_every_minutes": 0.0, "device": "cpu", "num_threads": 1,
                "ema_decay": 0.9}
    )
    recipe = recipe.model_copy(update={"training": training})
    teachers = tuple(data / f"seed{seed}/model.safetensors" for seed in (1, 2))
    job = Job(data, data / "index.parquet", 0, 3, out, state=out.with_name("state"), teachers=teachers)
    if stop_at is not None:
        original = StateFile.after_batch

        def after_batch(self: StateFile, state) -> None:
            original(self, state)
            if state.step == stop_at:
                raise Interrupted(1)

        with monkeypatch.context() as patch:
            patch.setattr(StateFile, "after_batch", after_batch)
            with pytest.raises(Interrupted):
                train_job(job, recipe, PARTS)
        assert not (out / "model.safetensors").exists()
    train_job(job, recipe, PARTS)
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_a_taught_run_goes_on_to_the_bit(data, tmp_path, monkeypatch):
    whole = run(data, tmp_path / "whole/out", None, monkeypatch)
    assert run(data, tmp_path / "stopped/out", 3, monkeypatch) == whole


def test_other_teachers_are_another_run(data, tmp_path, monkeypatch):
    """Their weights are among what a state is of."""
    from podium.training import run as module

    recipe, job = quiet(teaching={}), Job(data, data / "index.parquet", 0, 3, tmp_path)
    one, other = (
        module.digests(Job(**{**vars(job), "teachers": (data / f"seed{seed}/model.safetensors",)}), recipe, PARTS)
        for seed in (1, 2)
    )
    assert one["data"] != other["data"] and one["code"] == other["code"]
    assert module.digests(job, recipe, PARTS)["data"] not in (one["data"], other["data"])


def read(data: Path, **options) -> tuple[pd.DataFrame, dict]:
    recipe = quiet()
    teachers = [learner(recipe, seed) for seed in (1, 2)]
    return label("distill", teachers, [recipe] * 2, data / "index.parquet", data, torch.device("cpu"), **options)


def test_clips_without_labels_get_the_text_that_the_teachers_read_together(data):
    index = pd.read_parquet(data / "index.parquet")
    table, account = read(data, supplemental="read", min_confidence=0.0)
    pd.testing.assert_frame_equal(table[:8][index.columns], index[:8])
    assert table["score"][:8].isna().all()
    together = Assembly([random_network(quiet(), seed) for seed in (1, 2)], [quiet()] * 2, {})
    clips = [random_clip(20 + number, seed=2) for number in range(4)]
    answers = [together.answer(clip) for clip in clips]
    texts = [decode(answer["ids"]) for answer in answers]
    kept = [(text, float(answer["confidence"])) for text, answer in zip(texts, answers, strict=True) if text]
    assert kept and table["phrase"][8:].tolist() == [text for text, _ in kept]
    np.testing.assert_allclose(table["score"][8:], [trust for _, trust in kept], atol=1e-5)
    assert account["num_sequences"] == len(kept) and account["num_clips"] == 4 and account["score"] <= 1
    # In between of what they trust: the rest is left out.
    trusted = sorted(trust for _, trust in kept)
    fewer, _ = read(data, supplemental="read", min_confidence=(trusted[-1] + trusted[-2]) / 2)
    assert len(fewer) == 9


def test_teachers_may_read_with_a_beam(data):
    table, account = read(data, supplemental="read", min_confidence=0.0, beam=6)
    wide = search([random_network(quiet(), seed) for seed in (1, 2)], [quiet()] * 2, {}, 6)
    texts = [decode(wide.answer(random_clip(20 + number, seed=2))["ids"]) for number in range(4)]
    assert account["beam"] == 6 and table["phrase"][8:].tolist() == [text for text in texts if text]
    greedy, _ = read(data, supplemental="read", min_confidence=0.0)
    assert table["phrase"].tolist() != greedy["phrase"].tolist()


def test_clips_with_labels_keep_them(data):
    table, account = read(data)
    pd.testing.assert_frame_equal(table, pd.read_parquet(data / "index.parquet"))
    assert account["score"] is None and account["reason"]
    with atomic_path(data / "none.parquet") as partial:
        table[table["split"] == "train"].to_parquet(partial)
    recipe = quiet()
    alone, _ = label("distill", [learner(recipe)], [recipe], data / "none.parquet", data, torch.device("cpu"),
                     supplemental="read")  # fmt: skip
    assert len(alone) == 8


def test_teachers_must_have_the_steps_of_the_student():
    with pytest.raises(UserError, match="a student's step must hold whole steps"):
        Teachers([make(quiet(frames_per_step=2)).network], make(quiet(teaching={})).network)
