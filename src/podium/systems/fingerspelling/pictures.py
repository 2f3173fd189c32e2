"""What a report shows of spelled phrases: letters that were taken for others, and moving hands.

Letters in tensor names: T frames, L landmarks (130), P points that are drawn, C coordinates.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from podium.export.pictures import NOTHING, Edit, Pictures
from podium.landmarks.hand_lines import HAND_LINES
from podium.landmarks.selection import by_coordinate
from podium.systems.fingerspelling.landmarks import SELECTION, SLOTS
from podium.systems.fingerspelling.score import normalized_score
from podium.systems.fingerspelling.text import DUMMY_PHRASE, LABEL, decode

_HANDS = [*SLOTS["left_hand"], *SLOTS["right_hand"]]
_ARMS = [[SELECTION.slot_of[f"pose_{point}"] for point in arm] for arm in ((12, 14, 16), (11, 13, 15))]
_MOUTH = [SELECTION.slot_of[f"face_{point}"] for point in (61, 0, 291, 17)]
_SHOWN = [*_HANDS, *_ARMS[0], *_ARMS[1], *_MOUTH]
_LENGTHS = [0, 5, 10, 15, 20, 1000]
_LENGTH_NAMES = ["up to 5", "6 to 10", "11 to 15", "16 to 20", "over 20"]


class PhrasePictures(Pictures):
    """See `podium.export.pictures`."""

    lines = (
        *((one + 21 * hand, other + 21 * hand) for hand in (0, 1) for one, other in HAND_LINES),
        (42, 43), (43, 44), (45, 46), (46, 47), (48, 49), (49, 50), (50, 51), (51, 48),
    )  # fmt: skip

    def sentence(self, rows: pd.DataFrame) -> str:
        """Letters that come out right, and whole phrases."""
        score, num_exact = self.score(rows), int((rows[LABEL] == rows["prediction"]).sum())
        phrases = f"{100 * num_exact / len(rows):.0f} of 100 phrases are exact"
        if score <= 0:
            return f"There are more wrong letters than letters to read; {phrases}."
        return f"Of 100 letters {100 * score:.0f} come out right; {phrases}."

    def score(self, rows: pd.DataFrame) -> float:
        """The competition's, over all letters of the rows."""
        return normalized_score(rows[LABEL].tolist(), rows["prediction"].tolist())

    def said(self, prediction: str) -> str:
        """The dummy phrase says nothing."""
        return NOTHING if prediction == DUMMY_PHRASE else prediction

    def groups(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """By what is spelled, and by its length in letters."""
        lengths = pd.cut(rows[LABEL].str.len(), _LENGTHS, labels=_LENGTH_NAMES)
        return {"kind of phrase": rows[LABEL].map(_kind), "letters of the phrase": lengths}

    def edits(self, label: str, prediction: str) -> list[Edit]:
        """Letter by letter where they differ."""
        found = []
        text = self.said(prediction)
        for one in Levenshtein.opcodes(label, text):
            here, there = label[one.src_start : one.src_end], text[one.dest_start : one.dest_end]
            size = max(len(here), len(there)) if one.tag != "equal" else 1
            pieces = [(here, there)] if size == 1 else [(here[i : i + 1], there[i : i + 1]) for i in range(size)]
            found += [Edit(one.tag, *piece) for piece in pieces]
        return found

    def confusions(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Letters, with those that were left out and added. A blank is called "space"."""
        read = rows[rows["prediction"].map(self.said) != NOTHING]
        pairs = [
            (here, there)
            for label, prediction in zip(read[LABEL], read["prediction"], strict=True)
            for edit in self.edits(label, prediction)
            for here, there in _letters(edit)
        ]
        table = pd.DataFrame(pairs, columns=["label", "prediction"]).replace(" ", "space")
        return table.value_counts(["label", "prediction"], sort=False).rename("number").reset_index()

    def threshold(self, settings: Mapping[str, Any]) -> float | None:
        """Less confident clips get the dummy phrase."""
        return settings.get("min_confidence")

    def shown(self, x: np.ndarray) -> np.ndarray:
        """Hands, arms and mouth, (T, P, 2)."""
        return by_coordinate(x).transpose(0, 2, 1)[:, _SHOWN, :2]

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """The same of what a network is given, where a missing landmark is 0."""
        x_TPC = sample.x_TLC[:, _SHOWN, :2].astype(np.float32)
        return np.where((x_TPC == 0).all(axis=2, keepdims=True), np.nan, x_TPC), decode(sample.labels_S)


def _letters(edit: Edit) -> list[tuple[str, str]]:
    """An edit's pairs of single letters."""
    if edit.kind == "equal":
        return list(zip(edit.label, edit.prediction, strict=True))
    return [(edit.label, edit.prediction)]


def _kind(phrase: str) -> str:
    """What is spelled, as far as its characters tell."""
    letters, digits = (sum(map(test, phrase)) for test in (str.isalpha, str.isdigit))
    if any(character in phrase for character in "./@:_"):
        return "address or path"
    if not letters:
        return "number"
    return "words and numbers" if digits else "words"


PART = PhrasePictures(LABEL)
