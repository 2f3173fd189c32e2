"""What the files of the sign systems have in common: their signature, and which function a format holds."""

from abc import abstractmethod

import tensorflow as tf

from podium.export.graph import INPUT, Function, Graph
from podium.systems.signs.points import NUM_ROWS

CLIP = tf.TensorSpec([None, NUM_ROWS, 3], tf.float32, name=INPUT)


class ClipGraph(Graph):
    """Raw landmarks `CLIP` → what the networks say of the signs; the answer decides, and nothing else."""

    def inside(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same as `read`."""
        return self.read(inputs)

    def function(self, format: str) -> Function:
        """The function that the file of a format holds."""
        if format == "web":
            return self.fixed_function()
        return self.function_in_bytes() if format == "int8" else self.read

    @abstractmethod
    def function_in_bytes(self) -> Function:
        """Whose stored tables are rounded to int8, as the matrices will be."""

    @abstractmethod
    def fixed_function(self) -> Function:
        """For clips in a frame of fixed size, with their number of frames."""
