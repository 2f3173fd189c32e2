"""One everyday clip: any tempo, any framing, a recogniser of landmarks that errs, and perhaps nothing to read.

What `podium.systems.fingerspelling.corpus.clip` films at arm's length, this module films as people do: with a laptop,
a phone held upright or lengthwise, from near or far, or the hand alone.

Legend: F frames, L all 543 landmarks in the raw order, A angles, C characters.
"""

from dataclasses import replace

import numpy as np

from podium.landmarks.holds import moving
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.person import rotation
from podium.landmarks.person.camera import Camera, to_camera
from podium.landmarks.person.hand import LIMITS_A2, NUM_ANGLES
from podium.landmarks.person.observation import FACE, LEFT_HAND, POSE, RIGHT_HAND
from podium.landmarks.selection import Selection
from podium.systems.fingerspelling.corpus.clip import film
from podium.systems.fingerspelling.corpus.handshapes import SHAPES
from podium.systems.fingerspelling.corpus.idle import idle
from podium.systems.fingerspelling.corpus.measured import measured_angles, measured_turns
from podium.systems.fingerspelling.corpus.motion import HandPath, Pace, Style, spell
from podium.systems.fingerspelling.corpus.person import Person, sample_person
from podium.systems.fingerspelling.corpus.section import Conditions

_RAW = Selection(tuple(RAW_NAMES))
SHORT_FRAMES = 8  # that a short clip keeps
_CHARACTERS = list(SHAPES)
_ASPECTS = (4 / 3, 16 / 9, 1.0, 3 / 4, 9 / 16, 9 / 16)  # height / width
P_PALM_IN = 0.5  # of people, who show 1 to 5 with the palm towards themselves, as teachers of ASL do
_TWINS = ("0o", "2v", "6w", "9f")  # a digit and a letter of nearly one shape, each measured on other people
_EDGE = 0.08  # of the picture, which the spelling hand keeps away from


def sample_everyday_person(rng: np.random.Generator, conditions: Conditions) -> Person:
    """A person whose shapes lie between the anatomical and the measured ones, with more variety."""
    person = sample_person(rng)
    style = varied(person.style, conditions, rng)
    return replace(person, style=style, p_hand_missing=min(person.p_hand_missing, 0.25))


def varied(style: Style, conditions: Conditions, rng: np.random.Generator) -> Style:
    """A person's habits with shapes between the anatomical and the measured ones, and more variety."""
    num_characters = len(style.angles_CA)
    common = rng.uniform(*conditions.measured)
    share_C = np.clip(rng.normal(common, 0.3, num_characters), *conditions.measured)[:, None]
    angles_CA = style.angles_CA + share_C * measured_angles()
    turns_C4 = rotation.multiply(rotation.from_vectors(share_C * measured_turns()), style.turns_C4)
    for digit, letter in _TWINS:
        rows = [_CHARACTERS.index(digit), _CHARACTERS.index(letter)]
        share = float(np.clip(rng.normal(0.25, 0.3), 0, 0.75))
        angles_CA[rows] = (1 - share) * angles_CA[rows] + share * angles_CA[rows[::-1]]
        turns_K4 = rotation.continuous(turns_C4[rows])
        turns_C4[rows] = (1 - share) * turns_K4 + share * turns_K4[::-1]  # nobody needs them of length 1
    if rng.random() < P_PALM_IN:
        rows = [_CHARACTERS.index(digit) for digit in "12345"]
        turns_C4[rows] = rotation.multiply(turns_C4[rows], rotation.from_vectors([0.0, np.pi, 0.0]))
    variety = conditions.variety
    angles_CA = angles_CA + rng.normal(0, np.deg2rad(4.0) * variety, angles_CA.shape)
    angles_CA += rng.normal(0, np.deg2rad(4.0) * variety, NUM_ANGLES)
    turns_C4 = rotation.multiply(
        rotation.from_vectors(rng.normal(0, np.deg2rad(6.0) * variety, (num_characters, 3))), turns_C4
    )
    habit_4 = rotation.from_vectors(rng.normal(0, np.deg2rad([8.0, 10.0, 8.0]) * variety))
    return replace(
        style, angles_CA=np.clip(angles_CA, *LIMITS_A2.T), turns_C4=rotation.multiply(habit_4, turns_C4)
    )


def record_everyday(
    text: str, person: Person, conditions: Conditions, rng: np.random.Generator, jitter: float, gaps: float
) -> np.ndarray:
    """Raw landmarks of an everyday clip, as `clip.record` returns them.

    Args:
        text: Of the 59 characters; "" gives a clip without anything to read.
        jitter: Factor on how much landmarks tremble.
        gaps: Factor on how often, and on how long, a hand is not found.
    """
    path = _spelled(text, person, conditions, rng) if text else idle(int(rng.integers(20, 160)), person.style, rng)
    is_frozen = len(text) == 1 and rng.random() < conditions.p_frozen
    if is_frozen:
        path = _photo(path, int(rng.integers(15, 61)))
    tremble = jitter * float(rng.choice([0.05, 0.5, 1.0, 1.0, 1.6])) if is_frozen else jitter
    camera = _camera(person, conditions, rng)
    clip_FL3 = film(path, person, rng, tremble, gaps * rng.uniform(0.2, 1.2), camera)
    if rng.random() < conditions.p_other_rate:
        clip_FL3 = _at_other_rate(clip_FL3, rng)
    _frame(clip_FL3, conditions, rng)
    if rng.random() < conditions.p_glitches:
        _glitches(clip_FL3, rng)
    if not text and rng.random() < 0.25:
        _noise(clip_FL3, rng)
    clip_FL3 = _visible(clip_FL3, rng)
    return clip_FL3[_kept(clip_FL3)] if conditions.holds == "short" else clip_FL3


def _kept(clip_FL3: np.ndarray) -> np.ndarray:
    return moving(clip_FL3.transpose(0, 2, 1).reshape(len(clip_FL3), -1), _RAW, SHORT_FRAMES)


def _spelled(text: str, person: Person, conditions: Conditions, rng: np.random.Generator) -> HandPath:
    slow, fast = np.log(conditions.frames_per_character)
    tempo = float(np.exp(rng.uniform(slow, fast)))
    longest = conditions.max_clip_frames
    if len(text) == 1:
        tempo = max(tempo, float(rng.uniform(15, 50)))
    tempo = min(tempo, longest / len(text))
    lead, tail = np.where(rng.random(2) < 0.55, 0.0, rng.uniform(4, 30, 2))
    num_frames = max(round(len(text) * tempo + lead + tail), 8)
    pace = Pace(
        unevenness=float(rng.uniform(0.1, 0.5)),
        drift=float(rng.normal(0, 0.4)),
        last_weight=float(rng.uniform(1.5, 6.0)) if len(text) > 1 and rng.random() < 0.25 else 1.0,
        max_change_frames=float(rng.uniform(4, 12)),
        max_motion_frames=float(rng.uniform(12, 30)),
    )
    return spell(text, person.style, num_frames, float(lead), float(tail), rng, pace)


def _photo(path: HandPath, num_frames: int) -> HandPath:
    """The path's most settled moment, held."""
    at = int(np.argmax(path.raised_F > 0.95) + (path.raised_F > 0.95).sum() * 2 // 3)
    still = np.full(num_frames, min(at, len(path.raised_F) - 1))
    return HandPath(path.angles_FA[still], path.rotation_F33[still], path.offset_F3[still], path.raised_F[still])


def _camera(person: Person, conditions: Conditions, rng: np.random.Generator) -> Camera:
    """Any phone or laptop. The place where the person spells is in the picture."""
    aspect = float(rng.choice(_ASPECTS))
    pitch, yaw, roll = np.deg2rad(rng.normal([3.0, 0.0, 0.0], [7.0, 10.0, 4.0]))
    rotation_33 = rotation.to_matrices(rotation.from_vectors(np.array([pitch, yaw, roll])))
    distance = float(rng.uniform(0.55, 1.6))
    # Metres seen at the shoulders, along the picture's shorter side.
    shorter = float(np.exp(rng.uniform(np.log(0.42), np.log(1.1))))
    if rng.random() < conditions.p_close_up:
        shorter *= float(rng.uniform(0.4, 0.75))
    width = shorter / min(aspect, 1.0)
    centre_2 = np.array([rng.normal(0.5, 0.07), rng.normal(0.62, 0.08)])
    camera = Camera(rotation_33, distance, distance / width, aspect, centre_2)
    wrist_3 = person.place_3 + np.array([-person.body.shoulders / 2, 0.0, 0.0])
    seen_3 = to_camera(wrist_3[None], camera)[0]
    scale = camera.zoom / max(distance - seen_3[2], 0.05)
    palm = person.body.palm * scale
    at_2 = centre_2 + np.array([seen_3[0] * scale, -seen_3[1] * scale / aspect])
    if person.is_left_handed:  # the world is mirrored as a whole
        at_2[0] = 2 * centre_2[0] - at_2[0]
    low_2 = np.array([palm, 2 * palm / aspect]) + _EDGE
    high_2 = 1 - np.array([palm, 1.1 * palm / aspect]) - _EDGE  # P and Q hang down
    wanted_2 = np.where(low_2 < high_2, np.clip(at_2, low_2, np.maximum(low_2, high_2)), (low_2 + high_2) / 2)
    return replace(camera, centre_2=centre_2 + wanted_2 - at_2)


def _frame(clip_FL3: np.ndarray, conditions: Conditions, rng: np.random.Generator) -> None:
    """Leaves out what the picture does not show, in place."""
    face_F2 = clip_FL3[:, FACE, :2].mean(1)
    clip_FL3[((face_F2 < 0.0) | (face_F2 > 1.0)).any(1), FACE] = np.nan
    if rng.random() < conditions.p_alone:
        main = RIGHT_HAND if _num_seen(clip_FL3, RIGHT_HAND) >= _num_seen(clip_FL3, LEFT_HAND) else LEFT_HAND
        other = LEFT_HAND if main == RIGHT_HAND else RIGHT_HAND
        if rng.random() < 0.15:  # the wrong name for the hand
            clip_FL3[:, other], main, other = clip_FL3[:, main], other, main
        for part in (FACE, POSE, other):
            clip_FL3[:, part] = np.nan
    elif rng.random() < conditions.p_no_face:
        clip_FL3[:, FACE] = np.nan


def _num_seen(clip_FL3: np.ndarray, part: slice) -> int:
    return int((~np.isnan(clip_FL3[:, part.start, 0])).sum())


def _glitches(clip_FL3: np.ndarray, rng: np.random.Generator) -> None:
    """For moments hands stand in each other's place, both places hold one hand, or points leap; in place."""
    num_frames = len(clip_FL3)
    for _ in range(int(rng.integers(1, 4))):
        first = int(rng.integers(num_frames))
        moment = slice(first, first + int(rng.integers(1, 6)))
        kind = int(rng.integers(4))
        left_F3, right_F3 = clip_FL3[moment, LEFT_HAND].copy(), clip_FL3[moment, RIGHT_HAND].copy()
        if kind == 0:
            clip_FL3[moment, LEFT_HAND], clip_FL3[moment, RIGHT_HAND] = right_F3, left_F3
        elif kind == 1:
            both_F3 = np.where(np.isnan(right_F3), left_F3, right_F3)
            clip_FL3[moment, LEFT_HAND] = clip_FL3[moment, RIGHT_HAND] = both_F3
        else:
            part = RIGHT_HAND if kind == 2 else LEFT_HAND
            size = 0.02 if rng.random() < 0.6 else 0.1
            clip_FL3[moment, part] += rng.normal(0, size, (1, 21, 3)).astype(np.float32)


def _noise(clip_FL3: np.ndarray, rng: np.random.Generator) -> None:
    """Points all over the picture in place of the hands, in place."""
    for part in (LEFT_HAND, RIGHT_HAND):
        spread, centre_3 = rng.uniform(0.03, 0.3), rng.uniform(0.2, 0.8, 3) * (1, 1, 0)
        points_F3 = rng.normal(centre_3, spread, (len(clip_FL3), 21, 3))
        if rng.random() < 0.4:  # the same points throughout, trembling
            points_F3 = points_F3[:1] + rng.normal(0, 0.02 * spread, points_F3.shape)
        is_seen_F = rng.random(len(clip_FL3)) < rng.choice([0.0, 0.5, 1.0], p=(0.2, 0.2, 0.6))
        clip_FL3[is_seen_F, part] = points_F3[is_seen_F]


def _at_other_rate(clip_FL3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Frames of a film of 15 to 25 frames a second, each repeated until the next, so that they count as 30."""
    step = float(rng.uniform(1.2, 2.0))
    return clip_FL3[(np.floor(np.arange(len(clip_FL3)) / step) * step).astype(np.int64)]


def _visible(clip_FL3: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A clip that shows anything at all; one that does not gets a trembling point."""
    if np.isnan(clip_FL3[:, :, 0]).all():
        clip_FL3[:, POSE] = rng.normal(0.5, 0.1, (len(clip_FL3), 33, 3))
    return clip_FL3
