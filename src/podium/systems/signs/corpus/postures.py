"""How signs are written down: postures of a hand, and movements as rows of postures.

A hand is where one of its points touches a place of the body, or is near it. Directions are the signer's, for the right
hand: `in` towards the left side, `out` away from it, `forward` away from the body. The left hand is described as if it
were the right one, and mirrored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

_AXES = {
    "in": (1, 0, 0), "out": (-1, 0, 0), "up": (0, 1, 0), "down": (0, -1, 0), "forward": (0, 0, 1), "back": (0, 0, -1),
}  # fmt: skip
Offset = tuple[float, float, float]


@dataclass(frozen=True)
class Posture:
    """A hand at a moment.

    Attributes:
        shape: A name of `podium.systems.signs.corpus.handshapes.ANGLES`.
        fingers: Where straight fingers would point to: words of directions; a word twice counts twice.
        palm: Where the palm faces; what of it runs along the fingers does not count.
        touch: The point of the hand that is at the place: a key of `podium.systems.signs.corpus.places.TOUCHES`.
        at: The place: of the body (`podium.systems.signs.corpus.places`), or of the other hand, as "other_palm".
        by: How far from it, in palms: in, up, forward.
        turn: Degrees, of the hand about its own axes: the wrist bends to the palm, the palm turns to the thumb's side,
            fingers lean to the little finger's side.
        is_even: The way to the next posture is travelled evenly, not from rest to rest.
        time: Of the way here from the posture before, in any unit.
    """

    shape: str
    fingers: str
    palm: str
    touch: str
    at: str
    by: Offset = (0, 0, 0)
    turn: Offset = (0, 0, 0)
    is_even: bool = False
    time: float = 1.0

    def moved(self, *by: float) -> "Posture":
        """Elsewhere, by palms in, up and forward."""
        return replace(self, by=tuple(one + other for one, other in zip(self.by, by, strict=True)))

    def turned(self, *turn: float) -> "Posture":
        """Turned further, by degrees."""
        return replace(self, turn=tuple(one + other for one, other in zip(self.turn, turn, strict=True)))

    def shaped(self, shape: str) -> "Posture":
        """In the same place with another handshape."""
        return replace(self, shape=shape)


Path = list[Posture]


@dataclass(frozen=True)
class Sign:
    """One way to make a sign.

    Attributes:
        right: What the signing hand does.
        left: What the other hand does; None leaves it in the lap. It may have fewer postures: the last one is held.
        alternates: The left hand comes half a movement later.
        nods, shakes, tilts: How the head moves meanwhile, in degrees.
        mouth: How far it opens, in [0, 1]; None as of somebody who mouths a word.
    """

    right: Path
    left: Path | None = None
    alternates: bool = False
    nods: float = 0.0
    shakes: float = 0.0
    tilts: float = 0.0
    mouth: float | None = None


def both(right: Path, **also) -> Sign:
    """Both hands do the same, mirrored."""
    return Sign(right, right, **also)


@cache
def direction(words: str) -> np.ndarray:
    """(3,) float64 of length 1: the sum of some words of directions."""
    total_3 = np.sum([_AXES[word] for word in words.split()], axis=0, dtype=np.float64)
    return total_3 / np.linalg.norm(total_3)


def tap(posture: Posture, away: Offset, times: int = 2) -> Path:
    """From a little away to the place, several times."""
    return [one for _ in range(times) for one in (posture.moved(*away), posture)]


def go(posture: Posture, *ways: Offset) -> Path:
    """From a place along some ways, each from where the last one ends."""
    path = [posture]
    for way in ways:
        path.append(path[-1].moved(*way))
    return path


def circle(posture: Posture, radius: float, plane: str = "front", turns: float = 2) -> Path:
    """Around a place, beginning at the top.

    Args:
        radius: In palms.
        plane: "front" (clockwise for the signer), "side" (first forward) or "top" (first inwards, from the front).
    """
    path = []
    for angle in np.linspace(0, 2 * np.pi * turns, round(8 * turns) + 1):
        a, b = radius * np.cos(angle), radius * np.sin(angle)
        by = {"front": (-b, a, 0), "side": (0, a, b), "top": (b, 0, a)}[plane]
        path.append(replace(posture.moved(*by), is_even=True, time=0.3))
    return path


def rock(posture: Posture, turn: Offset, times: int = 2) -> Path:
    """Turned to and fro about a posture, several times."""
    back = tuple(-one for one in turn)
    return [one for _ in range(times) for one in (posture.turned(*back), posture.turned(*turn))]


def change(posture: Posture, shapes: Sequence[str], times: int = 1) -> Path:
    """The hand opens and closes in one place."""
    return [posture.shaped(shape) for _ in range(times) for shape in shapes]
