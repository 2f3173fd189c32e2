"""What is learned of a clip, as tables hold it: a column of text, and which texts can be learned."""

from collections.abc import Iterator

import pandas as pd


class Labels:
    """The labels of a system. One whose labels are plain names only says the column.

    Attributes:
        column: Of all tables; the singular of what people call it.
        problems: Why a label cannot be learned: reason → what is said of a number of such rows.
    """

    column = "label"
    problems: dict[str, str] = {}

    def problem(self, label: str) -> str:
        """Why a label cannot be learned: a key of `problems`; "" if it can."""
        return ""

    def advice(self, label: str) -> str:
        """What to do about a label that cannot be learned; "" if nothing is known."""
        return ""

    def describe(self, rows: pd.DataFrame) -> dict:
        """What the manifest tells of a split beside its frames and people, for JSON.

        Args:
            rows: Of the index, at least one.
        """
        return {f"num_{self.column}s": int(rows[self.column].nunique())}

    def survey(self, table: pd.DataFrame, clips: pd.DataFrame) -> dict:
        """What `podium data inspect` tells of a split's labels, for JSON.

        Args:
            table: Rows with file_id, sequence_id, participant_id and `column`, at least one.
            clips: file_id, sequence_id and num_frames of the clips that were found.
        """
        return {"number": int(table[self.column].nunique())}

    def lines(self, found: dict) -> Iterator[tuple[str, str]]:
        """A survey for people: names and texts."""
        yield f"{self.column}s", f"{found['number']:,} distinct"
