"""Clips of people, real and virtual, and what may be wrong with their landmarks: for tests and a benchmark.

Legend: T frames, K the 390 columns, C coordinates, L the 130 landmarks.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from podium.landmarks.mediapipe import RAW_NAMES
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.corpus.phrases import training_phrase
from podium.systems.fingerspelling.landmarks import COLUMNS, MIRROR, NAMES, NUM_LANDMARKS, PARTS, SLOTS

_SELECTED = [RAW_NAMES.index(name) for name in NAMES]
_ARMS = {"left_hand": [127, 128, 129, 126], "right_hand": [121, 122, 123, 120]}  # fingers, wrist last
_HANDS_SWAPPED = np.arange(NUM_LANDMARKS)
_HANDS_SWAPPED[SLOTS["left_hand"]], _HANDS_SWAPPED[SLOTS["right_hand"]] = SLOTS["right_hand"], SLOTS["left_hand"]
_BY_NAME = np.argsort(NAMES)
_BY_PART = np.concatenate([SLOTS[part] for part in PARTS])

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _coordinates(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Change:
    """A change of (T, C, L) as one of (T, K)."""

    def changed(raw_TK: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x_TCL = change(raw_TK.reshape(-1, 3, NUM_LANDMARKS).copy(), rng)
        return np.ascontiguousarray(x_TCL.reshape(-1, len(COLUMNS)))

    return changed


def _axes(x: str, y: str) -> Change:
    """What stands in x and in y: "x", "y", "z", or "-x" for a picture width less x."""

    def changed(x_TCL: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        out_TCL = x_TCL.copy()
        for axis, name in enumerate((x, y)):
            value_TL = x_TCL[:, "xyz".index(name[-1])]
            out_TCL[:, axis] = 1 - value_TL if name.startswith("-") else value_TL
        return out_TCL

    return _coordinates(changed)


def _in_pixels(*parts: str) -> Change:
    slots = np.concatenate([SLOTS[part] for part in parts])

    def changed(x_TCL: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x_TCL[:, :, slots] *= np.float32([[1080], [1920], [1080]])
        return x_TCL

    return _coordinates(changed)


# name → what is done, and the remark that it should bring
FAULTS: dict[str, tuple[Change, str]] = {
    "hands swapped": (_coordinates(lambda x_TCL, rng: x_TCL[:, :, _HANDS_SWAPPED]), "hands_swapped"),
    "y upwards": (_axes("x", "-y"), "upside_down"),
    "y upwards, below zero": (_coordinates(lambda x_TCL, rng: x_TCL * np.float32([[1], [-1], [1]])), "upside_down"),
    "x mirrored": (_axes("-x", "y"), "mirrored"),
    "names of left and right exchanged": (_coordinates(lambda x_TCL, rng: x_TCL[:, :, MIRROR]), "mirrored"),
    "x and y exchanged": (_axes("y", "x"), "rotated"),
    "quarter turn": (_axes("-y", "x"), "rotated"),
    "quarter turn, the other way": (_axes("y", "-x"), "rotated"),
    "half turn": (_axes("-x", "-y"), "upside_down"),
    "x y z side by side": (_coordinates(lambda x_TCL, rng: x_TCL.transpose(0, 2, 1)), "columns_in_another_order"),
    "z before y before x": (_coordinates(lambda x_TCL, rng: x_TCL[:, ::-1]), "columns_in_another_order"),
    "z in place of y": (_axes("x", "z"), "columns_in_another_order"),
    "landmarks shuffled": (
        _coordinates(lambda x_TCL, rng: x_TCL[:, :, rng.permutation(NUM_LANDMARKS)]), "columns_in_another_order"
    ),
    "columns shuffled": (lambda raw_TK, rng: raw_TK[:, rng.permutation(len(COLUMNS))], "columns_in_another_order"),
    "landmarks sorted by name": (_coordinates(lambda x_TCL, rng: x_TCL[:, :, _BY_NAME]), "columns_in_another_order"),
    "landmarks backwards": (_coordinates(lambda x_TCL, rng: x_TCL[:, :, ::-1]), "columns_in_another_order"),
    "a face in pixels": (_in_pixels("face"), "columns_in_another_order"),
    "arms in pixels": (_in_pixels("pose"), "columns_in_another_order"),
    "hands in pixels": (_in_pixels("left_hand", "right_hand"), "columns_in_another_order"),
    "hands before the face": (_coordinates(lambda x_TCL, rng: x_TCL[:, :, _BY_PART]), "columns_in_another_order"),
}  # fmt: skip


def _one_hand(x_TCL: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    x_TCL[:, :, SLOTS[rng.choice(list(_ARMS))]] = np.nan
    return x_TCL


def _without(part: str) -> Change:
    def changed(x_TCL: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x_TCL[:, :, SLOTS[part]] = np.nan
        return x_TCL

    return _coordinates(changed)


def _move(place: Callable[[np.ndarray, str], np.ndarray]) -> Change:
    """Moves each hand, and with it the arm's wrist and fingers, so that its wrist lies at ``place`` (T, 2)."""

    def changed(x_TCL: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        old_TCL = x_TCL.copy()
        for hand, arm in _ARMS.items():
            way_T2 = place(old_TCL, hand) + rng.normal(0, 0.03, 2) - old_TCL[:, :2, arm[-1]]
            x_TCL[:, :2, [*SLOTS[hand], *arm]] += way_T2[:, :, None].astype(np.float32)
        return x_TCL

    return _coordinates(changed)


def _other_wrist(x_TCL: np.ndarray, hand: str) -> np.ndarray:
    return x_TCL[:, :2, _ARMS["left_hand" if hand == "right_hand" else "right_hand"][-1]]


# name → what people do, too
HABITS: dict[str, Change] = {
    "as it is": lambda raw_TK, rng: raw_TK,
    "in pixels": _coordinates(lambda x_TCL, rng: x_TCL * np.float32([[1080], [1920], [1080]])),
    "one hand only": _coordinates(_one_hand),
    "without the face": _without("face"),
    "without the pose": _without("pose"),
    "hands crossed": _move(_other_wrist),
    "hands at the mouth": _move(lambda x_TCL, hand: x_TCL[:, :2, 0]),
    "gaps of single landmarks": _coordinates(
        lambda x_TCL, rng: np.where(rng.random((len(x_TCL), 1, NUM_LANDMARKS)) < 0.2, np.float32(np.nan), x_TCL)
    ),
}


def virtual_clips(num_clips: int, seed: int = 0) -> Iterator[np.ndarray]:
    """(T, 390) float32 each: another person and phrase each time, at three tempos, with few and with many gaps."""
    for number in range(num_clips):
        rng = np.random.default_rng([seed, number])
        tempo, gaps = rng.choice([3.0, 5.0, 9.0]), rng.choice([0.5, 1.0, 3.0])
        clip_TLC = record(training_phrase(rng, 3, 15), sample_person(rng), float(tempo), rng, gaps=float(gaps))
        yield columns(clip_TLC)


def real_clips(shared: Path) -> dict[str, list[np.ndarray]]:
    """By collection, (T, 390) float32 each; only those that are there."""
    wide = [
        pd.read_parquet(path, columns=COLUMNS) for path in sorted(shared.glob("real/wide/train_landmarks/*.parquet"))
    ]
    long = [
        pd.read_parquet(path, columns=["x", "y", "z"])
        for path in sorted(shared.glob("real/signs_long/train_landmark_files/*/*.parquet"))
    ]
    videos = [np.load(path)["x"] for path in sorted(shared.glob("golden/holistic_*.npz"))]
    found = {
        "competition's layout": [
            clip.to_numpy(np.float32) for file in wide for _, clip in file.groupby(level=0, sort=False)
        ],
        "long layout": [columns(clip.to_numpy(np.float32).reshape(-1, len(RAW_NAMES), 3)) for clip in long],
        "lesson videos": [columns(clip_TLC) for clip_TLC in videos],
    }
    return {name: clips for name, clips in found.items() if clips}


def real_hands(shared: Path) -> Iterator[np.ndarray]:
    """(3, 390) float32 each: a picture of one hand, three times."""
    for path in sorted(shared.glob("real/handshapes/*.npz")):
        for hand_LC in np.load(path)["xyz"]:
            x_TCL = np.full((3, 3, NUM_LANDMARKS), np.nan, dtype=np.float32)
            x_TCL[:, :, SLOTS["right_hand"]] = hand_LC.T
            yield x_TCL.reshape(3, len(COLUMNS))


def columns(clip_TLC: np.ndarray) -> np.ndarray:
    """(T, 543, 3) → (T, 390) float32."""
    return clip_TLC[:, _SELECTED].transpose(0, 2, 1).reshape(-1, len(COLUMNS)).astype(np.float32)
