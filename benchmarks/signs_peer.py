"""The network of the 1st place in Kaggle's competition of isolated signs, by its description, with random weights.

It is what the files of sign systems are held against: four seeds of 1.83 million parameters. A seed reads 708 features
a frame (x, y of 118 points, and their differences to the next frame and the one after) of at most 384 frames: a linear
layer to 192 channels with a batch norm; twice three convolution blocks and a transformer block; a linear layer to 384,
the mean over time, and 250 logits. A convolution block expands to twice the width, convolves each channel along time
(17 taps, causal), gates channels by their means (ECA), and projects back. No line of the original stands here.

Letters in tensor names: T frames, F features, D width, E inner width, H heads, K width of a head, V signs.
"""

import numpy as np
import tensorflow as tf

from podium.export.graph import INPUT, Graph

NUM_SEEDS, NUM_POINTS, MAX_FRAMES, WIDTH, TAPS, NUM_HEADS, NUM_SIGNS = 4, 118, 384, 192, 17, 4, 250
ECA_TAPS = 5
CLIP = tf.TensorSpec([None, 543, 3], tf.float32, name=INPUT)
ROWS = [*range(0, 76), *range(468, 489), *range(522, 543)]  # any 118


class Peer(Graph):
    """All seeds: raw landmarks → the mean of their logits."""

    def __init__(self) -> None:
        super().__init__([], {})
        self.seeds = [Seed(np.random.default_rng(seed)) for seed in range(NUM_SEEDS)]

    @tf.function(input_signature=[CLIP], autograph=False)
    def read(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """The signature of the file."""
        x_TF = features(inputs)
        return {"outputs": tf.add_n([seed(x_TF) for seed in self.seeds]) / NUM_SEEDS}

    inside = stages = read


def features(inputs: tf.Tensor) -> tf.Tensor:
    """Standardised points of the first frames and their differences, (T, 708)."""
    x_TNA = tf.gather(inputs[:MAX_FRAMES], ROWS, axis=1)[:, :, :2]
    is_nan = tf.math.is_nan(x_TNA)
    number = tf.maximum(tf.reduce_sum(tf.cast(~is_nan, tf.float32), axis=[0, 1]), 1.0)
    mean = tf.reduce_sum(tf.where(is_nan, 0.0, x_TNA), axis=[0, 1]) / number
    x_TNA = tf.where(is_nan, 0.0, x_TNA - mean)
    x_TNA /= tf.sqrt(tf.reduce_sum(x_TNA * x_TNA, axis=[0, 1]) / number) + 1e-6
    x_TC = tf.reshape(x_TNA, [-1, 2 * NUM_POINTS])
    one_TC = tf.pad(x_TC[1:] - x_TC[:-1], [[0, 1], [0, 0]])
    two_TC = tf.pad(x_TC[2:] - x_TC[:-2], [[0, tf.minimum(tf.shape(x_TC)[0], 2)], [0, 0]])
    return tf.concat([x_TC, one_TC, two_TC], axis=1)


class Seed(tf.Module):
    """One network."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self._rng, self.num_parameters = rng, 0
        self.stem, self.stem_norm = self._matrix(6 * NUM_POINTS, WIDTH), self._norm(WIDTH)
        self.groups = [([self._convolution() for _ in range(3)], self._transformer()) for _ in range(2)]
        self.top, self.top_bias = self._matrix(WIDTH, 2 * WIDTH), self._vector(2 * WIDTH)
        self.head, self.head_bias = self._matrix(2 * WIDTH, NUM_SIGNS), self._vector(NUM_SIGNS)

    def __call__(self, x_TF: tf.Tensor) -> tf.Tensor:
        h_TD = normed(tf.matmul(x_TF, self.stem), self.stem_norm)
        for convolutions, transformer in self.groups:
            for one in convolutions:
                h_TD = convolution_block(h_TD, one)
            h_TD = transformer_block(h_TD, transformer)
        h_TE = tf.matmul(h_TD, self.top) + self.top_bias
        return (tf.matmul(tf.reduce_mean(h_TE, axis=0, keepdims=True), self.head) + self.head_bias)[0]

    def _convolution(self) -> dict:
        inner = 2 * WIDTH
        return {
            "expand": self._matrix(WIDTH, inner), "expand_bias": self._vector(inner),
            "taps": self._make((TAPS, 1, inner, 1), TAPS), "norm": self._norm(inner),
            "eca": self._make((ECA_TAPS, 1, 1), ECA_TAPS),
            "project": self._matrix(inner, WIDTH), "project_bias": self._vector(WIDTH),
        }  # fmt: skip

    def _transformer(self) -> dict:
        return {
            "norm": self._norm(WIDTH), "qkv": self._matrix(WIDTH, 3 * WIDTH), "out": self._matrix(WIDTH, WIDTH),
            "inner_norm": self._norm(WIDTH), "up": self._matrix(WIDTH, 2 * WIDTH),
            "down": self._matrix(2 * WIDTH, WIDTH),
        }  # fmt: skip

    def _norm(self, dim: int) -> tuple[tf.Variable, ...]:
        self.num_parameters += 2 * dim  # running statistics; scale and shift of them stand here
        return self._make((dim,), 1, 1.0), self._vector(dim)

    def _matrix(self, inputs: int, outputs: int) -> tf.Variable:
        return self._make((inputs, outputs), inputs)

    def _vector(self, dim: int) -> tf.Variable:
        return self._make((dim,), 100)

    def _make(self, shape: tuple[int, ...], fan_in: int, mean: float = 0.0) -> tf.Variable:
        self.num_parameters += int(np.prod(shape))
        return tf.Variable((mean + self._rng.normal(size=shape) / fan_in**0.5).astype(np.float32))


def normed(x_TD: tf.Tensor, norm: tuple[tf.Variable, tf.Variable]) -> tf.Tensor:
    """A batch norm by its running statistics."""
    return x_TD * norm[0] + norm[1]


def swish(x: tf.Tensor) -> tf.Tensor:
    """x·sigmoid(x)."""
    return x * tf.sigmoid(x)


def convolution_block(x_TD: tf.Tensor, one: dict) -> tf.Tensor:
    """See this file's head."""
    h_1T1E = tf.reshape(swish(tf.matmul(x_TD, one["expand"]) + one["expand_bias"]), [1, -1, 1, 2 * WIDTH])
    h_1T1E = tf.pad(h_1T1E, [[0, 0], [TAPS - 1, 0], [0, 0], [0, 0]])
    h_1T1E = tf.nn.depthwise_conv2d(h_1T1E, one["taps"] * one["norm"][0][:, None], [1, 1, 1, 1], "VALID")
    h_TE = tf.reshape(h_1T1E, [-1, 2 * WIDTH]) + one["norm"][1]
    mean_1E1 = tf.reshape(tf.reduce_mean(h_TE, axis=0), [1, -1, 1])
    gate_E = tf.sigmoid(tf.reshape(tf.nn.conv1d(mean_1E1, one["eca"], 1, "SAME"), [1, -1]))
    return x_TD + tf.matmul(h_TE * gate_E, one["project"]) + one["project_bias"]


def transformer_block(x_TD: tf.Tensor, one: dict) -> tf.Tensor:
    """Self-attention without positions, then a feed-forward."""
    qkv_TE = tf.matmul(normed(x_TD, one["norm"]), one["qkv"])
    heads_HTE = tf.transpose(tf.reshape(qkv_TE, [-1, NUM_HEADS, 3 * WIDTH // NUM_HEADS]), [1, 0, 2])
    q_HTK, k_HTK, v_HTK = tf.split(heads_HTE, 3, axis=-1)
    weight_HTT = tf.nn.softmax(tf.matmul(q_HTK, k_HTK, transpose_b=True) * (WIDTH // NUM_HEADS) ** -0.5)
    context_TD = tf.reshape(tf.transpose(tf.matmul(weight_HTT, v_HTK), [1, 0, 2]), [-1, WIDTH])
    x_TD += tf.matmul(context_TD, one["out"])
    return x_TD + tf.matmul(swish(tf.matmul(normed(x_TD, one["inner_norm"]), one["up"])), one["down"])
