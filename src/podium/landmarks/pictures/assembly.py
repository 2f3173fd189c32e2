"""Makes the file that MediaPipe's HolisticLandmarker and HandLandmarker take out of an older release's models.

Today's package ``mediapipe`` holds no models. Those of release 0.10.21 fit, once they are corrected.

The models are MediaPipe's, Apache License 2.0; see the model cards of BlazeFace, Face Mesh, BlazePose and MediaPipe
Hands. Their weights stay as they are.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from podium.landmarks.pictures.corrections import (
    with_lifted_key_points,
    with_scale,
    with_square_face,
    with_wide_windows,
)

ALIGNMENT = 16  # bytes; models are used where they lie in the file
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip can hold: the same models make the same file


@dataclass(frozen=True)
class Part:
    """A model.

    Attributes:
        path: Its place in the wheel of mediapipe 0.10.21.
        sha256: Of its content there.
        corrections: What is done to it.
    """

    path: str
    sha256: str
    corrections: tuple[Callable[[bytes], bytes], ...] = ()


HAND_DETECTOR = "hand_detector.tflite"  # of HandLandmarker alone; Holistic looks for hands on the body that it found

# Name in the task's file → model.
PARTS = {
    "face_detector.tflite": Part(
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        (with_lifted_key_points,),
    ),
    "face_landmarks_detector.tflite": Part(
        "mediapipe/modules/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        (with_square_face,),
    ),
    HAND_DETECTOR: Part(
        "mediapipe/modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    ),
    "hand_landmarks_detector.tflite": Part(
        "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    ),
    "hand_roi_refinement.tflite": Part(
        "mediapipe/modules/holistic_landmark/hand_recrop.tflite",
        "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
        (with_scale,),
    ),
    "pose_detector.tflite": Part(
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    ),
    "pose_landmarks_detector.tflite": Part(
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        (with_scale, with_wide_windows),
    ),
}


def assemble(models: Mapping[str, bytes]) -> bytes:
    """The task's file: a zip that compresses nothing.

    Args:
        models: A name of `PARTS` → the content of the file in the wheel.
    """
    corrected = {}
    for name, part in PARTS.items():
        corrected[name] = models[name]
        for correct in part.corrections:
            corrected[name] = correct(corrected[name])
    return _stored_zip(corrected)


def _stored_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip without compression, each file's content beginning at a multiple of `ALIGNMENT`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            begin = stream.tell() + 30 + len(name)  # of the content, behind a local header of 30 bytes and the name
            entry.extra = _filler(-begin % ALIGNMENT)
            archive.writestr(entry, content)
    return stream.getvalue()


def _filler(size: int) -> bytes:
    """An extra field of a zip's entry, which readers skip: four bytes of head, and zeros."""
    size += ALIGNMENT if 0 < size < 4 else 0
    return b"" if size == 0 else b"\xff\xff" + (size - 4).to_bytes(2, "little") + bytes(size - 4)
