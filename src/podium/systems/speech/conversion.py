"""From probabilities of 32 words to those of the competition's 12 classes, and from probabilities to a word.

Letters in tensor names: N clips, V classes (12 or 32).
"""

from typing import Literal

import numpy as np

from podium.systems.speech.labels import CLASSES, CLASSES_12, CLASSES_32, EXCHANGE, UNKNOWN, class_of

# Columns of a table with labels of earlier stages: which way they came, and what was said.
LABELLED_BY, PROBABILITIES = "labelled_by", "probabilities"
Rule = Literal["max_softmax", "max", "sum"]

KEPT = [CLASSES_32.index(word) for word in CLASSES_12]  # of 32, the twelve
OTHERS = [place for place, word in enumerate(CLASSES_32) if word not in CLASSES_12 or word == UNKNOWN]
_UNKNOWN = CLASSES_12.index(UNKNOWN)


def to_12(probs_NV: np.ndarray, rule: Rule) -> np.ndarray:
    """Probabilities of 12 classes out of those of 32; those of 12 stay as they are.

    Args:
        probs_NV: (…, 12 or 32), in [0, 1].
        rule: How the unknown word gets its probability from the 21 classes that it stands for. "max_softmax", as
            published: the largest of theirs, and then a softmax over the twelve probabilities, which brings all near
            1/12. "max": without the softmax; rows do not sum to 1. "sum": a distribution again.

    Returns:
        (…, 12), float32, in the order of `CLASSES_12`.
    """
    if probs_NV.shape[-1] == len(CLASSES_12):
        return np.asarray(probs_NV, np.float32)
    probs_N12 = probs_NV[..., KEPT].astype(np.float32)
    others = probs_NV[..., OTHERS]
    probs_N12[..., _UNKNOWN] = others.sum(-1) if rule == "sum" else others.max(-1)
    if rule != "max_softmax":
        return probs_N12
    shares_N12 = np.exp(probs_N12)
    return shares_N12 / shares_N12.sum(-1, keepdims=True)


def in_exchange_order(probs_N12: np.ndarray) -> np.ndarray:
    """Columns in the order of `EXCHANGE`, in which the winning team handed them on."""
    return probs_N12[..., [said(12).index(word) for word in EXCHANGE]]


def said(num_classes: int) -> list[str]:
    """What a network's answers are called. Of 12 classes as submissions write them, "silence" and "unknown"; of 32 as
    folders are called: so an answer tells how many there were to choose from."""
    return [word.strip("_") if num_classes == len(CLASSES_12) else word for word in CLASSES[num_classes]]


def answers_to(label: str) -> tuple[str, str]:
    """The right answers to a clip of this label: of a network of 12 classes, and of one of 32."""
    return tuple(class_of(label, num_classes).strip("_" if num_classes == 12 else "") for num_classes in (12, 32))
