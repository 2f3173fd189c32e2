"""What a twin must say of the faults to plant in it: it is not built without."""

import numpy as np
import pytest
import tensorflow as tf

from podium.errors import UserError
from podium.export.parity import check_faults, check_stages, check_weights
from podium.port.layers import Linear
from podium.port.twin import Fault, Twin

X_T = np.array([0.5, -1.0, 2.0], np.float32)
GOOD = [
    Fault("swapped", ("first.weight", "second.weight"), "hidden"),
    Fault("transposed", ("first.weight",), "hidden"),
]


class Waves(Twin):
    """Two layers of one size; the faults are those of the test."""

    training_only = ("head.",)
    faults = GOOD

    def build(self) -> None:
        self.first, self.second = (Linear(self.weights.scope(name), 3, 3) for name in ("first", "second"))
        self.last = Linear(self.weights.scope("last"), 3, 2)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)], autograph=False)
    def inside(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        hidden_1D = self.second(tf.sin(self.first(x[None])))
        scores_C = self.last(hidden_1D)[0]
        return {"hidden": hidden_1D, "scores": scores_C, "choice": tf.argmax(scores_C, output_type=tf.int32)[None]}


def waves(faults: list[Fault]) -> Waves:
    return type("Waves", (Waves,), {"faults": faults})(recipe=None)


def state() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"first": (3, 3), "second": (3, 3), "last": (2, 3)}
    kernels = {f"{name}.weight": shape for name, shape in shapes.items()}
    biases = {f"{name}.bias": shape[:1] for name, shape in shapes.items()}
    return {
        name: rng.normal(size=shape).astype(np.float32)
        for name, shape in {**kernels, **biases, "head.weight": (4,)}.items()
    }


def reference(twin: Waves) -> dict[str, np.ndarray]:
    """As training leaves it: here without an own input ``x``."""
    return {"0/raw": X_T, **{f"0/{name}": value.numpy() for name, value in twin.inside(X_T).items()}}


def test_a_twin_of_another_task_is_proven_by_names_alone():
    twin = waves(GOOD).port(state(), "the test")
    assert check_weights(twin, state())["passed"] and check_weights(twin, state())["num_training_only"] == 1
    report = check_stages(twin, reference(twin))
    assert report["passed"] and list(report["stages"]) == ["hidden", "scores"]
    assert report["clips_with_different_choice"] == []
    assert [one["is_caught"] for one in check_faults(twin, reference(twin))] == [True, True]


def test_a_choice_must_be_the_same():
    twin = waves(GOOD).port(state(), "the test")
    other = reference(twin)
    other["0/choice"] = 1 - other["0/choice"]
    report = check_stages(twin, other)
    assert report["first_offender"] == "choice" and report["clips_with_different_choice"] == [0]


@pytest.mark.parametrize("name", ["hidden", "extra"])
def test_a_stage_that_one_side_lacks_is_found(name):
    twin = waves(GOOD).port(state(), "the test")
    other = reference(twin)
    other[f"0/{name}x"] = X_T
    assert check_stages(twin, other)["first_offender"] == f"{name}x"


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([], "the twin Waves names no fault to plant"),
        ([Fault("swapped", ("first.weight", "blocks.0.ff1.weight"), "hidden")], "blocks.0.ff1.weight, which it"),
        ([Fault("swapped", ("first.weight", "last.weight"), "hidden")], "cannot swap first.weight and last.weight"),
        ([Fault("swapped", ("first.weight",), "hidden")], "cannot swap first.weight"),
        ([Fault("transposed", ("last.weight",), "hidden")], "cannot transpose last.weight"),
        ([Fault("transposed", ("first.bias",), "hidden")], "cannot transpose first.bias"),
    ],
)  # fmt: skip
def test_a_twin_whose_faults_cannot_be_planted_is_not_built(faults, message):
    with pytest.raises(TypeError, match=message):
        waves(faults)


def test_left_over_tensors_are_told():
    with pytest.raises(UserError, match="the test does not fit the TensorFlow twin: left over extra"):
        waves(GOOD).port({**state(), "extra": X_T}, "the test")
