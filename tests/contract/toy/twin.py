"""The same in TensorFlow."""

import tensorflow as tf
from podium.systems.toy.plan import WIDTH

from podium.export.graph import MeanGraph
from podium.port.twin import Fault, Twin


class MeanTwin(Twin):
    faults = [Fault("transposed", ("1.weight",), "hidden")]

    def build(self):
        sizes, declare = [(WIDTH, 2), (WIDTH, WIDTH), (2, WIDTH)], self.weights.declare
        self.kernels = [declare(f"{layer}.weight", size, "linear") for layer, size in enumerate(sizes)]
        self.biases = [declare(f"{layer}.bias", size[:1]) for layer, size in enumerate(sizes)]

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)], autograph=False)
    def inside(self, x):
        (inner, mix, head), (b_inner, b_mix, b_head) = self.kernels, self.biases
        hidden_TD = tf.nn.relu(x @ inner + b_inner) @ mix + b_mix
        return {"hidden": hidden_TD, "logits": (tf.reduce_mean(hidden_TD, 0, keepdims=True) @ head + b_head)[0]}


make = MeanTwin


def assemble(twins, settings):
    return MeanGraph(twins, settings, num_columns=2)
