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
    """(N − D) / N of each pair.

    Returns:
        (len(references),) float64, at most 1, may be negative. References must not be empty.
    """
    return np.array([
        1.0 - edit_distance(reference, prediction, transpositions) / len(reference)
        for reference, prediction in zip(references, predictions, strict=True)
    ])


def is_trained_on(test_signers: dict | None) -> bool:
    """Whether people or recordings of the test part were trained on.

    Args:
        test_signers: ``test_signers`` of `podium.data.sequences.list_sequences`' report; None without a test part.
    """
    return bool(test_signers and (test_signers["trained_on"] or test_signers["recordings_trained_on"]))


def scored_on(test_signers: dict | None) -> str:
    """What a score on the test part is of, in words: "hidden test" if nobody in it was trained on.

    Args:
        test_signers: As for `is_trained_on`.
    """
    if not is_trained_on(test_signers):
        return "hidden test"
    number, signers, recordings = (test_signers[key] for key in ("number", "trained_on", "recordings_trained_on"))
    parts = [f"{len(signers)} of its {number} signers trained on"] if signers else []
    return ", ".join(["test", *parts, *([f"{len(recordings)} of its recordings trained on"] if recordings else [])])
