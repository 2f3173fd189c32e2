"""Real hands on virtual bodies: what `shared/real/handshapes` holds, as clips that MediaPipe would give.

Bodies, faces, cameras, paths of the wrist, tremor and gaps are the virtual signer's.

Letters in names: F frames, J joints (21), N hands.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.person import rotation
from podium.landmarks.person.observation import FACE, MIRROR, POSE, RIGHT_HAND
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import Person
from podium.systems.fingerspelling.landmarks import NAMES

LETTERS_ASPECT = 1.55  # width / height of the letters' pictures, which are mirrored
HAND_DEPTH_SCALE = 0.65  # of hands as MediaPipe reports them
PARENTS = np.array([0, 0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19])
_RAW_OF_NAME = {name[2:]: index for index, name in enumerate(n for n in RAW_COLUMNS if n.startswith("x_"))}
_SELECTED = np.array([_RAW_OF_NAME[name] for name in NAMES])
POSE_OF_JOINT = {0: 16, 17: 18, 5: 20, 3: 22}  # a right hand's joints among the pose points


@dataclass(frozen=True)
class Hands:
    """Real right hands as a camera in front sees them.

    Attributes:
        joints_NJ3: Palms, the wrist at 0; x to the picture's right, y up, z towards the camera as MediaPipe scales it.
        rows: Character → its hands, in the order in which they were filmed.
    """

    joints_NJ3: np.ndarray
    rows: dict[str, np.ndarray]

    def film(self, character: str, num_frames: int, rng: np.random.Generator) -> np.ndarray:
        """(F, 21, 3): neighbouring frames of one character, forwards and backwards if there are too few."""
        rows = self.rows[character]
        start = int(rng.integers(len(rows)))
        steps_F = start + np.arange(num_frames)
        period = 2 * len(rows) - 2
        places_F = steps_F % period
        return self.joints_NJ3[rows[np.minimum(places_F, period - places_F)]]


def read_letters(folder: Path) -> Hands:
    """One signer's A to Z."""
    file = np.load(folder / "borisgraudt_asl-ai.npz")
    joints_NJ3 = file["xyz"].astype(np.float64) * (-LETTERS_ASPECT, -1, -LETTERS_ASPECT)
    number_N = np.array([int(name.split("_")[1].split(".")[0]) for name in file["source_file"]])
    letters_N = np.char.lower(file["label"])
    order_N = np.lexsort((number_N, letters_N))
    return Hands(_in_palms(joints_NJ3), {c: order_N[letters_N[order_N] == c] for c in np.unique(letters_N)})


def read_digits(folder: Path) -> Hands:
    """0 to 9 of many people."""
    file = np.load(folder / "ardamavi_digits_mediapipe.npz")
    width_N, height_N = file["image_wh"].T.astype(np.float64)
    joints_NJ3 = file["xyz"] * np.stack([width_N / height_N, -np.ones_like(width_N), -width_N / height_N], 1)[:, None]
    is_right_N = file["handedness"] == "Left"  # MediaPipe's word for a right hand in a picture that is not mirrored
    return Hands(_in_palms(joints_NJ3), {d: np.flatnonzero(is_right_N & (file["label"] == d)) for d in "0123456789"})


def _in_palms(joints_NJ3: np.ndarray) -> np.ndarray:
    joints_NJ3 = joints_NJ3 - joints_NJ3[:, :1]
    return joints_NJ3 / np.linalg.norm(joints_NJ3[:, 9], axis=1)[:, None, None]


def spelled(text: str, hands: Hands, num_frames: int, rng: np.random.Generator, holds: bool = False) -> np.ndarray:
    """(F, 21, 3) hands that spell a text evenly; the way from one to the next is short, or it is cut.

    Args:
        holds: Each character keeps one single hand.
    """
    bounds = np.linspace(0, num_frames, len(text) + 1).round().astype(int)
    pieces = [hands.film(c, last - first, rng) for c, first, last in zip(text, bounds, bounds[1:], strict=False)]
    if holds:
        pieces = [np.repeat(piece[:1], len(piece), axis=0) for piece in pieces]
    joints_F3 = np.concatenate(pieces)
    is_cut = rng.random() < 0.3
    for place in bounds[1:-1] if not is_cut else []:
        half = max(min(round(0.2 * num_frames / len(text)), 4), 1)
        first, last = max(place - half - 1, 0), min(place + half, num_frames - 1)
        u_F = np.linspace(0, 1, last - first + 1)[:, None, None]
        u_F = u_F**3 * (10 - 15 * u_F + 6 * u_F**2)
        joints_F3[first : last + 1] = joints_F3[first] + u_F * (joints_F3[last] - joints_F3[first])
    return joints_F3


def on_body(
    joints_of_length, text: str, frames_per_character: float, person: Person, rng: np.random.Generator
) -> np.ndarray:
    """(F, 543, 3) raw landmarks of a virtual person with real hands.

    Args:
        joints_of_length: Number of frames → (F, 21, 3) joints in palms.
    """
    still = replace(person, p_starts_raised=1.0, p_hand_missing=min(person.p_hand_missing, 0.1), is_left_handed=False)
    clip_F3 = record(text, still, frames_per_character, rng)
    while np.isnan(clip_F3[:, RIGHT_HAND.start, 0]).mean() > 0.3:  # the hand is out of the picture
        clip_F3 = record(text, still, frames_per_character, rng)
    joints_F3 = joints_of_length(len(clip_F3))
    aspect = person.camera.aspect
    hand_F3 = clip_F3[:, RIGHT_HAND].astype(np.float64)
    palm_F = np.hypot(hand_F3[:, 9, 0] - hand_F3[:, 0, 0], (hand_F3[:, 9, 1] - hand_F3[:, 0, 1]) * aspect)
    palm = np.nanpercentile(palm_F, 90)
    wrist_F2 = _filled(hand_F3[:, 0, :2])
    seen_F3 = np.empty_like(joints_F3)
    seen_F3[..., :2] = wrist_F2[:, None] + joints_F3[..., :2] * np.array([palm, -palm / aspect])
    seen_F3[..., 2] = -joints_F3[..., 2] * palm
    seen_F3 += rng.normal(0, [0.0012, 0.0012 / aspect, 0.002], seen_F3.shape)
    is_missing_F = np.isnan(hand_F3[:, 0, 0])
    clip_F3[:, RIGHT_HAND] = np.where(is_missing_F[:, None, None], np.nan, seen_F3)
    for joint, point in POSE_OF_JOINT.items():
        clip_F3[:, POSE.start + point, :2] = seen_F3[:, joint, :2] + rng.normal(0, 0.004, (len(clip_F3), 2))
    return clip_F3


def _filled(path_F2: np.ndarray) -> np.ndarray:
    """Gaps of a path bridged by straight lines."""
    known = np.flatnonzero(~np.isnan(path_F2[:, 0]))
    return np.stack([np.interp(np.arange(len(path_F2)), known, path_F2[known, axis]) for axis in range(2)], 1)


def alone(joints_F3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(F, 543, 3) a hand that fills a picture of its own: no face, no body."""
    clip_F3 = np.full((len(joints_F3), 543, 3), np.nan, np.float32)
    aspect = float(rng.choice([9 / 16, 3 / 4, 1.0, 4 / 3, 16 / 9]))
    palm = float(rng.uniform(0.12, 0.3)) * min(aspect, 1.0)
    drift_F2 = np.cumsum(rng.normal(0, 0.0015, (len(joints_F3), 2)), 0)
    hand_F2 = joints_F3[..., :2] * np.array([palm, -palm / aspect])
    centre_F2 = np.array([0.5, 0.5]) + rng.normal(0, 0.07, 2) + drift_F2
    clip_F3[:, RIGHT_HAND, :2] = centre_F2[:, None] + hand_F2 - hand_F2.mean((0, 1))
    clip_F3[:, RIGHT_HAND, 2] = -joints_F3[..., 2] * palm
    clip_F3[:, RIGHT_HAND] += rng.normal(0, [0.0012, 0.0012 / aspect, 0.002], (len(joints_F3), 21, 3))
    return clip_F3


def without_face(clip_F3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face is out of sight."""
    clip_F3 = clip_F3.copy()
    clip_F3[:, FACE] = np.nan
    return clip_F3


def close_up(clip_F3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A narrower picture about the hand; what it cuts off of the face is not found."""
    clip_F3 = clip_F3.copy()
    share = rng.uniform(0.45, 0.7)
    centre_2 = np.nanmedian(clip_F3[:, RIGHT_HAND, :2], (0, 1)) + rng.normal(0, 0.05, 2)
    clip_F3[..., :2] = (clip_F3[..., :2] - centre_2) / share + 0.5
    clip_F3[..., 2] /= share
    face_F2 = clip_F3[:, FACE, :2].mean(1)
    clip_F3[((face_F2 < 0) | (face_F2 > 1)).any(1), FACE] = np.nan
    return clip_F3


def mirrored(clip_F3: np.ndarray) -> np.ndarray:
    """The same in a mirror: left is right."""
    clip_F3 = clip_F3[:, MIRROR].copy()
    clip_F3[..., 0] = 1 - clip_F3[..., 0]
    return clip_F3


def as_columns(clip_F3: np.ndarray) -> np.ndarray:
    """(F, 390): all x, all y, all z of the landmarks that the networks read."""
    return np.ascontiguousarray(clip_F3[:, _SELECTED].transpose(0, 2, 1).reshape(len(clip_F3), -1), np.float32)


def turned(joints_J3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(21, 3) another person's hand: seen from elsewhere, with fingers of other lengths."""
    vector_3 = np.deg2rad(rng.uniform((-18, -25, -15), (18, 25, 15)))
    depth_3 = np.array([1, 1, 1 / HAND_DEPTH_SCALE])
    bones_J3 = (joints_J3 - joints_J3[PARENTS]) * depth_3
    bones_J3[1:] *= np.repeat(np.exp(rng.normal(0, 0.07, 5)), 4)[:, None] * np.exp(rng.normal(0, 0.04, (20, 1)))
    turn_33 = rotation.to_matrices(rotation.from_vectors(vector_3))
    points_J3 = np.zeros((21, 3))
    for joint in range(1, 21):
        points_J3[joint] = points_J3[PARENTS[joint]] + turn_33 @ bones_J3[joint]
    return points_J3 / depth_3
