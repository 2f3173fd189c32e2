"""What makes training fast must not change it: compiled blocks, batches ahead of the step, micro-batches. And what a
run says when memory is short."""

import shutil
import subprocess
import sys

import pytest
import torch
from small_networks import random_network, small_recipe

from podium.errors import UserError
from podium.systems.fingerspelling.networks import create
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.recipe import Recipe
from podium.training.device import compile_blocks, memory_advice
from podium.training.prefetch import DeviceBatches

QUIET = {"p_dropout": 0, "p_activation_dropout": 0, "p_attention_dropout": 0}


def batch(*lengths: int, seed: int = 0, phrase_length: int = 6) -> dict[str, torch.Tensor]:
    """Random clips; all texts have as many characters."""
    generator = torch.Generator().manual_seed(seed)
    num_frames = max(lengths)
    mask_BT = torch.arange(num_frames) < torch.tensor(lengths)[:, None]
    labels_BS = torch.full((len(lengths), 33), 59)
    labels_BS[:, :phrase_length] = torch.randint(59, (len(lengths), phrase_length), generator=generator)
    labels_BS[:, phrase_length] = 61
    return {
        "x_BTLC": torch.randn(len(lengths), num_frames, 130, 3, generator=generator) * mask_BT[..., None, None],
        "mask_BT": mask_BT,
        "labels_BS": labels_BS,
        "score_B": torch.rand(len(lengths), generator=generator),
    }


def quiet_recipe(name: str = "squeezeformer_rope", **model) -> Recipe:
    """Nothing is drawn in training."""
    model = {"p_dropout": 0, "p_mask_input": 0, "decoder": QUIET, **model}
    if name == "squeezeformer_relpos":
        model |= {"p_attention_dropout": 0}
    return small_recipe(name, **model)


def gradients(model: SignReader) -> dict[str, torch.Tensor]:
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


def check_equal(ours: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert set(ours) == set(expected)
    for name, reference in expected.items():
        # Gradients that are 0 but for rounding (the bias of a key shifts all scores of a query alike) must stay so.
        assert (ours[name] - reference).norm() <= 1e-4 * reference.norm().clamp(min=1e-2), name


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler (g++) on a CPU")
def test_compiled_blocks_equal_eager_ones():
    """Losses and gradients of two batches of different lengths, and one compilation for both."""
    torch._dynamo.reset()
    recipe = quiet_recipe(dim=16, num_blocks=1, kernel_size=5, ctc_weight=0.0, decoder={**QUIET, "num_layers": 1})
    eager, compiled = random_network(recipe).train(), create(recipe.model).train()
    names = list(compiled.state_dict())
    compile_blocks(compiled)
    assert list(compiled.state_dict()) == names
    compiled.load_state_dict(eager.state_dict())
    for number, example in enumerate([batch(20, 17, 9), batch(33, 40, 12)]):
        results = []
        for model in (eager, compiled):
            losses = model(example, torch.Generator())
            losses["loss"].backward()
            results.append(losses)
        for name, loss in results[0].items():
            torch.testing.assert_close(results[1][name], loss, rtol=1e-5, atol=1e-6)
        check_equal(gradients(compiled), gradients(eager))
        num_graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
        if number == 0:
            assert num_graphs >= 2, "nothing was compiled"
            before = num_graphs
    assert num_graphs == before, "another length was compiled anew"


@pytest.mark.parametrize("name", ["squeezeformer_relpos", "squeezeformer_rope"])
def test_micro_batches_give_the_gradients_of_the_whole(name):
    """Two of 8 clips as one of 16: the recipe's batch_size × accumulation is the batch that counts.

    Exact only where every mean is over equally many numbers and no statistics are taken of the batch: with batch norm
    in training mode each micro-batch has statistics of its own, and where texts differ in length, each micro-batch's
    mean over characters counts alike whatever its number of characters (as in the 1st-place solution).
    """
    model = random_network(quiet_recipe(name, ctc_weight=0.0))  # in evaluation mode: running statistics
    halves = [batch(*range(20, 28), seed=seed) for seed in (1, 2)]
    for half in halves:
        (model(half, torch.Generator())["loss"] / 2).backward()
    ours = gradients(model)
    model.zero_grad()
    model({key: torch.cat([half[key] for half in halves]) for key in halves[0]}, torch.Generator())["loss"].backward()
    check_equal(ours, gradients(model))


def test_batches_pass_through_on_a_cpu_and_their_wait_is_counted():
    loader = [batch(9), batch(12)]
    batches = DeviceBatches(loader, torch.device("cpu"))
    assert len(batches) == 2 and batches.waited_s == 0
    assert all(one is other for one, other in zip(batches, loader, strict=True))
    assert batches.waited_s > 0


def test_a_full_gpu_names_the_knobs():
    with pytest.raises(UserError, match="GPU's memory .* halve training.batch_size and double training.accumulation"):
        with memory_advice(small_recipe().training):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")


def test_a_full_machine_names_the_knobs():
    with pytest.raises(
        UserError, match="machine's memory .* halve training.batch_size and double training.accumulation"
    ):
        with memory_advice(small_recipe().training):
            torch.empty(2**60, dtype=torch.uint8)


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="size mismatch|must match"), memory_advice(small_recipe().training):
        torch.ones(3) + torch.ones(4)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is asked")
def test_training_on_a_cpu_keeps_freed_memory():
    program = """
import resource, sys
import torch
from podium.config import Training
from podium.training.device import prepare
if sys.argv[1] == "prepared":
    prepare(Training(epochs=1, num_threads=1), torch.device("cpu"), seed=0)
def step():
    torch.ones(10_000_000)  # 40 MB: beyond what glibc learns by itself to keep
for _ in range(20):  # until the heap is as large as it becomes
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    faults = {}
    for name in ("prepared", "plain"):
        call = [sys.executable, "-c", program, name]
        faults[name] = int(subprocess.run(call, capture_output=True, text=True, check=True, timeout=100).stdout)
    assert faults["prepared"] < faults["plain"] / 10, faults
