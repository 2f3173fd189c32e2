"""What can be learned of a phrase, and what is told of many."""

from collections import Counter
from collections.abc import Iterator

import pandas as pd

from podium.data.columns import KEY
from podium.data.labels import Labels
from podium.errors import UserError
from podium.systems.fingerspelling.text import LABEL, MAX_CHARACTERS, unknown_characters

_NUM_FREQUENT = 12


class Phrases(Labels):
    """Texts of the competition's alphabet."""

    column = LABEL
    problems = {
        "empty_phrase": "empty or blank phrases",
        "unknown_character": "phrases with characters outside the alphabet; write capitals in lower case, replace"
        " others",
        "phrase_too_long": f"phrases of more than {MAX_CHARACTERS} characters",
    }

    def problem(self, label: str) -> str:
        """As `Labels.problem`."""
        if not label.strip():
            return "empty_phrase"
        if unknown_characters(label):
            return "unknown_character"
        return "phrase_too_long" if len(label) > MAX_CHARACTERS else ""

    def advice(self, label: str) -> str:
        """As `Labels.advice`."""
        is_only_case = unknown_characters(label) and not unknown_characters(label.lower())
        return "write phrases in lower case" if is_only_case else ""

    def describe(self, rows: pd.DataFrame) -> dict:
        """As `Labels.describe`; ``hand_share`` is what `podium.systems.fingerspelling.raw.prepare` has measured.

        Raises:
            UserError: It has not.
        """
        if "hand_share" not in rows:
            raise UserError("the tables of the shards lack the column(s) hand_share; make the shards again")
        return {
            **super().describe(rows),
            "mean_characters": round(float(rows[self.column].str.len().mean()), 2),
            "hand_share": round(float(rows["hand_share"].mean()), 4),
        }

    def survey(self, table: pd.DataFrame, clips: pd.DataFrame) -> dict:
        """As `Labels.survey`."""
        lengths = table[self.column].str.len()
        frequent = Counter("".join(table[self.column]))
        total = sum(frequent.values())
        filmed = table.drop_duplicates(KEY).merge(clips[[*KEY, "num_frames"]], on=KEY)
        num_filmed = int(filmed[self.column].str.len().sum())
        return {
            **super().survey(table, clips),
            "characters": {"mean": float(lengths.mean()), "min": int(lengths.min()), "max": int(lengths.max())},
            "most_frequent": [
                {"character": character, "share": number / total}
                for character, number in sorted(frequent.items(), key=lambda item: (-item[1], item[0]))[:_NUM_FREQUENT]
            ],
            "unknown_characters": unknown_characters("".join(frequent)),
            "frames_per_character": int(filmed["num_frames"].sum()) / num_filmed if num_filmed else None,
        }

    def lines(self, found: dict) -> Iterator[tuple[str, str]]:
        """As `Labels.lines`."""
        characters = found["characters"]
        yield "phrases", (
            f"{found['number']:,} distinct; characters: {characters['min']} min, {characters['mean']:.1f} mean,"
            f" {characters['max']} max"
        )
        if found["frames_per_character"] is not None:
            yield "tempo", f"{found['frames_per_character']:.1f} frames per character"
        frequent = [f"{_shown(one['character'])} {one['share']:.1%}" for one in found["most_frequent"]]
        yield "frequent", ", ".join(frequent)
        yield "not in alphabet", " ".join(map(_shown, found["unknown_characters"])) or "none"


class PhrasesOrNothing(Phrases):
    """The same of a corpus whose clips may show nothing to read: their text is "" and counts as a label."""

    def problem(self, label: str) -> str:
        """As `Labels.problem`."""
        return super().problem(label) if label else ""


LABELS = Phrases()


def _shown(character: str) -> str:
    return "space" if character == " " else character if character.isprintable() else ascii(character)
