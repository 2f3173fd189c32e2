"""Networks whose front end takes two frames as one: every frame counts, no pad does, and the file computes the same."""

import numpy as np
import pytest
import torch
from small_networks import (
    built_in,
    in_torch,
    learner_of,
    random_clip,
    random_network,
    small_recipe,
    state_of,
)

from podium.errors import UserError
from podium.export.answers import answer_all, write_answers
from podium.export.clips import ProofClip
from podium.export.formats import MAKERS, make_files
from podium.export.parity import check_faults, check_stages
from podium.export.verification import check_formats
from podium.recognise.tflite import TfliteFile
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.networks import MODELS
from podium.systems.fingerspelling.networks.base import ctc_loss
from podium.systems.fingerspelling.readings import rows_of
from podium.systems.fingerspelling.text import NUM_CHARACTERS, encode
from podium.systems.fingerspelling.twin import assemble, make
from podium.training.weights import write_reference

LENGTHS = (1, 2, 3, 40, 41, 150)
MAX_FRAMES = 65


def two_as_one(name: str = "squeezeformer_rope", **model):
    return small_recipe(name, MAX_FRAMES, frames_per_step=2, **model)


def clips(*lengths: int, pad_to: int) -> tuple[torch.Tensor, torch.Tensor]:
    x_BTLC = torch.zeros(len(lengths), pad_to, 130, 3)
    for row, length in enumerate(lengths):
        x_BTLC[row, :length] = torch.randn(length, 130, 3, generator=torch.Generator().manual_seed(length))
    return x_BTLC, torch.arange(pad_to) < torch.tensor(lengths)[:, None]


@pytest.fixture(params=MODELS.names())
def network(request):
    return random_network(two_as_one(request.param))


@torch.no_grad()
@pytest.mark.parametrize("length", [1, 2, 21, 22])
def test_a_clip_depends_on_neither_padding_nor_batch(network, length):
    alone_BTD = network.encode(*clips(length, pad_to=length))
    assert alone_BTD.shape[1] == -(-length // 2)
    for pad_to in (40, 41):
        x_BTLC, mask_BT = clips(length, 40, 33, pad_to=pad_to)
        e_BTD = network.encode(x_BTLC, mask_BT)
        assert e_BTD.shape[1] == -(-pad_to // 2)
        assert network.steps(mask_BT).sum(1).tolist() == [-(-length // 2), 20, 17]
        found_BTD = e_BTD[:1, : alone_BTD.shape[1]]
        torch.testing.assert_close(found_BTD, alone_BTD, rtol=0, atol=1e-5 * float(alone_BTD.abs().max()))
        confidence_B = network.generate(x_BTLC, mask_BT)[1]
        if confidence_B is not None:
            expected_B = network.generate(*clips(length, pad_to=length))[1]
            torch.testing.assert_close(confidence_B[:1], expected_B, rtol=0, atol=1e-5)


@torch.no_grad()
def test_every_frame_is_seen_by_its_own_step():
    front_end = random_network(two_as_one()).frontend
    x_BTLC, mask_BT = clips(9, pad_to=9)
    before_BTD = front_end(x_BTLC, mask_BT)
    for frame in range(9):
        changed_BTLC = x_BTLC.clone()
        changed_BTLC[:, frame] += 1
        steps = (front_end(changed_BTLC, mask_BT) != before_BTD).any(-1)[0].nonzero().flatten().tolist()
        # An odd frame is seen by the next step, too.
        assert steps == [frame // 2] + [frame // 2 + 1] * (frame % 2 and frame < 8)


def test_a_text_longer_than_the_steps_teaches_the_decoder_alone():
    network = random_network(two_as_one(ctc_weight=0.5))
    x_BTLC, mask_BT = clips(20, 20, pad_to=20)
    labels_BS = torch.from_numpy(np.stack([encode("abcdefghij"), encode("abcdefghijk")]))  # 10 steps
    logits_BTV = network.ctc_head(network.encode(x_BTLC, mask_BT))
    alone = [ctc_loss(logits_BTV[[row]], network.steps(mask_BT)[[row]], labels_BS[[row]]) for row in (0, 1)]
    assert alone[0] > 0 and alone[1] == 0
    batch = {"x_BTLC": x_BTLC, "mask_BT": mask_BT, "labels_BS": labels_BS, "score_B": torch.ones(2)}
    losses = network(batch, torch.Generator())
    torch.testing.assert_close(losses["loss_ctc"], alone[0] * 10 / 21)
    assert losses["loss_forward"] > 0
    losses["loss"].backward()
    assert all(one.grad is None or one.grad.isfinite().all() for one in network.parameters())
    # The same texts with a step per frame: both fit.
    long_BTV, all_BT = torch.randn(2, 20, NUM_CHARACTERS + 1), torch.ones(2, 20, dtype=torch.bool)
    assert ctc_loss(long_BTV[1:], all_BT[1:], labels_BS[1:]) > 0


# ------------------------------------------------------------------------------------------------------- TensorFlow


@pytest.mark.parametrize("name", MODELS.names())
def test_twin_agrees_by_stage_and_finds_faults(name, tmp_path):
    recipe = two_as_one(name)
    network = random_network(recipe)
    write_reference(learner_of(network, recipe), [random_clip(one) for one in LENGTHS], tmp_path / "reference.npz")
    reference = dict(np.load(tmp_path / "reference.npz"))
    assert [len(reference[f"{clip}/encoder"]) for clip in range(len(LENGTHS))] == [1, 1, 2, 20, 21, 33]
    twin = make(recipe).port(state_of(network), "the test")
    report = check_stages(twin, reference)
    assert report["passed"], report["first_offender"]
    assert all(stage["error"] <= 1e-4 for stage in report["stages"].values())
    for fault in check_faults(twin, reference):
        assert fault["is_caught"] and fault["found"] == fault["place"], fault
    # A fault of this front end's own: its three frames begin one too late.
    variable = twin.weights.variables["frontend.conv.weight"]
    variable.assign(np.roll(variable.numpy(), -1, axis=0))
    assert check_stages(twin, reference)["first_offender"] == "mid/frontend"


@pytest.fixture(scope="module")
def pair():
    recipe = two_as_one(num_blocks=1)
    networks = [random_network(recipe, seed) for seed in (1, 2)]
    twins = [make(recipe).port(state_of(network), "the test") for network in networks]
    return in_torch(networks, recipe, 15), assemble(twins, built_in(15, 0.0))


def test_all_files_agree_with_torch(pair, tmp_path):
    together, graph = pair
    files = {name: tmp_path / f"{name}.tflite" for name in MAKERS}
    for path, content in zip(files.values(), make_files(graph, files), strict=True):
        path.write_bytes(content)
    clips = [ProofClip(str(length), random_clip(length)) for length in (15, 16, 41, 64, 65, 66, 130)]
    write_answers(tmp_path / "answers.npz", clips, answer_all(together.inside, clips))
    proven = {name: files[name] for name in ("fp16", "fp32", "web", "kaggle")}
    formats, problems = check_formats(graph, proven, clips, tmp_path / "answers.npz", answers, "phrase")
    assert not problems, formats
    assert all(report["num_dummy"] == 0 and report["max_error"] > 0 for report in formats.values())
    exact, small = TfliteFile(files["fp32"]), TfliteFile(files["int8"])
    for length in (15, 66):  # first rows: later ones follow what was written
        rows_SV, found_SV = (rows_of(file.answer(random_clip(length))) for file in (exact, small))
        assert 0 < np.abs(rows_SV[0] - found_SV[0]).max() < 0.2 * np.abs(rows_SV).max()


def test_seeds_of_another_rate_are_refused(pair):
    together, graph = pair
    other = small_recipe(max_frames=MAX_FRAMES, num_blocks=1)
    network = random_network(other)
    with pytest.raises(UserError, match="different numbers of frames as one step"):
        assemble([graph.twins[0], make(other).port(state_of(network), "the test")], built_in(15, 0.0))
    with pytest.raises(UserError, match="different numbers of frames as one step"):
        in_torch([together.networks[0], network], other)
