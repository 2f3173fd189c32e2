"""Edit distances and the competition's score."""

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein, Levenshtein


def edit_distance(reference: str, prediction: str, transpositions: bool = False) -> int:
    """Insertions, deletions and substitutions between two strings.

    Args:
        transpositions: Count a swap of neighbours as one edit (Damerau's variant), as the
            1st-place solution's local score does. The competition's score does not.
    """
    return (DamerauLevenshtein if transpositions else Levenshtein).distance(reference, prediction)


def normalized_score(references: Sequence[str], predictions: Sequence[str], transpositions: bool = False) -> float:
    """Corpus score (ΣN − ΣD) / ΣN with N characters of a reference and D edits; 1 is perfect, it may be negative."""
    num_characters = sum(len(reference) for reference in references)
    if num_characters == 0:
        raise ValueError("no reference characters to score against")
    num_edits = sum(
        edit_distance(reference, prediction, transpositions)
        for reference, prediction in zip(references, predictions, strict=True)
    )
    return (num_characters - num_edits) / num_characters


def row_scores(references: Sequence[str], predictions: Sequence[str], transpositions: bool = False) -> np.ndarray:
    """(N − D) / N of each pair; N counts as 1 if there is nothing to read.

    Returns:
        (len(references),) float64, at most 1, may be negative.
    """
    return np.array([
        1.0 - edit_distance(reference, prediction, transpositions) / max(len(reference), 1)
        for reference, prediction in zip(references, predictions, strict=True)
    ])
