"""The autoregressive decoder over characters for one clip, and greedy decoding in one loop for several networks.

Letters in tensor names: T encoder frames, S output positions, D width, H heads, K width of a head, V vocabulary.
"""

import math

import numpy as np
import tensorflow as tf

from podium.config import Decoder as DecoderConfig
from podium.port.attention import join_heads, split_heads
from podium.port.layers import LayerNorm, Linear
from podium.port.weights import Weights
from podium.text import END, LABEL_LENGTH, NUM_CHARACTERS, PAD, START, VOCAB_SIZE

NUM_POSITIONS = PAD + 1 + LABEL_LENGTH  # a start token stands at PAD + 1
IMPOSSIBLE = -1e9  # added to what must not win; finite, so that fp16 tables and sums stay numbers

KeysValues = tuple[tf.Tensor, tf.Tensor]  # each (H, T, K), or (H, S, K) for what has been written


class Attention:
    """Multi-head attention with biases."""

    def __init__(self, weights: Weights, dim: int, num_heads: int) -> None:
        self.num_heads = num_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (
            Linear(weights.scope(f"{letter}_proj"), dim, dim) for letter in "qkvo"
        )

    def keys_values(self, x_SD: tf.Tensor) -> KeysValues:
        """Keys and values, each (H, S, K)."""
        return split_heads(self.k_proj(x_SD), self.num_heads), split_heads(self.v_proj(x_SD), self.num_heads)

    def __call__(self, x_1D: tf.Tensor, keys_values: KeysValues, bias_S: tf.Tensor | None = None) -> tf.Tensor:
        """(1, D) → (1, D); ``bias_S`` is added to the scores of the keys."""
        keys_HSK, values_HSK = keys_values
        q_H1K = split_heads(self.q_proj(x_1D), self.num_heads) * keys_HSK.shape[-1] ** -0.5
        scores_H1S = tf.matmul(q_H1K, keys_HSK, transpose_b=True)
        if bias_S is not None:
            scores_H1S += bias_S
        return self.o_proj(join_heads(tf.matmul(tf.nn.softmax(scores_H1S), values_HSK)))


class DecoderLayer:
    """Self-attention, cross-attention, feed-forward; each behind its norm."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.self_attention = Attention(weights.scope("self_attention"), dim, config.num_heads)
        self.cross_attention = Attention(weights.scope("cross_attention"), dim, config.num_heads)
        self.fc1 = Linear(weights.scope("fc1"), dim, config.ff_dim)
        self.fc2 = Linear(weights.scope("fc2"), config.ff_dim, dim)
        self.norm_self, self.norm_cross, self.norm_ff = (
            LayerNorm(weights.scope(name), dim) for name in ("norm_self", "norm_cross", "norm_ff")
        )

    def step(
        self, x_1D: tf.Tensor, cross: KeysValues, cache: KeysValues, step: tf.Tensor
    ) -> tuple[tf.Tensor, KeysValues]:
        """One position.

        Args:
            cross: Keys and values of the encoder output.
            cache: Those of the 33 output positions; from ``step`` on they are 0.

        Returns:
            (1, D), and the cache with this position's key and value.
        """
        position_S = tf.range(LABEL_LENGTH)
        h_1D = self.norm_self(x_1D)
        is_now_S1 = tf.equal(position_S, step)[:, None]
        cache = tuple(
            tf.where(is_now_S1, new_H1K, old_HSK)
            for new_H1K, old_HSK in zip(self.self_attention.keys_values(h_1D), cache, strict=True)
        )
        unwritten_S = tf.cast(position_S > step, tf.float32) * IMPOSSIBLE
        x_1D = x_1D + self.self_attention(h_1D, cache, unwritten_S)
        x_1D = x_1D + self.cross_attention(self.norm_cross(x_1D), cross)
        return x_1D + self.fc2(tf.nn.relu(self.fc1(self.norm_ff(x_1D)))), cache


class Decoder:
    """Encoder frames and the character before → logits of the next character."""

    def __init__(self, weights: Weights, dim: int, config: DecoderConfig) -> None:
        self.dim = dim
        self.num_heads = config.num_heads
        self.embed_tokens_VD = weights.declare("embed_tokens.weight", (VOCAB_SIZE, dim))
        self.layers = [DecoderLayer(weights.scope(f"layers.{j}"), dim, config) for j in range(config.num_layers)]
        self.norm = LayerNorm(weights.scope("norm"), dim)
        self.lm_head = Linear(weights.scope("lm_head"), dim, VOCAB_SIZE, bias=False)
        self.positions = position_table(dim)

    def cross(self, e_TD: tf.Tensor) -> list[KeysValues]:
        """Keys and values of the encoder output, per layer."""
        return [layer.cross_attention.keys_values(e_TD) for layer in self.layers]

    def empty_cache(self) -> list[KeysValues]:
        """Keys and values of no output, per layer."""
        zeros_HSK = tf.zeros([self.num_heads, LABEL_LENGTH, self.dim // self.num_heads])
        return [(zeros_HSK, zeros_HSK) for _ in self.layers]

    def step(
        self, token: tf.Tensor, position: tf.Tensor, step: tf.Tensor, cross: list[KeysValues], cache: list[KeysValues]
    ) -> tuple[tf.Tensor, list[KeysValues]]:
        """Logits (V,) of what follows ``token``, and the grown cache."""
        embedding_D = tf.gather(self.embed_tokens_VD, token) * math.sqrt(self.dim)
        x_1D = (embedding_D + tf.gather(tf.constant(self.positions), position))[None]
        grown = []
        for layer, layer_cross, layer_cache in zip(self.layers, cross, cache, strict=True):
            x_1D, layer_cache = layer.step(x_1D, layer_cross, layer_cache, step)
            grown.append(layer_cache)
        return self.lm_head(self.norm(x_1D))[0], grown


def greedy(
    decoders: list[Decoder], encodings: list[tf.Tensor], published: bool, is_done: tf.Tensor | bool = False
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Takes the token with the largest logit, averaged over the networks, until END has won or 33 steps are done.

    Args:
        decoders: One per network.
        encodings: Each network's encoder output (T, D).
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
    position_S = tf.range(LABEL_LENGTH)

    def is_open(step, token, num_tokens, is_done, ids_S, logits_SV, caches):
        return tf.logical_and(step < LABEL_LENGTH, tf.logical_not(is_done))

    def advance(step, token, num_tokens, is_done, ids_S, logits_SV, caches):
        # Pads, which only a published network can write, neither count nor stand anywhere but at PAD.
        is_pad = tf.equal(token, PAD)
        num_tokens = tf.where(is_pad, num_tokens, num_tokens + 1)
        position = tf.where(is_pad, PAD, PAD + num_tokens)
        pairs = [
            decoder.step(token, position, step, cross, cache)
            for decoder, cross, cache in zip(decoders, crosses, caches, strict=True)
        ]
        logits_V = tf.add_n([logits for logits, _ in pairs]) / len(pairs)
        token = tf.argmax(logits_V + may_win_V, output_type=tf.int32)
        is_now_S = tf.equal(position_S, step)
        ids_S = tf.where(is_now_S, token, ids_S)
        logits_SV = tf.where(is_now_S[:, None], logits_V, logits_SV)
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
