"""One virtual person: hand, body, face and habits."""

from dataclasses import dataclass

import numpy as np

from podium.landmarks.person.body import Body, sample_body
from podium.landmarks.person.camera import Camera, sample_camera, to_world
from podium.landmarks.person.face import Face, sample_face
from podium.landmarks.person.hand import HandBones, sample_bones
from podium.systems.fingerspelling.corpus.motion import Style, sample_style

P_LEFT_HANDED = 0.1


@dataclass(frozen=True)
class Person:
    """Everything that stays the same from clip to clip.

    Attributes:
        is_left_handed: Mirrors the person as a whole.
        bones: Proportions of the hand.
        body: Lengths of the body.
        face: Shape of the face.
        style: Habits of the hand.
        camera: Where this person usually puts the phone.
        tempo: Factor on the time a character takes.
        place_3: The wrist while spelling, metres from the dominant shoulder.
        elbow_swing: How far the elbows stand out.
        p_blink: Probability per frame that a blink starts.
        mouthing: How much the mouth moves.
        p_hand_missing: Share of frames in which MediaPipe misses the raised hand.
        p_starts_raised: Probability that a clip starts, and that it ends, with the hand up.
        noise: Factor on MediaPipe's jitter.
    """

    is_left_handed: bool
    bones: HandBones
    body: Body
    face: Face
    style: Style
    camera: Camera
    tempo: float
    place_3: np.ndarray
    elbow_swing: float
    p_blink: float
    mouthing: float
    p_hand_missing: float
    p_starts_raised: float
    noise: float


def sample_person(rng: np.random.Generator) -> Person:
    """Draws a person; the same generator state gives the same person."""
    is_left_handed = bool(rng.random() < P_LEFT_HANDED)
    body, camera = sample_body(rng), sample_camera(rng)
    return Person(
        is_left_handed=is_left_handed,
        bones=sample_bones(rng),
        body=body,
        face=sample_face(rng),
        style=sample_style(rng),
        camera=camera,
        tempo=float(np.exp(np.clip(rng.normal(0, 0.2), -0.5, 0.5))),
        place_3=_spelling_place(body, camera, is_left_handed, rng),
        elbow_swing=float(rng.uniform(0.1, 0.6)),
        p_blink=float(rng.uniform(0.004, 0.02)),
        mouthing=float(rng.uniform(0.02, 0.3)),
        p_hand_missing=float(np.clip(rng.beta(0.9, 5.0), 0.0, 0.5)),
        p_starts_raised=float(rng.uniform(0.2, 0.9)),
        noise=float(np.exp(rng.normal(0, 0.3))),
    )


def _spelling_place(body: Body, camera: Camera, is_left_handed: bool, rng: np.random.Generator) -> np.ndarray:
    """(3,) metres from the dominant shoulder. People see themselves on the phone: the hand is in the picture."""
    image_x, image_y, depth = rng.normal(0.27, 0.04), rng.normal(0.70, 0.05), rng.uniform(0.16, 0.28)
    place_3 = to_world(np.array([1 - image_x if is_left_handed else image_x, image_y]), depth, camera)
    if is_left_handed:  # a person is right-handed until mirrored as a whole
        place_3 = place_3 * np.array([-1.0, 1.0, 1.0])
    return place_3 + np.array([body.shoulders / 2, 0.0, 0.0])
