"""The words that networks tell apart, in the winner's order, and the way from 32 of them to the competition's 12.

Letters in tensor names: N clips, V classes (12 or 32).
"""

from typing import Literal

import numpy as np

SILENCE, UNKNOWN = "_silence_", "_unknown_"
WORDS_12 = [SILENCE, UNKNOWN, "stop", "down", "off", "right", "up", "go", "on", "yes", "left", "no"]
WORDS_32 = [
    SILENCE, UNKNOWN, "sheila", "nine", "stop", "bed", "four", "six", "down", "bird", "marvin", "cat", "off", "right",
    "seven", "eight", "up", "three", "happy", "go", "zero", "on", "wow", "dog", "yes", "five", "one", "tree", "house",
    "two", "left", "no",
]  # fmt: skip
# The order in which the winning team exchanged probabilities.
EXCHANGE = [SILENCE, UNKNOWN, "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"]
WORDS = {12: WORDS_12, 32: WORDS_32}
Rule = Literal["max_softmax", "max", "sum"]

_KEPT_32 = [WORDS_32.index(word) for word in WORDS_12]
_UNKNOWN_32 = [place for place, word in enumerate(WORDS_32) if word not in WORDS_12 or word == UNKNOWN]


def class_of(word: str, num_classes: int) -> int:
    """Place of a word among 12 or 32; any other word is the unknown one."""
    words = WORDS[num_classes]
    return words.index(word if word in words else UNKNOWN)


def to_12(probs_NV: np.ndarray, rule: Rule) -> np.ndarray:
    """Probabilities of 12 classes out of those of 32; those of 12 stay as they are.

    Args:
        probs_NV: (…, 12 or 32), in [0, 1].
        rule: How the unknown word gets its probability from the 21 words that it stands for. "max_softmax", as
            published: the largest of theirs, and then a softmax over the twelve probabilities, which brings all near
            1/12. "max": without the softmax; rows do not sum to 1. "sum": a distribution again.

    Returns:
        (…, 12), float32.
    """
    if probs_NV.shape[-1] == len(WORDS_12):
        return np.asarray(probs_NV, np.float32)
    probs_N12 = probs_NV[..., _KEPT_32].astype(np.float32)
    others = probs_NV[..., _UNKNOWN_32]
    probs_N12[..., 1] = others.sum(-1) if rule == "sum" else others.max(-1)
    if rule != "max_softmax":
        return probs_N12
    shares_N12 = np.exp(probs_N12)
    return shares_N12 / shares_N12.sum(-1, keepdims=True)


def in_order(probs_N12: np.ndarray, order: list[str]) -> np.ndarray:
    """Columns of `WORDS_12` in another order of the same words."""
    return probs_N12[..., [WORDS_12.index(word) for word in order]]
