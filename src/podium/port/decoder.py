"""The autoregressive decoder over characters for one clip, and greedy decoding in one loop for several networks.

Letters in tensor names: T encoder frames, S output positions, D width, H heads, K width of a head, V vocabulary.
"""

import functools
import math

import numpy as np
import tensorflow as tf

from podium.config import Decoder as DecoderConfig
from podium.port.layers import IMPOSSIBLE, NORM_EPSILON, Affine, Frames, Linear
from podium.port.weights import Weights
from podium.text import END, LABEL_LENGTH, NUM_CHARACTERS, PAD, START, VOCAB_SIZE

NUM_POSITIONS = PAD + 1 + LABEL_LENGTH  # a start token stands at PAD + 1

Cache = tuple[tf.Tensor, tf.Tensor]  # keys and values (H, K, S) of the encoder's frames or of what is written


class Attention:
    """Multi-head attention of one position, with biases.

    One query makes thin products, for which matrix kernels are wasteful: it multiplies and sums instead.
    """

    def __init__(self, weights: Weights, dim: int, num_heads: int) -> None:
        self.num_heads = num_heads
        self.head_dim = dim // num_heads
        self.gain = self.head_dim**-0.5
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            Linear(weights.scope(f"{letter}_proj"), dim, dim) for letter in "qkvo"
        )

    def cache(self, x_SD: tf.Tensor) -> Cache:
        """Keys and values of all rows."""
        by_head = (tf.reshape(proj(x_SD), [-1, self.num_heads, self.head_dim]) for proj in (self.k_proj, self.v_proj))
        return tuple(tf.transpose(x_SHK, [1, 2, 0]) for x_SHK in by_head)

    def project(self, x_1D: tf.Tensor, norm: Affine) -> list[tf.Tensor]:
        """Query, key and value (H, K, 1) of one position, from one product."""
        folded = (self.q_proj.folded(norm, self.gain), self.k_proj.folded(norm), self.v_proj.folded(norm))
        kernels, biases = zip(*folded, strict=True)
        qkv_1D = tf.matmul(x_1D, tf.concat(kernels, axis=1)) + tf.concat(biases, axis=0)
        return tf.split(tf.reshape(qkv_1D, [3 * self.num_heads, self.head_dim, 1]), 3)

    def query(self, x_1D: tf.Tensor, norm: Affine) -> tf.Tensor:
        """(1, D) → (H, K, 1)."""
        return tf.reshape(self.q_proj(x_1D, norm, self.gain), [self.num_heads, self.head_dim, 1])

    def __call__(self, q_HK1: tf.Tensor, cache: Cache, bias_S: tf.Tensor | None = None) -> tf.Tensor:
        """The centred output (1, D); ``bias_S`` is added to the scores of the keys."""
        keys_HKS, values_HKS = cache
        scores_H1S = tf.reduce_sum(keys_HKS * q_HK1, axis=1, keepdims=True)
        if bias_S is not None:
            scores_H1S += bias_S
        o_HK1 = tf.reduce_sum(values_HKS * tf.nn.softmax(scores_H1S), axis=2, keepdims=True)
        return centred_linear(self.o_proj, tf.reshape(o_HK1, [1, -1]))


def centre(x: tf.Tensor) -> tf.Tensor:
    """The last axis without its mean."""
    return x - tf.reduce_mean(x, axis=-1, keepdims=True)


def centred_linear(linear: Linear, x_1I: tf.Tensor) -> tf.Tensor:
    """A linear layer whose output has no mean.

    All that reads the decoder's stream normalises it first, so that its mean does not matter; without one, the norms
    need not take it away at every step.
    """
    return tf.matmul(x_1I, centre(linear.kernel_IO)) + centre(linear.bias_O)


def standardise(x_1D: tf.Tensor) -> tf.Tensor:
    """What layer norm does to a row without mean, before its scale and bias."""
    return x_1D * tf.math.rsqrt(tf.reduce_mean(tf.square(x_1D), axis=-1, keepdims=True) + NORM_EPSILON)


class DecoderLayer:
    """Self-attention, cross-attention, feed-forward; each behind its norm."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.self_attention = Attention(weights.scope("self_attention"), dim, config.num_heads)
        self.cross_attention = Attention(weights.scope("cross_attention"), dim, config.num_heads)
        self.fc1 = Linear(weights.scope("fc1"), dim, config.ff_dim)
        self.fc2 = Linear(weights.scope("fc2"), config.ff_dim, dim)
        self.norm_self, self.norm_cross, self.norm_ff = (
            Affine(weights.scope(name), dim, ("weight", "bias")) for name in ("norm_self", "norm_cross", "norm_ff")
        )

    def step(
        self,
        x_1D: tf.Tensor,
        cross: Cache,
        cache: Cache,
        is_now_S: tf.Tensor,
        unwritten_S: tf.Tensor,
        frames: Frames,
    ) -> tuple[tf.Tensor, Cache]:
        """One position.

        Args:
            cross: Keys and values of the encoder output.
            cache: Those of the 33 output positions; from this one on they are 0.
            is_now_S: 1 at this position, else 0.
            unwritten_S: `IMPOSSIBLE` behind this position, else 0.
            frames: Of the encoder output.

        Returns:
            (1, D) without mean, and the cache with this position's key and value.
        """
        q_HK1, *written = self.self_attention.project(standardise(x_1D), self.norm_self)
        cache = tuple(old_HKS + is_now_S * x_HK1 for old_HKS, x_HK1 in zip(cache, written, strict=True))
        x_1D = x_1D + self.self_attention(q_HK1, cache, unwritten_S)
        q_HK1 = self.cross_attention.query(standardise(x_1D), self.norm_cross)
        x_1D = x_1D + self.cross_attention(q_HK1, cross, frames.hidden_T)
        return x_1D + centred_linear(self.fc2, tf.nn.relu(self.fc1(standardise(x_1D), self.norm_ff))), cache


class Decoder:
    """Encoder frames and the character before → logits of the next character."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.dim = dim
        self.num_heads = config.num_heads
        self.embed_tokens_VD = weights.declare("embed_tokens.weight", (VOCAB_SIZE, dim))
        self.layers = [DecoderLayer(weights.scope(f"layers.{j}"), dim, config) for j in range(config.num_layers)]
        self.norm = Affine(weights.scope("norm"), dim, ("weight", "bias"))
        self.lm_head = Linear(weights.scope("lm_head"), dim, VOCAB_SIZE, bias=False)
        self.positions = position_table(dim)

    def cross(self, e_TD: tf.Tensor) -> list[Cache]:
        """Keys and values of the encoder output, per layer."""
        return [layer.cross_attention.cache(e_TD) for layer in self.layers]

    def empty_cache(self) -> list[Cache]:
        """Keys and values of no output, per layer."""
        empty_HKS = tf.zeros([self.num_heads, self.dim // self.num_heads, LABEL_LENGTH])
        return [(empty_HKS, empty_HKS) for _ in self.layers]

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
        """Logits (1, V) of what follows ``token``, and the grown cache; see `DecoderLayer.step`."""
        embedding_D = tf.gather(centre(self.embed_tokens_VD * math.sqrt(self.dim)), token)
        x_1D = tf.reshape(embedding_D + tf.gather(centre(tf.constant(self.positions)), position), [1, -1])
        grown = []
        for layer, layer_cross, layer_cache in zip(self.layers, cross, cache, strict=True):
            x_1D, layer_cache = layer.step(x_1D, layer_cross, layer_cache, is_now_S, unwritten_S, frames)
            grown.append(layer_cache)
        return self.lm_head(standardise(x_1D), self.norm), grown


def greedy(
    decoders: list[Decoder],
    encodings: list[tf.Tensor],
    frames: Frames,
    published: bool,
    is_done: tf.Tensor | bool = False,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Takes the token with the largest logit, averaged over the networks, until END has won or 33 steps are done.

    Args:
        decoders: One per network.
        encodings: Each network's encoder output (T, D).
        frames: Of all of them.
        published: Any token may win; otherwise only characters and END can.
        is_done: Scalar; true makes no step at all.

    Returns:
        ids (33,) int32 and averaged logits (33, V), both 0 behind the last step, and the number of steps, int32.
    """
    crosses = [decoder.cross(e_TD) for decoder, e_TD in zip(decoders, encodings, strict=True)]
    may_win_V = np.zeros(VOCAB_SIZE, np.float32)
    if not published:
        may_win_V[NUM_CHARACTERS:] = IMPOSSIBLE
        may_win_V[END] = 0
    is_now_SS = np.eye(LABEL_LENGTH, dtype=np.float32)
    unwritten_SS = np.triu(np.full_like(is_now_SS, IMPOSSIBLE), 1)

    def is_open(step, token, num_tokens, is_done, ids_S, logits_SV, caches):
        return tf.logical_and(step < LABEL_LENGTH, tf.logical_not(is_done))

    def advance(step, token, num_tokens, is_done, ids_S, logits_SV, caches):
        # Pads, which only a published network can write, neither count nor stand anywhere but at PAD.
        is_pad = tf.equal(token, PAD)
        num_tokens = tf.where(is_pad, num_tokens, num_tokens + 1)
        position = tf.where(is_pad, PAD, PAD + num_tokens)
        # Rows of tables and sums instead of choices: these TFLite hands to its fast kernels.
        is_now_S, unwritten_S = tf.gather(is_now_SS, step), tf.gather(unwritten_SS, step)
        is_now_S1 = tf.gather(is_now_SS[..., None], step)
        pairs = [
            decoder.step(token, position, cross, cache, is_now_S, unwritten_S, frames)
            for decoder, cross, cache in zip(decoders, crosses, caches, strict=True)
        ]
        logits_1V = functools.reduce(tf.add, [logits for logits, _ in pairs]) * (1 / len(pairs))
        token = tf.argmax(logits_1V + may_win_V, axis=-1, output_type=tf.int32)[0]
        ids_S += tf.cast(is_now_S, tf.int32) * token
        logits_SV += is_now_S1 * logits_1V
        return step + 1, token, num_tokens, tf.equal(token, END), ids_S, logits_SV, [grown for _, grown in pairs]

    start = (
        tf.constant(0),
        tf.constant(START),
        tf.constant(0),
        tf.convert_to_tensor(is_done),
        tf.zeros([LABEL_LENGTH], tf.int32),
        tf.zeros([LABEL_LENGTH, VOCAB_SIZE]),
        [decoder.empty_cache() for decoder in decoders],
    )
    num_steps, _, _, _, ids_S, logits_SV, _ = tf.while_loop(is_open, advance, start)
    return ids_S, logits_SV, num_steps


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
