"""Whether a clip's landmarks can be those of a person: hands at their own wrists, head up, neighbours side by side.

Each rule compares landmarks of a clip with each other, by medians over its frames. No rule knows a unit: lengths along
x (or y) are divided by the spread of the face or the arms along that axis, so that fractions of a picture and pixels
give the same answer. Depth is not looked at.

Legend: T frames, K columns, C coordinates, A axes (x, y), L landmarks, G groups, P pairs of neighbours,
R rows (x or y of a frame).
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from podium.landmarks.mediapipe import LEFT_EYE, LIPS, RIGHT_EYE
from podium.landmarks.normalise import is_infinite
from podium.landmarks.remarks import MEANINGS
from podium.landmarks.selection import Selection, by_coordinate

# Each limit lies between what real and virtual clips show and what the same clips show once they are spoilt;
# benchmarks/plausibility.py prints both and counts false alarms.
MAX_FRAMES = 256  # that are looked at, spread evenly: enough for a median, and a long clip costs no more
MIN_FRAMES = 3  # that a figure needs; with fewer it is unknown
MAX_CONTOUR = 0.3  # seen: up to 0.20; landmarks shuffled: from 0.56
MAX_BONE = 0.95  # seen: up to 0.82, in pictures of single hands 0.86; x y z side by side: from 1.4
MIN_FACE, MAX_FACE = 1.5, 3.3  # eyes and mouth; seen: 1.9 to 2.8; parts in another order: mostly below 1.5
MAX_WRIST_GAP = 1.2  # seen: up to 0.72; depth in place of x or y: from 1.5
MAX_CHEST = 3.5  # seen: up to 2.5; face in pixels, the others in fractions: from 700
MAX_OWN_LEAD = 0.5  # seen: up to -0.8, about 0 if both hands touch; swapped: from 0.8
MAX_TILT = 4.0  # seen: up to 0.25; turned by a quarter: from 4
MIN_TURNED = 0.25  # seen: eyes_x from 2.3, mouth_y from 1.9, shoulders_x from 0.9, chest_y from 0.26

# Stretches of lips and eyelids, first and last landmark: each landmark's neighbour is the next one.
_STRETCHES = [
    (61, 37), (267, 291), (146, 17), (314, 375), (191, 82), (312, 415), (95, 87), (317, 324),
    (33, 133), (246, 173), (263, 362), (466, 398),
]  # fmt: skip
_FINGERS = [[0, 1, 2, 3, 4], [0, 5, 6, 7, 8], [5, 9, 10, 11, 12], [9, 13, 14, 15, 16], [13, 17, 18, 19, 20], [0, 17]]
_BONES_2P = np.array([bone for finger in _FINGERS for bone in zip(finger, finger[1:], strict=False)]).T
_CONTOURS = [LIPS, RIGHT_EYE, LEFT_EYE]
_ARM_WRISTS = {"left_hand": ("pose_15", "pose_16"), "right_hand": ("pose_16", "pose_15")}  # its own, the other one


class _Places(NamedTuple):
    """Where the landmarks that the rules compare stand in a selection.

    Attributes:
        groups: Of which centre and spread are wanted.
        members_LG: (L, G) float64: 1 if a landmark belongs to a group.
        contour_2P: (2, P): neighbours on lips and eyelids.
        wrists: Hand → the wrist of its own arm, and of the other one.
    """

    groups: dict[str, np.ndarray]
    members_LG: np.ndarray
    contour_2P: np.ndarray
    shoulders: tuple[int, int]
    wrists: dict[str, list[int]]


@cache
def _places(selection: Selection) -> _Places:
    def face(indices: list[int]) -> np.ndarray:
        return np.array([selection.slot_of[f"face_{index}"] for index in indices])

    groups = {"right_eye": face(RIGHT_EYE), "left_eye": face(LEFT_EYE), "mouth": face(LIPS), **selection.slots}
    slots_L = np.arange(len(selection.names))
    members_LG = np.stack([np.isin(slots_L, slots) for slots in groups.values()], 1).astype(np.float64)
    contours = [
        face(contour[contour.index(first) : contour.index(last) + 1])
        for first, last in _STRETCHES
        for contour in _CONTOURS
        if first in contour
    ]
    contour_2P = np.concatenate([np.stack([contour[:-1], contour[1:]]) for contour in contours], axis=1)
    wrists = {hand: [selection.slot_of[name] for name in names] for hand, names in _ARM_WRISTS.items()}
    return _Places(groups, members_LG, contour_2P, (selection.slot_of["pose_12"], selection.slot_of["pose_11"]), wrists)


def without_zeros(raw_TK: np.ndarray, selection: Selection) -> tuple[np.ndarray, bool]:
    """Reads as missing a hand, the face or the pose of a frame if all its landmarks lie in one point, as 0, -1 or any
    other number that stands for a missing one makes them do.

    Args:
        raw_TK: (T, K) float32, NaN if a landmark is missing. Depth may be missing in such a part. Infinite values
            stand for nothing here: they are told as such.
        selection: Of the K columns.

    Returns:
        The array itself, or a copy with NaN in place of such parts if there are any; and whether there are.
    """
    x_TCL = by_coordinate(raw_TK)
    filled = []
    for slots in selection.slots.values():
        first, second = slots[:2]  # two landmarks rule out most frames
        frames_F = np.flatnonzero((x_TCL[:, :2, first] == x_TCL[:, :2, second]).all(axis=1))
        part_FCL = x_TCL[frames_F][:, :, slots]
        is_same_FCL = (part_FCL == part_FCL[:, :, :1]) & ~is_infinite(part_FCL)
        is_same_FCL[:, 2] |= np.isnan(part_FCL[:, 2])
        filled.append((slots, frames_F[is_same_FCL.all(axis=(1, 2))]))
    if not any(len(frames_F) for _, frames_F in filled):
        return raw_TK, False
    x_TCL = x_TCL.copy()
    for slots, frames_F in filled:
        x_TCL[frames_F[:, None], :, slots] = np.nan
    return x_TCL.reshape(raw_TK.shape), True


def doubts(raw_TK: np.ndarray, selection: Selection) -> tuple[str, ...]:
    """What speaks against a clip, from its landmarks alone.

    Args:
        raw_TK: (T, K) float32 in any unit, NaN if a landmark is missing; T may be 0.
        selection: Of the K columns. It must hold hands, lips, eyes, shoulders and the arms' wrists.

    Returns:
        Kinds of `podium.landmarks.remarks.MEANINGS`, in their order.
    """
    of = figures(raw_TK, selection)
    if is_in_another_order(of):
        return ("columns_in_another_order",)  # nothing else can be judged from such columns
    is_rotated = _exceed(MAX_TILT, of["face_tilt"], of["body_tilt"])
    found = {
        "hands_swapped": of["own_lead"] > MAX_OWN_LEAD,
        "upside_down": _exceed(MIN_TURNED, -of["mouth_y"], -of["chest_y"]) and not is_rotated,
        "mirrored": _exceed(MIN_TURNED, -of["eyes_x"], -of["shoulders_x"]) and not is_rotated,
        "rotated": is_rotated,
    }
    return tuple(kind for kind in MEANINGS if found.get(kind))


def is_in_another_order(of: dict[str, float]) -> bool:
    """Whether the columns seem to be in another order: neighbours, eyes, mouth, wrists or shoulders lie in impossible
    places.

    Args:
        of: As `figures` returns them.
    """
    eyes, mouth = math.hypot(of["eyes_x"], of["eyes_y"]), math.hypot(of["mouth_x"], of["mouth_y"])
    return (
        of["contour"] > MAX_CONTOUR
        or of["bone"] > MAX_BONE
        or of["wrist_gap"] > MAX_WRIST_GAP
        or math.hypot(of["chest_x"], of["chest_y"]) > MAX_CHEST
        or any(length < MIN_FACE or length > MAX_FACE for length in (eyes, mouth))
    )


def _exceed(limit: float, *figures: float) -> bool:
    """Whether figures exceed a limit: all that are known, and one at least."""
    known = [figure for figure in figures if not math.isnan(figure)]
    return bool(known) and min(known) > limit


def figures(raw_TK: np.ndarray, selection: Selection) -> dict[str, float]:
    """What the rules look at: medians over a clip's frames, NaN if fewer than `MIN_FRAMES` frames show it.

    Args:
        raw_TK, selection: As for `doubts`.

    Returns:
        In spreads (standard deviations over the landmarks of a frame) of the face along the same axis: ``contour``, the
        mean step between neighbours on lips and eyelids (the larger one of x and y); ``eyes_x, eyes_y`` from the right
        to the left eye; ``mouth_x, mouth_y`` from the eyes to the mouth. In spreads of the arms: ``shoulders_x,
        shoulders_y`` from the right to the left shoulder; ``chest_x, chest_y`` from the face to the shoulders;
        ``wrist_gap`` from a hand's wrist to the nearer one of the arms' wrists; ``own_lead``, its distance from its own
        arm's wrist less that from the other arm's. In spreads of the hand: ``bone``, the mean length of its bones.
        Without a unit: ``face_tilt, body_tilt``, products of the tangents of two angles that are 0 if the person is
        upright.
    """
    stride = max(-(-len(raw_TK) // MAX_FRAMES), 1)
    places = _places(selection)
    x_TAL = by_coordinate(raw_TK[::stride])[:, :2].astype(np.float64)
    np.copyto(x_TAL, np.nan, where=is_infinite(x_TAL))
    centre, spread = _groups(x_TAL, places)
    contours = _medians(_step(x_TAL, *places.contour_2P) / spread["face"])
    of = {"contour": max((contour for contour in contours if not math.isnan(contour)), default=math.nan)}

    eyes_TA = (centre["left_eye"] - centre["right_eye"]) / spread["face"]
    mouth_TA = (centre["mouth"] - (centre["left_eye"] + centre["right_eye"]) / 2) / spread["face"]
    right_TA, left_TA = (x_TAL[:, :, slot] for slot in places.shoulders)
    shoulders_TA = (left_TA - right_TA) / spread["pose"]
    chest_TA = ((left_TA + right_TA) / 2 - centre["face"]) / spread["pose"]
    for name, value_TA in (("eyes", eyes_TA), ("mouth", mouth_TA), ("shoulders", shoulders_TA), ("chest", chest_TA)):
        of[f"{name}_x"], of[f"{name}_y"] = _medians(value_TA)
    of["face_tilt"] = _tilt(of, "eyes", "mouth")
    of["body_tilt"] = _tilt(of, "shoulders", "chest")

    bones, gaps, leads = [], [], []
    for hand, wrists in places.wrists.items():
        slots = selection.slots[hand]
        first, last = slots[_BONES_2P]
        bones.append((_step(x_TAL, first, last) / spread[hand]).mean(axis=1))
        away_TA2 = x_TAL[:, :, wrists] - x_TAL[:, :, slots[:1]]
        own_T, other_T = np.hypot(*(away_TA2 / spread["pose"][:, :, None]).transpose(1, 2, 0))
        gaps.append(np.minimum(own_T, other_T))
        leads.append(own_T - other_T)
    for name, parts in (("bone", bones), ("wrist_gap", gaps), ("own_lead", leads)):
        (of[name],) = _medians(np.concatenate(parts)[:, None])
    return of


def _groups(x_TAL: np.ndarray, places: _Places) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Centre and spread (T, A) of each group; NaN if less than half of its landmarks are there, or all in one point."""
    x_RL = x_TAL.reshape(-1, x_TAL.shape[2])  # one row per frame and axis: one product for all
    is_there_RL = ~np.isnan(x_RL)
    filled_RL = np.where(is_there_RL, x_RL, 0)
    members_LG = places.members_LG
    num_RG = is_there_RL.astype(np.float64) @ members_LG
    num_RG[num_RG < members_LG.sum(axis=0) / 2] = np.nan
    centre_RG = filled_RL @ members_LG / num_RG
    variance_RG = filled_RL**2 @ members_LG / num_RG - centre_RG**2
    variance_RG[variance_RG <= 1e-12 * centre_RG**2] = np.nan  # no more than rounding leaves
    centre_GTA, spread_GTA = (
        value_RG.T.reshape(len(places.groups), *x_TAL.shape[:2]) for value_RG in (centre_RG, np.sqrt(variance_RG))
    )
    return dict(zip(places.groups, centre_GTA, strict=True)), dict(zip(places.groups, spread_GTA, strict=True))


def _step(x_TAL: np.ndarray, first_P: np.ndarray, last_P: np.ndarray) -> np.ndarray:
    """(T, A): the mean distance of pairs, of those that are there."""
    step_TAP = np.abs(x_TAL[:, :, last_P] - x_TAL[:, :, first_P])
    is_there_TAP = ~np.isnan(step_TAP)
    num_TA = is_there_TAP.sum(axis=2)
    return _ratio(np.where(is_there_TAP, step_TAP, 0).sum(axis=2), num_TA)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def _tilt(of: dict[str, float], across: str, down: str) -> float:
    upright = abs(of[f"{across}_x"] * of[f"{down}_y"])
    return abs(of[f"{across}_y"] * of[f"{down}_x"]) / max(upright, 1e-9)


def _medians(value_TN: np.ndarray) -> list[float]:
    """The median of each column's numbers."""
    columns = [value_T[~np.isnan(value_T)] for value_T in value_TN.T]
    return [float(np.median(value_T)) if len(value_T) >= MIN_FRAMES else math.nan for value_T in columns]
