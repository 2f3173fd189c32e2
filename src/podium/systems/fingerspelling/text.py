"""Characters and tokens of the fingerspelling competition.

The order of the characters is the one of the competition's ``character_to_prediction_index.json``; the four special
ids behind them are those of the 1st-place solution.
"""

import numpy as np

LABEL = "phrase"  # the column of texts in tables
CHARACTERS = " !#$%&'()*+,-./0123456789:;=?@[_abcdefghijklmnopqrstuvwxyz~"
NUM_CHARACTERS = 59
PAD, START, END, MASK = 59, 60, 61, 62
VOCAB_SIZE = 63
MAX_CHARACTERS = 32  # longer phrases are cut; the longest training phrase of the competition has 31
LABEL_LENGTH = MAX_CHARACTERS + 1  # the characters and END
DUMMY_PHRASE = "2 a-e -aroe"  # the 1st-place solution's answer to a clip that holds nothing

_ID_OF = {character: index for index, character in enumerate(CHARACTERS)}


def unknown_characters(phrase: str) -> list[str]:
    """The characters of ``phrase`` outside the alphabet, sorted, each once."""
    return sorted(set(phrase) - set(CHARACTERS))


def encode(phrase: str) -> np.ndarray:
    """Labels of a phrase: at most 32 character ids, `END`, then `PAD` up to 33.

    Returns:
        (33,) int64.

    Raises:
        KeyError: A character outside the alphabet; tables are checked before anything is encoded.
    """
    ids = [_ID_OF[character] for character in phrase[:MAX_CHARACTERS]]
    labels = np.full(LABEL_LENGTH, PAD, dtype=np.int64)
    labels[: len(ids)] = ids
    labels[len(ids)] = END
    return labels


def decode(ids: np.ndarray | list[int]) -> str:
    """Text of predicted ids up to the first `END`; other special ids are dropped."""
    characters = []
    for index in ids:
        if index == END:
            break
        if index < NUM_CHARACTERS:
            characters.append(CHARACTERS[int(index)])
    return "".join(characters)
