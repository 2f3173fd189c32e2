"""The autoregressive decoder over characters for one clip, of several networks together.

Letters in tensor names: N networks, T encoder frames, S output positions, D width, H heads, K width of a head,
I and O channels in and out, V vocabulary.
"""

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from podium.port.layers import NORM_EPSILON, Affine, Folded, Frames, Linear, side_by_side
from podium.port.weights import Weights
from podium.systems.fingerspelling.recipe import Decoder as DecoderConfig
from podium.systems.fingerspelling.text import LABEL_LENGTH, PAD, VOCAB_SIZE

NUM_POSITIONS = PAD + 1 + LABEL_LENGTH  # a start token stands at PAD + 1

Cache = tuple[tf.Tensor, tf.Tensor]  # keys and values (N, H, K, S) of the encoder's frames or of what is written


class Attention:
    """The parameters of multi-head attention with biases."""

    def __init__(self, weights: Weights, dim: int, num_heads: int) -> None:
        self.gain = (dim // num_heads) ** -0.5
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            Linear(weights.scope(f"{letter}_proj"), dim, dim) for letter in "qkvo"
        )

    def query(self, norm: Affine) -> Folded:
        """What makes the scaled query."""
        return self.q_proj.folded(norm, self.gain)

    def query_key_value(self, norm: Affine) -> Folded:
        """What makes all three by one product."""
        return side_by_side([self.query(norm), self.k_proj.folded(norm), self.v_proj.folded(norm)])


class DecoderLayer:
    """The parameters of self-attention, cross-attention and feed-forward, each behind its norm."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.self_attention = Attention(weights.scope("self_attention"), dim, config.num_heads)
        self.cross_attention = Attention(weights.scope("cross_attention"), dim, config.num_heads)
        self.fc1 = Linear(weights.scope("fc1"), dim, config.ff_dim)
        self.fc2 = Linear(weights.scope("fc2"), config.ff_dim, dim)
        self.norm_self, self.norm_cross, self.norm_ff = (
            Affine.declare(weights.scope(name), dim, ("weight", "bias"))
            for name in ("norm_self", "norm_cross", "norm_ff")
        )


class Decoder:
    """The parameters of a network's decoder: encoder frames and the character before → logits of the next one."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.dim, self.num_heads = dim, config.num_heads
        self.embed_tokens_VD = weights.declare("embed_tokens.weight", (VOCAB_SIZE, dim))
        self.layers = [DecoderLayer(weights.scope(f"layers.{j}"), dim, config) for j in range(config.num_layers)]
        self.norm = Affine.declare(weights.scope("norm"), dim, ("weight", "bias"))
        self.lm_head = Linear(weights.scope("lm_head"), dim, VOCAB_SIZE, bias=False)

    def keys_and_values(self) -> Folded:
        """What makes those of the encoder output, of one layer after the other."""
        attentions = [layer.cross_attention for layer in self.layers]
        return side_by_side([proj.folded() for one in attentions for proj in (one.k_proj, one.v_proj)])


def centre(x: tf.Tensor) -> tf.Tensor:
    """The last axis without its mean."""
    return x - tf.reduce_mean(x, axis=-1, keepdims=True)


def centred(linear: Linear) -> Folded:
    """A linear layer whose output has no mean.

    All that reads the decoder's stream normalises it first, so that its mean does not matter; without one, the norms
    need not take it away at every step.
    """
    return centre(linear.kernel_IO), centre(linear.bias_O)


def standardise(x_ND: tf.Tensor) -> tf.Tensor:
    """What layer norm does to rows without mean, before its scale and bias."""
    return x_ND * tf.math.rsqrt(tf.reduce_mean(tf.square(x_ND), axis=-1, keepdims=True) + NORM_EPSILON)


def product(x_NI: tf.Tensor, linears: list[Folded], activation: Callable = tf.identity) -> tf.Tensor:
    """(N, I) → (N, O): each network's row through its own layer."""
    pairs = zip(tf.split(x_NI, len(linears)), linears, strict=True)
    return tf.concat([activation(tf.matmul(x_1I, kernel) + bias) for x_1I, (kernel, bias) in pairs], axis=0)


def attend(q_NHK1: tf.Tensor, cache: Cache, bias_S: tf.Tensor | None) -> tf.Tensor:
    """What one query per head reads, (N, D); ``bias_S`` is added to the scores of the keys.

    One query makes thin products, for which matrix kernels are wasteful: it multiplies and sums instead.
    """
    keys_NHKS, values_NHKS = cache
    scores_NH1S = tf.reduce_sum(keys_NHKS * q_NHK1, axis=2, keepdims=True)
    if bias_S is not None:
        scores_NH1S += bias_S
    o_NHK1 = tf.reduce_sum(values_NHKS * tf.nn.softmax(scores_NH1S), axis=3, keepdims=True)
    num_networks, num_heads, head_dim, _ = q_NHK1.shape
    return tf.reshape(o_NHK1, [num_networks, num_heads * head_dim])


class Decoders:
    """The decoders of several networks of one size, which go step by step together.

    What they do between their matrices is one operator for all of them: its work is small beside the call.
    """

    def __init__(self, decoders: list[Decoder]) -> None:
        self.decoders = decoders
        self.layers = list(zip(*(decoder.layers for decoder in decoders), strict=True))
        dim, self.num_heads = decoders[0].dim, decoders[0].num_heads
        self.head_dim = dim // self.num_heads
        tables = [centre(decoder.embed_tokens_VD * math.sqrt(dim)) for decoder in decoders]
        self.embed_tokens_VND = tf.stack(tables, axis=1)
        self.positions_PD = centre(tf.constant(position_table(dim)))

    def cross(self, encodings: list[tf.Tensor]) -> list[Cache]:
        """Keys and values of each network's encoder output (T, D), per layer."""
        num_kinds = 2 * len(self.layers)
        rows = []
        for decoder, e_TD in zip(self.decoders, encodings, strict=True):
            kernel_IO, bias_O = decoder.keys_and_values()
            x_TO = tf.matmul(e_TD, kernel_IO) + bias_O
            x_1THK = tf.reshape(x_TO, [1, -1, num_kinds * self.num_heads, self.head_dim])
            rows.append(tf.transpose(x_1THK, [0, 2, 3, 1]))
        kinds = tf.split(tf.concat(rows, axis=0), num_kinds, axis=1)
        return list(zip(kinds[::2], kinds[1::2], strict=True))

    def empty_cache(self) -> list[Cache]:
        """Keys and values of no output, per layer."""
        empty_NHKS = tf.zeros([len(self.decoders), self.num_heads, self.head_dim, LABEL_LENGTH])
        return [(empty_NHKS, empty_NHKS) for _ in self.layers]

    def step(
        self,
        token: tf.Tensor,
        position: tf.Tensor,
        cross: list[Cache],
        cache: list[Cache],
        is_now_S: tf.Tensor,
        unwritten_S: tf.Tensor,
        frames: Frames,
    ) -> tuple[tf.Tensor, list[Cache]]:
        """One position.

        Args:
            cross: Keys and values of the encoder output.
            cache: Those of the 33 output positions; from this one on they are 0.
            is_now_S: 1 at this position, else 0.
            unwritten_S: `IMPOSSIBLE` behind this position, else 0.
            frames: Of the encoder output.

        Returns:
            Logits (N, V) of what follows ``token``, and the cache with this position's keys and values.
        """
        x_ND = tf.gather(self.embed_tokens_VND, token) + tf.gather(self.positions_PD, position)
        grown = []
        for layers, layer_cross, layer_cache in zip(self.layers, cross, cache, strict=True):
            x_ND, layer_cache = self._layer(
                layers, x_ND, layer_cross, layer_cache, is_now_S, unwritten_S, frames.hidden_T
            )
            grown.append(layer_cache)
        heads = [decoder.lm_head.folded(decoder.norm) for decoder in self.decoders]
        return product(standardise(x_ND), heads), grown

    def _layer(
        self,
        layers: tuple[DecoderLayer, ...],
        x_ND: tf.Tensor,
        cross: Cache,
        cache: Cache,
        is_now_S: tf.Tensor,
        unwritten_S: tf.Tensor,
        hidden_T: tf.Tensor | None,
    ) -> tuple[tf.Tensor, Cache]:
        qkv = product(standardise(x_ND), [one.self_attention.query_key_value(one.norm_self) for one in layers])
        q_NHK1, *written = tf.split(self._heads(qkv, 3), 3, axis=1)
        cache = tuple(old_NHKS + is_now_S * x_NHK1 for old_NHKS, x_NHK1 in zip(cache, written, strict=True))
        o_ND = attend(q_NHK1, cache, unwritten_S)
        x_ND = x_ND + product(o_ND, [centred(one.self_attention.o_proj) for one in layers])
        q_ND = product(standardise(x_ND), [one.cross_attention.query(one.norm_cross) for one in layers])
        o_ND = attend(self._heads(q_ND, 1), cross, hidden_T)
        x_ND = x_ND + product(o_ND, [centred(one.cross_attention.o_proj) for one in layers])
        h_NO = product(standardise(x_ND), [one.fc1.folded(one.norm_ff) for one in layers], tf.nn.relu)
        return x_ND + product(h_NO, [centred(one.fc2) for one in layers]), cache

    def _heads(self, x_NO: tf.Tensor, num_kinds: int) -> tf.Tensor:
        return tf.reshape(x_NO, [len(self.decoders), num_kinds * self.num_heads, self.head_dim, 1])


def position_table(dim: int) -> np.ndarray:
    """Sinusoids of token positions, all sines before all cosines; the pad's row is 0.

    Returns:
        (NUM_POSITIONS, dim) float32.
    """
    half = dim // 2
    frequency = np.exp(np.arange(half, dtype=np.float32) * np.float32(-(math.log(10000.0) / (half - 1))))
    angle = np.outer(np.arange(NUM_POSITIONS, dtype=np.float32), frequency)
    table = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)
    table[PAD] = 0
    return table
