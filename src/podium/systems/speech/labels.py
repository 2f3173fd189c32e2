"""The classes of spoken commands: their names, their orders, and what the manifest tells of a corpus' words."""

import pandas as pd

from podium.data.labels import Labels
from podium.errors import UserError

LABEL = "label"  # the column in tables: the word of a clip, as its folder is called
SILENCE, UNKNOWN = "_silence_", "_unknown_"
NOISE = "_background_noise_"  # long recordings without speech: no clips, but what clips are mixed with and cut from
UNLABELLED = "_unlabelled_"  # what nobody has said of a clip

# The orders of the networks' outputs (the winner's; `podium.systems.speech.labels` is their only place).
CLASSES_12 = (SILENCE, UNKNOWN, "stop", "down", "off", "right", "up", "go", "on", "yes", "left", "no")
CLASSES_32 = (
    SILENCE, UNKNOWN, "sheila", "nine", "stop", "bed", "four", "six", "down", "bird", "marvin", "cat", "off", "right",
    "seven", "eight", "up", "three", "happy", "go", "zero", "on", "wow", "dog", "yes", "five", "one", "tree", "house",
    "two", "left", "no",
)  # fmt: skip
CLASSES = {12: CLASSES_12, 32: CLASSES_32}
# The order in which the winning team handed probabilities to each other; submissions call the first two so.
EXCHANGE = ("silence", "unknown", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
COMMANDS = CLASSES_12[2:]
WORDS = CLASSES_32[2:]  # 30 words of Speech Commands v0.01
LATER_WORDS = ("backward", "follow", "forward", "learn", "visual")  # came with v0.02


def class_of(word: str, num_classes: int) -> str:
    """The class of a word: itself if it is one of the 12 or 32, silence for `NOISE`, else `UNKNOWN`.

    ``silence`` and ``unknown`` without underscores, as submissions write them, count as the classes.
    """
    word = {"silence": SILENCE, "unknown": UNKNOWN, NOISE: SILENCE}.get(word, word)
    return word if word in CLASSES[num_classes] else UNKNOWN


class Words(Labels):
    """A word per clip. Words that are no class of their own can be learned as `UNKNOWN`."""

    column = LABEL

    def describe(self, rows: pd.DataFrame) -> dict:
        """As `Labels.describe`; and clips by word, which words of the 32 classes are not there, which are others."""
        numbers = rows[self.column].value_counts().sort_index()
        found = set(numbers.index)
        return {
            **super().describe(rows),
            "clips_by_label": {word: int(number) for word, number in numbers.items()},
            "absent_words": sorted(set(WORDS) - found),
            "other_words": sorted(found - {*WORDS, SILENCE, UNKNOWN, NOISE, UNLABELLED}),
        }


LABELS = Words()


def check_commands(words: set[str], place: str) -> None:
    """Refuses a corpus to learn from that lacks one of the ten commands.

    Args:
        words: All labels of its clips to learn from.
        place: Of the corpus, for the message.

    Raises:
        UserError: One is missing; a class without clips can never be answered.
    """
    missing = [word for word in COMMANDS if word not in words]
    if missing:
        raise UserError(
            f"{place} has no clips to learn of {', '.join(missing)}; each of the ten commands needs a folder of clips"
            f" ({', '.join(COMMANDS)})"
        )
