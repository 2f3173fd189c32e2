"""One virtual signer: body, camera, habits; and how this signer makes each sign."""

from dataclasses import dataclass

import numpy as np

from podium.landmarks.person import rotation
from podium.landmarks.person.body import Body, sample_body
from podium.landmarks.person.camera import Camera, sample_camera
from podium.landmarks.person.face import Face, sample_face
from podium.landmarks.person.hand import NUM_ANGLES, HandBones, sample_bones
from podium.systems.signs.corpus.places import body_places

P_LEFT_HANDED = 0.3  # of the 21 signers at hand, 7 sign with the left hand, or hold the phone in the right one


@dataclass(frozen=True)
class Signer:
    """Everything that stays the same from clip to clip.

    Attributes:
        is_left_handed: Mirrors the person as a whole.
        bones: Proportions of the hand.
        body: Lengths of the body.
        face: Shape of the face.
        places: Where the places of the body are, metres in the world.
        camera: Where this person usually has the phone.
        pace: Factor on the frames of a clip: phones differ in their frame rate, and people in their speed.
        habit_A: rad, how far each joint is bent more than others bend it.
        habit_3: Rotation vector of the hand, rad.
        size: Factor on movements.
        shoulder_lift: Metres that the shoulder of a raised hand rises.
        elbow_swing: How far the elbows stand out.
        head_turn_3: Rotation vector of the head, rad.
        p_blink: Probability per frame that a blink starts.
        mouthing: How much the mouth moves.
        found: Logit of the share of frames in which a resting, well visible hand is found.
        noise: Factor on MediaPipe's jitter.
    """

    is_left_handed: bool
    bones: HandBones
    body: Body
    face: Face
    places: dict[str, np.ndarray]
    camera: Camera
    pace: float
    habit_A: np.ndarray
    habit_3: np.ndarray
    size: float
    shoulder_lift: float
    elbow_swing: float
    head_turn_3: np.ndarray
    p_blink: float
    mouthing: float
    found: float
    noise: float


def sample_signer(rng: np.random.Generator, variety: float = 1.0) -> Signer:
    """Draws a person; the same state of the generator gives the same person.

    Args:
        variety: Factor on how much habits differ.
    """
    body, face = sample_body(rng), sample_face(rng)
    return Signer(
        is_left_handed=bool(rng.random() < P_LEFT_HANDED),
        bones=sample_bones(rng),
        body=body,
        face=face,
        places=body_places(body, face),
        camera=_held(sample_camera(rng), rng),
        pace=float(np.exp(np.clip(rng.normal(0, 0.5), -0.9, 0.9))),
        habit_A=rng.normal(0, np.deg2rad(4.0) * variety, NUM_ANGLES),
        habit_3=rng.normal(0, np.deg2rad(7.0) * variety, 3),
        size=float(np.exp(rng.normal(0, 0.18 * variety))),
        shoulder_lift=float(rng.uniform(0.0, 0.05)),
        elbow_swing=float(rng.uniform(0.1, 0.8)),
        head_turn_3=rng.normal(0, [0.08, 0.1, 0.07]),
        p_blink=float(rng.uniform(0.01, 0.04)),
        mouthing=float(rng.uniform(0.05, 0.6)),
        found=float(rng.normal(1.5, 0.7)),
        noise=float(np.exp(rng.normal(0, 0.3))),
    )


def _held(camera: Camera, rng: np.random.Generator) -> Camera:
    """A phone in the other hand is turned further than one on a table, and does not show its owner in the middle."""
    turn_33 = rotation.to_matrices(rotation.from_vectors(np.deg2rad(rng.normal([-4.0, 0.0, 0.0], [3.0, 5.0, 4.0]))))
    centre_2 = camera.centre_2 + rng.normal([0.0, 0.01], [0.04, 0.045])
    return Camera(turn_33 @ camera.rotation_33, camera.distance, camera.zoom, camera.aspect, centre_2)


@dataclass(frozen=True)
class Manner:
    """How a signer makes one sign.

    Attributes:
        way: Which of its ways, in [0, 1).
        offset_3: Palms by which the hand misses the place, in, up, forward.
        turn_3: Rotation vector of the hand, rad.
        size: Factor on the movement.
        angles_A: rad, on top of the signer's habit.
        extra: Postures that are added at the end by going on with the movement, or left out.
    """

    way: float
    offset_3: np.ndarray
    turn_3: np.ndarray
    size: float
    angles_A: np.ndarray
    extra: int


def sample_manner(rng: np.random.Generator, variety: float = 1.0) -> Manner:
    """Draws how somebody makes a sign."""
    return Manner(
        way=float(rng.random()),
        offset_3=rng.normal(0, np.array([0.25, 0.25, 0.2]) * variety),
        turn_3=rng.normal(0, np.deg2rad(9.0) * variety, 3),
        size=float(np.exp(rng.normal(0, 0.2 * variety))),
        angles_A=rng.normal(0, np.deg2rad(4.0) * variety, NUM_ANGLES),
        extra=int(rng.choice([-2, 0, 0, 0, 2])),
    )
