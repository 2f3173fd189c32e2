"""What can be learned of a clip: which of up to 250 signs it shows, and how a corpus numbers them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from podium.data.labels import Labels
from podium.errors import UserError
from podium.storage.files import read_json
from podium.systems.signs.vocabulary import SIGNS

MAP_FILE = "sign_to_prediction_index_map.json"  # beside train.csv, as the competition has it
MAX_SIGNS = len(SIGNS)
LABEL = "sign"


class Signs(Labels):
    """Names of signs.

    Args:
        signs: Those that can be learned.
    """

    column = LABEL
    problems = {"unknown_sign": f"signs that {MAP_FILE} does not number; correct them, or number them there"}

    def __init__(self, signs: Sequence[str] = SIGNS) -> None:
        self._known = {sign.casefold(): sign for sign in signs}
        self.signs = tuple(signs)

    def problem(self, label: str) -> str:
        """As `Labels.problem`."""
        return "" if self._known.get(label.casefold()) == label else "unknown_sign"

    def advice(self, label: str) -> str:
        """As `Labels.advice`."""
        meant = self._known.get(label.strip().casefold())
        return f"write it '{meant}'" if meant else f"correct it, or number it in {MAP_FILE}"

    def describe(self, rows: pd.DataFrame) -> dict:
        """As `Labels.describe`; ``hand_share`` is what `podium.systems.signs.raw.prepare` has measured."""
        hand_share = round(float(rows["hand_share"].mean()), 4)
        return {**super().describe(rows), "hand_share": hand_share}


LABELS = Signs()


def read_map(path: str | Path) -> dict[str, int]:
    """The number of each sign, as a corpus states it.

    Args:
        path: JSON, an object of sign → number.

    Returns:
        In the order of the numbers.

    Raises:
        UserError: It is absent, or no such object; the numbers are not 0, 1, 2 …, each once; there are more than 250.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; it must number the signs, from 0 on") from None
    if problem := _problem_of(content):
        raise UserError(f"{path} {problem}")
    return dict(sorted(content.items(), key=lambda item: item[1]))


def _problem_of(content: Any) -> str:
    if not isinstance(content, Mapping) or not content:
        return 'holds no signs; it must be an object such as {"hello": 0, "yes": 1}'
    for sign, number in content.items():
        if not sign.strip() or type(number) is not int:
            return f"gives '{sign}' the number {number!r}; signs have names, and numbers are whole"
    if len(content) > MAX_SIGNS:
        return f"holds {len(content)} signs; at most {MAX_SIGNS} are told apart"
    sign_of: dict[int, str] = {}
    for sign, number in content.items():
        if number in sign_of:
            return f"gives '{sign_of[number]}' and '{sign}' the same number, {number}; each sign has its own"
        sign_of[number] = sign
    if missing := sorted(set(range(len(content))) - sign_of.keys()):
        last = len(content) - 1
        return f"has a gap: no sign has the number {missing[0]}; {len(content)} signs are numbered 0 to {last}"
    return ""
