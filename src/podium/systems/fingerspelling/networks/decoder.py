"""The autoregressive decoder over characters, and greedy decoding with a key/value cache.

A pre-norm Transformer decoder after the Speech2Text decoder that the 1st-place solution takes: scaled embeddings,
sinusoidal positions that start behind the pad id, ReLU feed-forwards.

Letters in tensor names: B batch, T encoder frames, S output positions, D width, H heads, K width of a head,
V vocabulary.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from podium.systems.fingerspelling.networks.attention import attend, hide, join_heads, split_heads
from podium.systems.fingerspelling.networks.layers import Dropout
from podium.systems.fingerspelling.recipe import Decoder as DecoderConfig
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, MASK, NUM_CHARACTERS, PAD, START, VOCAB_SIZE
from podium.training.batch_norm import NORM_EPSILON

INIT_DEVIATION = 0.02
NUM_POSITIONS = PAD + 1 + LABEL_LENGTH  # a start token stands at PAD + 1


class Attention(nn.Module):
    """Multi-head attention with biases and dropout on the probabilities."""

    def __init__(self, dim: int, num_heads: int, p_dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.p_dropout = p_dropout
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            self.add_module(name, nn.Linear(dim, dim))

    def keys_values(self, x_BSD: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, each (B, H, S, K)."""
        return split_heads(self.k_proj(x_BSD), self.num_heads), split_heads(self.v_proj(x_BSD), self.num_heads)

    def forward(self, x_BSD: Tensor, keys_values: tuple[Tensor, Tensor], hidden: Tensor | None) -> Tensor:
        """Attends; ``hidden`` is added to the scores and broadcasts to (B, H, S, keys)."""
        q_BHSK = split_heads(self.q_proj(x_BSD), self.num_heads)
        p_dropout = self.p_dropout if self.training else 0.0
        return self.o_proj(join_heads(attend(q_BHSK, *keys_values, hidden, p_dropout)))


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention, feed-forward; each behind its norm and in front of its dropout."""

    def __init__(self, dim: int, config: DecoderConfig) -> None:
        super().__init__()
        self.self_attention = Attention(dim, config.num_heads, config.p_attention_dropout)
        self.cross_attention = Attention(dim, config.num_heads, config.p_attention_dropout)
        self.fc1 = nn.Linear(dim, config.ff_dim)
        self.fc2 = nn.Linear(config.ff_dim, dim)
        self.norm_self = nn.LayerNorm(dim, eps=NORM_EPSILON)
        self.norm_cross = nn.LayerNorm(dim, eps=NORM_EPSILON)
        self.norm_ff = nn.LayerNorm(dim, eps=NORM_EPSILON)
        self.dropout = Dropout(config.p_dropout)
        self.activation_dropout = Dropout(config.p_activation_dropout)

    def forward(
        self,
        x_BSD: Tensor,
        cross: tuple[Tensor, Tensor],
        future_SS: Tensor,
        hidden_B11T: Tensor,
    ) -> Tensor:
        """All positions at once: (B, S, D) → (B, S, D)."""
        h_BSD = self.norm_self(x_BSD)
        x_BSD = x_BSD + self.dropout(self.self_attention(h_BSD, self.self_attention.keys_values(h_BSD), future_SS))
        return self._rest(x_BSD, cross, hidden_B11T)

    def step(
        self, x_B1D: Tensor, cross: tuple[Tensor, Tensor], hidden_B11T: Tensor, cache: dict[str, Tensor], position: int
    ) -> Tensor:
        """One position, whose key and value are added to ``cache`` in place: (B, 1, D) → (B, 1, D)."""
        h_B1D = self.norm_self(x_B1D)
        key, value = self.self_attention.keys_values(h_B1D)
        cache["keys"][:, :, position] = key[:, :, 0]
        cache["values"][:, :, position] = value[:, :, 0]
        seen = (cache["keys"][:, :, : position + 1], cache["values"][:, :, : position + 1])
        x_B1D = x_B1D + self.dropout(self.self_attention(h_B1D, seen, None))
        return self._rest(x_B1D, cross, hidden_B11T)

    def _rest(self, x_BSD: Tensor, cross: tuple[Tensor, Tensor], hidden_B11T: Tensor) -> Tensor:
        x_BSD = x_BSD + self.dropout(self.cross_attention(self.norm_cross(x_BSD), cross, hidden_B11T))
        h_BSD = self.activation_dropout(F.relu(self.fc1(self.norm_ff(x_BSD))))
        return x_BSD + self.dropout(self.fc2(h_BSD))


class Decoder(nn.Module):
    """Characters so far and encoder frames → logits of the next character."""

    def __init__(self, dim: int, config: DecoderConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCAB_SIZE, dim, padding_idx=PAD)
        self.layers = nn.ModuleList(DecoderLayer(dim, config) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(dim, eps=NORM_EPSILON)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=INIT_DEVIATION)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.embed_tokens.weight, std=INIT_DEVIATION)
        with torch.no_grad():
            self.embed_tokens.weight[PAD] = 0
        self.lm_head = nn.Linear(dim, VOCAB_SIZE, bias=False)
        self.dropout = Dropout(config.p_dropout)
        self.register_buffer("position_table", position_table(dim), persistent=False)

    def forward(self, ids_BS: Tensor, e_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Logits of every next token, the tokens before it given.

        Args:
            ids_BS: Decoder inputs, as `shift_right` makes them.
            e_BTD: Encoder output.
            mask_BT: True at valid frames.

        Returns:
            (B, S, V).
        """
        hidden_B11T = hide(mask_BT[:, None, None, :])
        length = ids_BS.shape[1]
        future_SS = hide(torch.ones(length, length, dtype=torch.bool, device=ids_BS.device).tril())
        x_BSD = self.dropout(self.embed(ids_BS, PAD + (ids_BS != PAD).cumsum(1)))
        for layer in self.layers:
            x_BSD = layer(x_BSD, layer.cross_attention.keys_values(e_BTD), future_SS, hidden_B11T)
        return self.lm_head(self.norm(x_BSD))

    def embed(self, ids_BS: Tensor, positions_BS: Tensor) -> Tensor:
        """(B, S, D); a pad has its own position whatever ``positions_BS`` says."""
        positions_BS = torch.where(ids_BS == PAD, PAD, positions_BS)
        return self.embed_tokens(ids_BS) * math.sqrt(self.norm.weight.numel()) + self.position_table[positions_BS]


class Writer:
    """A decoder that writes texts step by step, with what it has seen of the clips and what it has written."""

    def __init__(self, decoder: Decoder, e_BTD: Tensor, mask_BT: Tensor) -> None:
        self.decoder = decoder
        self.dtype = e_BTD.dtype
        self.hidden_B11T = hide(mask_BT[:, None, None, :])
        self.cross = [layer.cross_attention.keys_values(e_BTD) for layer in decoder.layers]
        self.caches = [
            {
                name: keys.new_zeros(len(keys), keys.shape[1], LABEL_LENGTH, keys.shape[3])
                for name in ("keys", "values")
            }
            for keys, _ in self.cross
        ]

    def step(self, ids_B1: Tensor, positions_B1: Tensor, step: int) -> Tensor:
        """Logits (B, 1, V) of what follows the tokens of a step."""
        x_B1D = self.decoder.embed(ids_B1, positions_B1).to(self.dtype)
        for layer, cross_keys_values, cache in zip(self.decoder.layers, self.cross, self.caches, strict=True):
            x_B1D = layer.step(x_B1D, cross_keys_values, self.hidden_B11T, cache, step)
        return self.decoder.lm_head(self.decoder.norm(x_B1D)).float()

    def keep(self, rows_B: Tensor) -> None:
        """Goes on with the texts of some rows, of which each is of the same clip as the row that it takes."""
        self.caches = [{name: one[rows_B] for name, one in cache.items()} for cache in self.caches]


@torch.no_grad()
def greedy(
    decoders: list[Decoder], encodings: list[Tensor], mask_BT: Tensor, published: bool
) -> tuple[Tensor, Tensor]:
    """Takes the token with the largest logit, averaged over the networks, until every row has ended or 33 steps.

    Args:
        decoders: One per network.
        encodings: Each network's encoder output (B, T, D).
        published: Any of the 63 tokens may win and be fed back. Otherwise only characters and END can win, and a row
            that has ended goes on with PAD.

    Returns:
        ids (B, steps) int64, and the averaged logits (B, steps, V) that they were chosen by, before any was masked.
    """
    writers = [Writer(decoder, e_BTD, mask_BT) for decoder, e_BTD in zip(decoders, encodings, strict=True)]
    ids_B1 = torch.full((len(mask_BT), 1), START, device=mask_BT.device)
    num_tokens_B1 = torch.zeros_like(ids_B1)
    has_ended_B1 = torch.zeros_like(ids_B1, dtype=torch.bool)
    ids, logits = [], []
    for step in range(LABEL_LENGTH):
        num_tokens_B1 = num_tokens_B1 + (ids_B1 != PAD)
        votes = [writer.step(ids_B1, PAD + num_tokens_B1, step) for writer in writers]
        logits_B1V = torch.stack(votes).mean(0)
        logits.append(logits_B1V)
        if published:
            ids_B1 = logits_B1V.argmax(-1)
        else:
            ids_B1 = torch.where(has_ended_B1, PAD, only_text(logits_B1V).argmax(-1))
        ids.append(ids_B1)
        has_ended_B1 = has_ended_B1 | (ids_B1 == END)
        if has_ended_B1.all():
            break
    return torch.cat(ids, 1), torch.cat(logits, 1)


def only_text(logits_BSV: Tensor) -> Tensor:
    """Logits with all but the characters and END at −infinity."""
    is_text_V = torch.arange(VOCAB_SIZE, device=logits_BSV.device) < NUM_CHARACTERS
    is_text_V[END] = True
    return logits_BSV.masked_fill(~is_text_V, -torch.inf)


def position_table(dim: int) -> Tensor:
    """Sinusoids of token positions, all sines before all cosines; the pad's row is 0.

    Returns:
        (NUM_POSITIONS, dim) float32.
    """
    half = dim // 2
    frequency = torch.exp(torch.arange(half).float() * -(math.log(10000.0) / (half - 1)))
    angle = torch.outer(torch.arange(NUM_POSITIONS).float(), frequency)
    table = torch.cat([angle.sin(), angle.cos()], dim=1)
    table[PAD] = 0
    return table


def shift_right(labels_BS: Tensor) -> Tensor:
    """Decoder inputs of labels: START in front, the last label dropped."""
    return torch.cat([torch.full_like(labels_BS[:, :1], START), labels_BS[:, :-1]], dim=1)


def mask_inputs(labels_BS: Tensor, p_mask: float, generator: torch.Generator, published: bool) -> Tensor:
    """Labels of which a random share is hidden behind MASK.

    Args:
        generator: On the CPU, so that the draw is the same on every device.
        published: END and PAD may be hidden too; otherwise only characters are.
    """
    draw = torch.rand(labels_BS.shape, generator=generator).to(labels_BS.device)
    is_hidden = draw < p_mask
    if not published:
        is_hidden &= labels_BS < NUM_CHARACTERS
    return labels_BS.masked_fill(is_hidden, MASK)


def reverse_labels(labels_BS: Tensor, published: bool) -> Tensor:
    """Labels of the backward decoder: characters in reverse, then END.

    Args:
        published: What follows END is id 0, the space, up to the longest row of the batch; otherwise it is PAD and
            the width stays.
    """
    num_characters_B1 = (labels_BS < NUM_CHARACTERS).sum(1, keepdim=True)
    position = torch.arange(labels_BS.shape[1], device=labels_BS.device).expand_as(labels_BS)
    source = torch.where(position < num_characters_B1, num_characters_B1 - 1 - position, position)
    reversed_BS = labels_BS.gather(1, source)
    if not published:
        return reversed_BS
    return reversed_BS.masked_fill(position > num_characters_B1, 0)[:, : int(num_characters_B1.max()) + 1]
