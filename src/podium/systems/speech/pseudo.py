"""Labels that earlier stages give to clips without one: where all agree, or where they are sure.

Letters in tensor names: N clips, M runs, V classes.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from podium.config import Choice, Probability, Section
from podium.data.columns import KEY
from podium.errors import UserError
from podium.storage.tables import read_table
from podium.systems.speech.conversion import LABELLED_BY, PROBABILITIES, Rule, answers_to, said, to_12
from podium.systems.speech.labels import LABEL, SILENCE, UNLABELLED, class_of

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)  # of which the account tells


class Agreement(Section):
    """Clips of which all runs say the same."""


class Threshold(Section):
    """Clips of which the runs together are sure."""

    p: Probability = Field(0.7, description="least probability of the likeliest class")
    rule: Rule = Field("sum", description="from 32 classes to 12; 'max_softmax' as published")
    silence: Choice = Field("corrected", description="sure silences are kept; published nobody read them")
    together: Literal["mean", "vote"] = Field(
        "mean", description="of the runs' probabilities; or the class that most runs name, if three or more do"
    )


WAYS: dict[str, type[Section]] = {"agreement": Agreement, "threshold": Threshold}


def relabel(
    how: str, index: Path, predictions: Sequence[Path], held_out: set[int], **options: Any
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table that a later stage trains on: the clips with labels of their own, then those that got one.

    Args:
        how: "agreement" or "threshold".
        index: index.parquet.
        predictions: What each run says of the supplemental clips; the best run is the last.
        held_out: Participants in no fold; all that they say has its own label.
        options: Of the section of `WAYS`.

    Returns:
        The index's columns, `LABELLED_BY` ("" for clips with their own label) and `PROBABILITIES` (of the runs
        together; None without); and an account: how many clips got which label, and, if the true ones are known, how
        many of them are right, by word and by threshold.

    Raises:
        UserError: ``how`` is another, or the runs speak of different clips.
    """
    if how not in WAYS:
        raise UserError(f"labels.how is '{how}'; speech knows {' and '.join(WAYS)}")
    section = WAYS[how](**options)
    rows = read_table(index, [*KEY, "split", LABEL])
    is_extra = rows["split"] == "supplemental"
    extra = rows[is_extra].reset_index(drop=True)
    told_MNV = [_told(path, extra) for path in predictions]
    labels_N, probs_NV = _agreed(told_MNV) if how == "agreement" else _sure(told_MNV, section)
    is_kept_N = np.array([label != "" for label in labels_N])
    truth_N = extra[LABEL].to_numpy()
    account = {"how": how, **section.model_dump(mode="json"), **_account(labels_N, truth_N)}
    account |= _for_the_summary(account)
    if how == "threshold":
        account["thresholds"] = {str(p): _account(thresholded(probs_NV, p), truth_N) for p in THRESHOLDS}
    chosen = extra[is_kept_N].assign(**{LABEL: labels_N[is_kept_N], LABELLED_BY: how})
    chosen[PROBABILITIES] = list(probs_NV[is_kept_N].astype(np.float32))
    own = rows[~is_extra].assign(**{LABELLED_BY: "", PROBABILITIES: None})
    return pd.concat([own, chosen], ignore_index=True), account


def agreed(labels_MN: np.ndarray) -> np.ndarray:
    """The label that all runs give to a clip, "" if they differ."""
    return np.where((labels_MN == labels_MN[0]).all(0), labels_MN[0], "")


def voted(labels_MN: np.ndarray, num_needed: int, best: int) -> np.ndarray:
    """The label that most runs give to a clip, if at least so many do, else that of the best run."""
    winners = [Counter(labels.tolist()).most_common(1)[0] for labels in labels_MN.T]
    return np.array([
        label if votes >= num_needed else fallback
        for (label, votes), fallback in zip(winners, labels_MN[best], strict=True)
    ])  # fmt: skip


def thresholded(probs_N12: np.ndarray, p: float, names: Sequence[str] = tuple(said(12))) -> np.ndarray:
    """The likeliest class of each clip, "" if its probability is less than ``p``.

    Args:
        names: Of the columns; of two that are equally likely, the first wins.
    """
    return np.where(probs_N12.max(1) >= p, np.array(names)[probs_N12.argmax(1)], "")


def _told(path: Path, extra: pd.DataFrame) -> np.ndarray:
    """(N, V): what a run says of the supplemental clips, in the order of the index."""
    table = read_table(path, KEY)
    found = extra[KEY].merge(table[[*KEY, PROBABILITIES]], on=KEY, how="left")
    if PROBABILITIES not in table or found[PROBABILITIES].isna().any() or len(found) != len(extra):
        raise UserError(f"{path} does not tell of all supplemental clips of the index; make it again")
    return np.stack(found[PROBABILITIES].tolist()) if len(found) else np.empty((0, 12), np.float32)


def _agreed(told_MNV: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    if len({told_NV.shape[1] for told_NV in told_MNV}) != 1:
        raise UserError("labels.how agreement: the runs have different numbers of classes; give stages of one")
    names = np.array([_folder(word) for word in said(told_MNV[0].shape[1])])
    return agreed(np.stack([names[told_NV.argmax(1)] for told_NV in told_MNV])), np.mean(told_MNV, axis=0)


def _sure(told_MNV: list[np.ndarray], section: Threshold) -> tuple[np.ndarray, np.ndarray]:
    probs_MN12 = np.stack([to_12(told_NV, section.rule) for told_NV in told_MNV])
    probs_N12 = probs_MN12.mean(0)
    labels_N = thresholded(probs_N12, section.p)
    if section.together == "vote":
        names = np.array(said(12))
        labels_N = np.where(labels_N == "", "", voted(names[probs_MN12.argmax(2)], min(3, len(probs_MN12)), -1))
    labels_N = np.array([_folder(word) for word in labels_N], dtype=object)
    if section.silence == "published":
        labels_N[labels_N == SILENCE] = ""
    return labels_N, probs_N12


def _folder(word: str) -> str:
    """A class as the column of labels calls it."""
    return class_of(word, 12) if word in ("silence", "unknown") else word


def _account(labels_N: np.ndarray, truth_N: np.ndarray) -> dict[str, Any]:
    """How many clips got which label; ``precision``, how many of them got the right one, None if that is not known."""
    is_kept_N = np.array([label != "" for label in labels_N], bool)
    is_known_N = is_kept_N & (truth_N != UNLABELLED) & (truth_N != "")
    is_right_N = np.array([
        label.strip("_") in {word.strip("_") for word in answers_to(truth)}
        for label, truth in zip(labels_N, truth_N, strict=True)
    ], bool)  # fmt: skip
    words = {}
    for word in sorted(set(labels_N[is_kept_N].tolist())):
        is_word_N = is_kept_N & (labels_N == word)
        words[word] = {"num": int(is_word_N.sum()), "precision": _mean(is_right_N[is_word_N & is_known_N])}
    return {
        "num_clips": len(labels_N),
        "num_labelled": int(is_kept_N.sum()),
        "precision": _mean(is_right_N[is_known_N]),
        "words": words,
    }


def _for_the_summary(account: dict[str, Any]) -> dict[str, Any]:
    """What `podium.report.summary` wants of labels."""
    told = {
        "score": account["precision"],
        "num_sequences": account["num_labelled"],
        "origin": f"labels by {account['how']}",
        "scored_on": f"{account['num_labelled']} labelled of {account['num_clips']} clips without a label",
    }
    if told["score"] is not None:
        return told
    return {**told, "reason": "their true labels are not known" if told["num_sequences"] else "no clip was labelled"}


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
