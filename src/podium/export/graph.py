"""The file: what a system does with a clip, all members in one graph with one signature, and its conversion."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from podium.errors import UserError
from podium.port.twin import Twin
from podium.recognise.operators import check_operators
from podium.recognise.tflite import INPUT

Function = tf.types.experimental.GenericFunction
ConcreteFunction = tf.types.experimental.ConcreteFunction


class Graph(tf.Module, ABC):
    """A clip → the outputs of the file, by all members together.

    Attributes:
        twins: The members.
        settings: What the graph has built in, as in ``inference_args.json``; a system may add what `answers.agree`
            must know of the graph.
        num_calibration_clips: How many clips of the training data int8 wants to see, so that convolutions and
            activations are whole numbers, too. 0: only matrices are, and nothing needs to be seen.
        calibration: These clips.
        max_bytes: No file may be larger; None: any size will do.
    """

    num_calibration_clips = 0
    max_bytes: int | None = None

    def __init__(self, twins: list[Twin], settings: Mapping[str, Any]) -> None:
        super().__init__()
        self.twins = twins
        self.settings = dict(settings)
        self.calibration: Sequence[np.ndarray] = ()

    @abstractmethod
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file, a `tf.function`: a clip → the outputs by name."""

    @abstractmethod
    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same in TensorFlow's own operators, with what decides it: all that `answers.agree` looks at."""

    @abstractmethod
    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is computed on the way, in order, each with time as its first axis: the networks' input "x", and of each
        network "{network}/{stage}"."""

    def of_twins(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """What each network makes of the clip as the file takes it: "{network}/{stage}", see `Twin.inside`."""
        return {
            f"{index}/{stage}": value
            for index, twin in enumerate(self.twins)
            for stage, value in twin.inside(inputs).items()
        }

    def function(self, format: str) -> Function:
        """The function that the file of a format holds.

        Raises:
            UserError: The system has no file of that format.
        """
        if format == "web":
            raise UserError("this system has no file of fixed shapes; leave the format web out of export.formats")
        return self.read


class MeanGraph(Graph):
    """The mean of the members' "logits", the last stage of `Twin.inside`, whose input is the clip as the file takes it.

    Args:
        num_columns: Of a clip.
    """

    def __init__(self, twins: list[Twin], settings: Mapping[str, Any], num_columns: int) -> None:
        super().__init__(twins, settings)
        self._signature = [tf.TensorSpec([None, num_columns], tf.float32, name=INPUT)]

    @cached_property
    def read(self) -> Function:
        """The signature of the file."""

        def mean(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"logits": tf.add_n([twin.inside(inputs)["logits"] for twin in self.twins]) / len(self.twins)}

        return tf.function(mean, input_signature=self._signature, autograph=False)

    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same."""
        return self.read(inputs)

    def stages(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The input "x", and of each twin the stages that have an axis of time."""
        seen = self.of_twins(inputs).items()
        return {"x": inputs, **{name: value for name, value in seen if value.shape.rank > 1}}


class Converter:
    """Makes the contents of a graph's files. What two formats share is made once, so weights must stay as they are.

    Attributes:
        graph: Whose files they are.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._constant: dict[Function, ConcreteFunction] = {}
        self._contents: dict[tuple[Function, bool, bool], bytes] = {}

    def convert(self, format: str = "fp16", half_weights: bool = True, is_calibrated: bool = False) -> bytes:
        """A file's content: builtin operators only, no variables.

        Args:
            format: Whose function the file holds, see `Graph.function`.
            half_weights: Store weights in float16; they are widened to float32 when the file is loaded.
            is_calibrated: Weights and activations are int8, in ranges that follow from the graph's `calibration`;
                inputs and outputs stay float32.
        """
        function = self.graph.function(format)
        key = function, half_weights, is_calibrated
        if key not in self._contents:
            if function not in self._constant:
                self._constant[function] = without_variables(function.get_concrete_function())
            converter = tf.lite.TFLiteConverter.from_concrete_functions([self._constant[function]], tf.Module())
            converter.exclude_conversion_metadata = True  # else the whole file is read and written once more
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            if is_calibrated:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.representative_dataset = lambda: ([x] for x in self.graph.calibration)
                converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            elif half_weights:
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
                converter.target_spec.supported_types = [tf.float16]
            content = converter.convert()
            check_operators(content)
            self._contents[key] = content
        return self._contents[key]


def without_variables(function: ConcreteFunction) -> ConcreteFunction:
    """The function with constants for its variables, which the converter would save and load one by one."""
    inner = convert_variables_to_constants_v2(function, lower_control_flow=False)  # numbers its outputs
    names = sorted(function.structured_outputs)

    @tf.function(input_signature=function.structured_input_signature[0], autograph=False)
    def outer(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, inner(*inputs), strict=True))

    return outer.get_concrete_function()
