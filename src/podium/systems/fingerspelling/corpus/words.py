"""Texts that people spell to a camera in everyday life: words, single letters, runs of the alphabet, numbers.

No text mixes letters and digits, and no single 0, 2, 6 or 9 is spelled: a held hand does not tell them from O, V, W
and F, which people show far more often.
"""

import numpy as np

from podium.systems.fingerspelling.corpus.phrases import common_word, surname

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONE_DIGITS = "134578"
# What a hand shows little of, or is taken for another shape, is drawn more often.
_HARD_LETTERS = "acdeghkmnopqrstuvxz"
_KINDS = ("word", "letters", "letter", "alphabet", "number", "digit")
_SHARES = (0.38, 0.26, 0.22, 0.04, 0.06, 0.04)


def everyday_text(rng: np.random.Generator, min_characters: int, max_characters: int) -> str:
    """One text of letters, or of digits.

    Args:
        min_characters: Shortest length of words, letters and numbers; a single letter or digit may be shorter.
        max_characters: Longest length; longer draws are cut.
    """
    kind = _KINDS[rng.choice(len(_KINDS), p=_SHARES)]
    length = int(rng.integers(min_characters, min(max_characters, 9) + 1))
    if kind == "word":
        text = common_word(rng) if rng.random() < 0.5 else surname(rng)
    elif kind == "letters":
        pool = _LETTERS if rng.random() < 0.5 else _HARD_LETTERS
        text = "".join(pool[index] for index in rng.integers(0, len(pool), length))
        if len(text) > 1 and rng.random() < 0.15:  # a doubled letter
            place = int(rng.integers(len(text) - 1))
            text = text[: place + 1] + text[place] + text[place + 2 :]
    elif kind == "letter":
        text = _LETTERS[int(rng.integers(26))]
    elif kind == "alphabet":
        first = int(rng.integers(0, 20))
        text = _LETTERS[first : first + int(rng.integers(5, 27))]
    elif kind == "number":
        text = "".join(str(digit) for digit in rng.integers(0, 10, max(length, 2)))
    else:
        text = _LONE_DIGITS[int(rng.integers(len(_LONE_DIGITS)))]
    return text[:max_characters]
