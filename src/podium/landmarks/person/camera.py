"""A virtual phone: where it stands, and what of the world MediaPipe would report from its picture.

Legend: F frames, N points, 3 axes.
"""

from dataclasses import dataclass

import numpy as np

from podium.landmarks.person import rotation


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        rotation_33: World to camera (x right, y up, z from the scene towards the camera).
        distance: From the shoulders' middle, metres.
        zoom: Image widths per unit of x/depth.
        aspect: Image height / width.
        centre_2: Image position of the shoulders' middle, fractions (x right, y down).
    """

    rotation_33: np.ndarray
    distance: float
    zoom: float
    aspect: float
    centre_2: np.ndarray


def sample_camera(rng: np.random.Generator) -> Camera:
    """Draws a phone at arm's length or on a table: frame, distance and three angles."""
    pitch, yaw, roll = np.deg2rad(rng.normal([4.0, 0.0, 0.0], [5.0, 7.5, 2.5]))
    aspect = float(rng.choice([4 / 3, 4 / 3, 4 / 3, 1.25, 1.4, 16 / 9]))
    distance = float(rng.uniform(0.6, 0.95))
    frame_width = float(np.clip(rng.normal(0.585, 0.05), 0.46, 0.75))  # metres seen at the shoulders
    centre_2 = np.array([rng.normal(0.485, 0.04), rng.normal(0.65, 0.05)])
    rotation_33 = rotation.to_matrices(rotation.from_vectors(np.array([pitch, yaw, roll])))
    return Camera(rotation_33, distance, distance / frame_width, aspect, centre_2)


def put_up_again(camera: Camera, rng: np.random.Generator) -> Camera:
    """The same phone in the same place, about."""
    other = sample_camera(rng)
    nudge_33 = rotation.to_matrices(rotation.from_vectors(rng.normal(0, np.deg2rad(2.0), 3)))
    factor = float(np.exp(rng.normal(0, 0.03)))
    centre_2 = 0.8 * camera.centre_2 + 0.2 * other.centre_2
    return Camera(nudge_33 @ camera.rotation_33, camera.distance, camera.zoom * factor, camera.aspect, centre_2)


def to_camera(points_FN3: np.ndarray, camera: Camera) -> np.ndarray:
    """World → camera axes, metres; the origin stays between the shoulders."""
    return points_FN3 @ camera.rotation_33.T.astype(points_FN3.dtype)


def to_world(image_2: np.ndarray, depth: float, camera: Camera) -> np.ndarray:
    """The point of the world that is seen at a place of the image.

    Args:
        image_2: (2,) fractions, x right, y down.
        depth: Metres in front of the shoulders, along the camera's axis.

    Returns:
        (3,) metres.
    """
    per_width = (camera.distance - depth) / camera.zoom
    x, y = (image_2 - camera.centre_2) * np.array([per_width, -per_width * camera.aspect])
    return np.array([x, y, depth]) @ camera.rotation_33


def project(seen_FN3: np.ndarray, camera: Camera, z_origin_F: np.ndarray, z_scale: float) -> np.ndarray:
    """Camera axes → what MediaPipe reports.

    Args:
        seen_FN3: (F, N, 3) metres, from `to_camera`.
        z_origin_F: (F,) camera z that is reported as 0.
        z_scale: Stretch of the reported depth.

    Returns:
        (F, N, 3): x, y fractions of image width and height, y down; z in image widths, negative towards the
        camera.
    """
    scale_FN = camera.zoom / np.maximum(camera.distance - seen_FN3[..., 2], 0.05)
    points_FN3 = np.empty_like(seen_FN3)
    centre_x, centre_y = (float(position) for position in camera.centre_2)
    points_FN3[..., 0] = centre_x + seen_FN3[..., 0] * scale_FN
    points_FN3[..., 1] = centre_y - seen_FN3[..., 1] * scale_FN / camera.aspect
    depth_scale_F1 = z_scale * camera.zoom / np.maximum(camera.distance - z_origin_F, 0.05)[:, None]
    points_FN3[..., 2] = (z_origin_F[:, None] - seen_FN3[..., 2]) * depth_scale_F1
    return points_FN3
