"""Landmarks that others have found: ``.pose`` files, and results of MediaPipe Tasks as JSON.

Legend: T frames, L the 543 landmarks, C coordinates, P people, N points.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from podium.errors import ClipError, UserError
from podium.landmarks.mediapipe import PART_SIZES, RAW_NAMES
from podium.storage.files import read_json

SUFFIXES = (".pose", ".json")
_BEGINS = {part: RAW_NAMES.index(f"{part}_0") for part in PART_SIZES}
_COMPONENTS = {
    "FACE_LANDMARKS": "face",
    "LEFT_HAND_LANDMARKS": "left_hand",
    "POSE_LANDMARKS": "pose",
    "RIGHT_HAND_LANDMARKS": "right_hand",
}
_KEYS = {
    "facelandmarks": "face",
    "lefthandlandmarks": "left_hand",
    "poselandmarks": "pose",
    "righthandlandmarks": "right_hand",
}
_MAX_FRACTION = 4  # of a picture: what lies within it is no pixel


@dataclass(frozen=True)
class Foreign:
    """A clip of another format.

    Attributes:
        x_TLC: (T, 543, 3) float32, x and y in fractions of the picture, NaN where a landmark is missing.
        rate: Frames a second; None if the file does not tell.
        remarks: Kinds of `podium.landmarks.remarks.MEANINGS`.
    """

    x_TLC: np.ndarray
    rate: float | None
    remarks: tuple[str, ...] = ()


def read_foreign(path: Path) -> Foreign:
    """Reads a file by its suffix, one of `SUFFIXES`.

    Raises:
        UserError: It is damaged, or holds something else than landmarks of MediaPipe.
    """
    return _read_pose(path) if path.suffix.lower() == ".pose" else _read_tasks(path)


def _read_pose(path: Path) -> Foreign:
    """Through the library of the format. Parts go by their names, x and y are pixels, missing is confidence 0."""
    try:
        from pose_format import Pose
    except ModuleNotFoundError:
        raise UserError(f'{path} needs the package pose-format: pip install "podium[video]"') from None
    try:
        pose = Pose.read(path.read_bytes())
        data_TPNC = np.ma.getdata(pose.body.data).astype(np.float32)
        is_there_TPN = np.asarray(pose.body.confidence) > 0
    except Exception as error:  # the library checks nothing: whatever a damaged file leads to
        raise UserError(f"{path} is damaged or no .pose file ({error}); make it again") from None
    parts = {_COMPONENTS[one.name]: one for one in pose.header.components if one.name in _COMPONENTS}
    if not parts:
        names = ", ".join(one.name for one in pose.header.components[:4])
        raise ClipError(f"holds no parts of MediaPipe Holistic but {names}; find its landmarks with that")
    person = int(is_there_TPN.sum(axis=(0, 2)).argmax())
    size = np.array([pose.header.dimensions.width, pose.header.dimensions.height], np.float32)
    x_TLC = _empty(len(data_TPNC))
    begin = 0
    for component in pose.header.components:
        number = len(component.points)
        part = _COMPONENTS.get(component.name)
        if part:
            count = min(number, PART_SIZES[part])  # a face may have ten points of the irises more
            if count < PART_SIZES[part]:
                raise ClipError(f"has {number} points in {component.name}, not {PART_SIZES[part]}; keep all of them")
            points_TNC = data_TPNC[:, person, begin : begin + count, :3].copy()
            points_TNC[~is_there_TPN[:, person, begin : begin + count]] = np.nan
            x_TLC[:, _BEGINS[part] : _BEGINS[part] + count, : points_TNC.shape[2]] = points_TNC
        begin += number
    if not np.nanmax(np.abs(x_TLC[..., :2]), initial=0) > _MAX_FRACTION:
        raise ClipError(f"x and y are no pixels of its picture of {size[0]:.0f} × {size[1]:.0f}; save it unnormalised")
    x_TLC[..., :2] /= size
    several = ("several_people",) if (is_there_TPN.any(axis=(0, 2))).sum() > 1 else ()
    return Foreign(x_TLC, float(pose.body.fps) if pose.body.fps > 0 else None, several)


def _read_tasks(path: Path) -> Foreign:
    """A list of results of HolisticLandmarker or HandLandmarker, one per frame, as JavaScript or Python names them.

    The list stands alone or under ``frames``, ``results`` or ``landmarks``, beside it perhaps ``fps``. A result may
    tell its time in milliseconds.
    """
    content = read_json(path)
    rate = None
    if isinstance(content, dict):
        named = {_plain(key): value for key, value in content.items()}
        rate = next(
            (float(named[key]) for key in ("fps", "framerate") if isinstance(named.get(key), int | float)), None
        )
        content = next(
            (named[key] for key in ("frames", "results", "landmarks") if isinstance(named.get(key), list)), None
        )
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise ClipError("holds no list of MediaPipe's results, one per frame; write them so")
    x_TLC, remarks, times = _empty(len(content)), set(), []
    is_known = False
    for x_LC, result in zip(x_TLC, content, strict=True):
        named = {_plain(key): value for key, value in result.items()}
        is_known |= _take(named, x_LC, remarks)
        time_ms = next((named[key] for key in ("timestampms", "timestamp", "timems") if key in named), None)
        times.append(time_ms if isinstance(time_ms, int | float) else np.nan)
    if content and not is_known:
        raise ClipError(
            f"holds no results of HolisticLandmarker or HandLandmarker but {', '.join(list(content[0])[:4])}"
        )
    steps = np.diff(np.array(times, np.float64))
    if rate is None and len(steps) and (steps > 0).all():
        rate = float(1000 / steps.mean())
    return Foreign(x_TLC, rate, tuple(sorted(remarks)))


def _take(named: dict[str, Any], x_LC: np.ndarray, remarks: set[str]) -> bool:
    """Puts a result's points into their places; whether it is a result of landmarks at all."""
    is_known = False
    for key, part in _KEYS.items():
        if key in named:
            is_known = True
            _put(_first(named[key]), part, x_LC)
    hands = named.get("handlandmarks", named.get("landmarks"))
    if not is_known and isinstance(hands, list):
        is_known = True
        sides = named.get("handednesses", named.get("handedness")) or []
        for number, hand in enumerate(hands):
            side = _side(sides[number]) if number < len(sides) else ""
            if not side:
                remarks.add("hand_alone")
            _put(hand, side or "right_hand", x_LC)
    return is_known


def _put(points: list, part: str, x_LC: np.ndarray) -> None:
    if not points:
        return
    size = PART_SIZES[part]
    if len(points) < size:
        raise ClipError(f"has {len(points)} points of the {part.replace('_', ' ')}, not {size}; keep all of them")
    try:
        rows = [(point["x"], point["y"], point.get("z", np.nan)) for point in points[:size]]
        x_LC[_BEGINS[part] : _BEGINS[part] + size] = rows
    except (TypeError, KeyError, ValueError, AttributeError):
        raise ClipError(f"has points of the {part.replace('_', ' ')} without numbers x and y; write them so") from None


def _first(people: Any) -> list:
    """JavaScript gives a list of people with a list of points each, Python the points."""
    if isinstance(people, list) and people and isinstance(people[0], list):
        return people[0]
    return people if isinstance(people, list) else []


def _side(categories: Any) -> str:
    one = categories[0] if isinstance(categories, list) and categories else categories
    if not isinstance(one, dict):
        return ""
    named = {_plain(key): value for key, value in one.items()}
    name = str(named.get("categoryname") or named.get("displayname") or named.get("label") or "").lower()
    return {"left": "left_hand", "right": "right_hand"}.get(name, "")


def _plain(key: str) -> str:
    return key.replace("_", "").lower()


def _empty(num_frames: int) -> np.ndarray:
    return np.full((num_frames, len(RAW_NAMES), 3), np.nan, np.float32)
