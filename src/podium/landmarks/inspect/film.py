"""A picture of one sequence: frames over time, what is present in each, and how high the signing hand is.

Legend: F frames, L landmarks (all 543 of MediaPipe, or those that a system reads), P parts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podium.data.columns import KEY
from podium.errors import DISK_FULL, UserError
from podium.landmarks.drawing import ASPECT, COLORS, Places, draw_frame, places, to_plane
from podium.landmarks.inspect.folders import Folder, read_clip
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.mediapipe import PARTS, RAW_NAMES
from podium.landmarks.normalise import is_infinite
from podium.landmarks.selection import Selection
from podium.storage.files import atomic_path, check_writable

FORMATS = ("png", "jpg", "jpeg", "gif")  # those among them that the installed matplotlib writes
MAX_FRAMES = 600  # in one picture
_FRAMES_PER_ROW = 12
_FRAME_WIDTH = 1.1  # inches
_CHART_HEIGHTS = (1.0, 1.2)  # inches: presence, hand
_DPI = 110
_REACH = 1000.0  # picture widths; where points lie far beyond, rounding would leave axes without a length
_MIN_SIDES = (0.75, 0.8)  # least width of a frame over its height, and least height over its width


@dataclass(frozen=True)
class Choice:
    """A sequence and where it is; person and label are None if no table tells them."""

    split: str
    file_id: int
    sequence_id: int
    path: Path
    participant_id: int | None
    label: str | None


def check_place(out: Path) -> None:
    """Finds out, ahead of a long reading, whether a picture can be written. Folders on the way are made later.

    Raises:
        UserError: The suffix is none of a picture, or the place is none that can be written.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    known = [name for name in FORMATS if name in FigureCanvasBase.get_supported_filetypes()]
    if _format(out) not in known:
        raise UserError(f"{out} does not end as a picture does; give it one of the suffixes .{', .'.join(known)}")
    if out.is_dir():
        raise UserError(f"{out} is a folder; name a file to write")
    check_writable(out.parent)


def choose(folder: Folder, clips: dict[str, pd.DataFrame], label: str, sequence_id: int | None = None) -> Choice:
    """The sequence to draw.

    Args:
        clips: The sequences of each split, as `podium.landmarks.inspect.survey.survey` returns them.
        label: The label's column.
        sequence_id: None takes, of the first split that has any with a hand, the one of median length.

    Raises:
        UserError: There is no such sequence.
    """
    for split in folder.splits:
        found = clips[split.name]
        if sequence_id is None:
            found = found[found["hand"] > 0].sort_values(["num_frames", "sequence_id"])
            found = found.iloc[(len(found) - 1) // 2 :] if len(found) else found
        else:
            # The table knows the files that --max-files has left out.
            known = [found, *([] if split.table is None else [split.table])]
            found = pd.concat([one[KEY] for one in known])
            found = found[(found["sequence_id"] == sequence_id) & found["file_id"].isin(list(split.files))]
        if len(found):
            file_id, one = (int(found.iloc[0][key]) for key in KEY)
            return Choice(split.name, file_id, one, split.files[file_id], *_told(split.table, file_id, one, label))
    if not any(len(of_split) for of_split in clips.values()):
        raise UserError(f"{folder.root} holds no sequence that could be read; there is nothing to draw")
    if sequence_id is None:
        raise UserError(f"{folder.root} holds no sequence with a hand to draw; name one with --sequence")
    raise UserError(f"{folder.root} holds no landmarks of sequence {sequence_id}; see the ids in its tables")


def draw(choice: Choice, out: Path, num_frames: int, inspection: Inspection) -> None:
    """Writes the picture, in the format that its suffix says (see `check_place`).

    Args:
        inspection: Of the system that the sequence is for.
        num_frames: Frames to show; all of a sequence that has fewer.

    Raises:
        UserError: The sequence cannot be read, or the picture not be written.
    """
    x_FL2 = read_clip(choice.path, choice.sequence_id, inspection.selection.columns)
    if len(x_FL2) == 0:
        raise UserError(f"{choice.path} does not hold sequence {choice.sequence_id}; choose another one")
    figure = picture(x_FL2, choice, num_frames, inspection)
    try:
        with atomic_path(out) as partial:
            figure.savefig(partial, format=_format(out), dpi=_DPI)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise UserError(f"{out} cannot be written ({error.strerror}); name another place") from None


def picture(x_FL2: np.ndarray, choice: Choice, num_frames: int, inspection: Inspection):
    """The picture, a `matplotlib.figure.Figure`.

    Args:
        x_FL2: As `read_clip` returns it, F ≥ 1. A landmark with an infinite x or y counts as missing; the title tells
            in how many frames there is one.
    """
    from matplotlib.figure import Figure

    is_infinite_FL1 = is_infinite(x_FL2).any(axis=2, keepdims=True)
    x_FL2 = np.where(is_infinite_FL1, np.float32(np.nan), x_FL2)
    shown = np.unique(np.linspace(0, len(x_FL2) - 1, num_frames).round().astype(int))
    num_columns = min(len(shown), _FRAMES_PER_ROW)
    num_rows = -(-len(shown) // num_columns)
    names = _names(x_FL2, inspection.selection)
    window = _window(x_FL2, names)
    frame_height = _FRAME_WIDTH * (window[2] - window[3]) / (window[1] - window[0]) + 0.2
    width = max(num_columns * _FRAME_WIDTH, 7.0)
    figure = Figure(figsize=(width, num_rows * frame_height + sum(_CHART_HEIGHTS) + 0.4), layout="constrained")
    title = _title(choice, len(x_FL2), int(is_infinite_FL1.any(axis=1).sum()), inspection.labels.column)
    figure.suptitle(title, fontsize=10, parse_math=False)
    strip, charts = figure.subfigures(2, height_ratios=[num_rows * frame_height, sum(_CHART_HEIGHTS)])
    strip_axes = strip.subplots(num_rows, num_columns, squeeze=False).ravel()
    for axes in strip_axes:
        axes.set_axis_off()
    for axes, frame in zip(strip_axes, shown, strict=False):
        axes.set_axis_on()
        draw_frame(axes, x_FL2[frame], window, names)
        axes.set_title(str(frame), fontsize=7, pad=2)
    presence_axes, hand_axes = charts.subplots(2, sharex=True, height_ratios=_CHART_HEIGHTS)
    has_part_PF = presence(x_FL2, inspection.selection)
    _draw_presence(presence_axes, has_part_PF, shown)
    _draw_hand(hand_axes, x_FL2, has_part_PF, places(names))
    return figure


def presence(x_FL2: np.ndarray, selection: Selection) -> np.ndarray:
    """(P, F) bool, in the order of `PARTS`: which parts a frame has. Of the landmarks that the system reads, those with
    finite x and y count."""
    if x_FL2.shape[1] == len(RAW_NAMES):
        x_FL2 = x_FL2[:, [RAW_NAMES.index(name) for name in selection.names]]
    is_there_FL = np.isfinite(x_FL2).all(axis=2)
    return np.stack([is_there_FL[:, selection.slots[part]].any(axis=1) for part in PARTS])


def _format(out: Path) -> str:
    return out.suffix.lower().removeprefix(".")


def _names(x_FL2: np.ndarray, selection: Selection) -> tuple[str, ...]:
    return tuple(RAW_NAMES) if x_FL2.shape[1] == len(RAW_NAMES) else selection.names


def _told(table: pd.DataFrame | None, file_id: int, sequence_id: int, label: str) -> tuple[int | None, str | None]:
    """Participant and label, as far as a table tells them."""
    if table is not None:
        of = table[(table["file_id"] == file_id) & (table["sequence_id"] == sequence_id)]
        if len(of):
            return int(of["participant_id"].iloc[0]), str(of[label].iloc[0])
    return None, None


def _title(choice: Choice, num_frames: int, num_infinite: int, label: str) -> str:
    text = f"no {label} known" if choice.label is None else f"“{choice.label}”"
    signer = "" if choice.participant_id is None else f"signer {choice.participant_id} · "
    note = f"\npoints with infinite values left out in {num_infinite} of them" if num_infinite else ""
    return f"{text} · {signer}{choice.split} · sequence {choice.sequence_id} · {num_frames} frames{note}"


def _window(x_FL2: np.ndarray, names: tuple[str, ...]) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of what face, hands and shoulders fill in the clip, in picture widths."""
    of = places(names)
    shoulders = of.body[0][2:4]
    corners = []
    for part in (of.face, of.left_hand, of.right_hand, shoulders):
        points_N2 = to_plane(x_FL2[:, part]).reshape(-1, 2)
        points_N2 = points_N2[np.isfinite(points_N2).all(axis=1)]
        if len(points_N2):  # a stray point must not shrink the person
            corners.append(np.quantile(points_N2.clip(-_REACH, _REACH), [0.005, 0.995], axis=0))
    if not corners:
        return 0.0, 1.0, ASPECT, 0.0
    low_2, high_2 = np.min(corners, axis=(0, 1)), np.max(corners, axis=(0, 1))
    half_2 = np.maximum((high_2 - low_2) / 2 * 1.1, 0.1)
    half_2 = np.maximum(half_2, half_2[::-1] * _MIN_SIDES)
    (left, top), (right, bottom) = (low_2 + high_2) / 2 - half_2, (low_2 + high_2) / 2 + half_2
    return float(left), float(right), float(bottom), float(top)


def _draw_presence(axes, has_part_PF: np.ndarray, shown: np.ndarray) -> None:
    """A bar per part, broken if the part is missing; marks below show the frames of the strip."""
    for row, (part, has_part_F) in enumerate(zip(PARTS, has_part_PF, strict=True)):
        edges = np.flatnonzero(np.diff(has_part_F.astype(int), prepend=0, append=0)).reshape(-1, 2)
        axes.broken_barh([(begin - 0.5, end - begin) for begin, end in edges], (row - 0.35, 0.7), color=COLORS[part])
        axes.text(1.005, row, f"{has_part_F.mean():.0%}", transform=axes.get_yaxis_transform(), fontsize=8, va="center")
    axes.set_yticks(range(len(PARTS)), [part.replace("_", " ") for part in PARTS], fontsize=8)
    axes.set(xlim=(-0.5, has_part_PF.shape[1] - 0.5), ylim=(len(PARTS) + 0.1, -0.6))
    axes.plot(shown, np.full(len(shown), len(PARTS) - 0.25), "^", color="0.4", markersize=4)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_hand(axes, x_FL2: np.ndarray, has_part_PF: np.ndarray, of: Places) -> None:
    """The wrist's height of the hand that is seen more often."""
    hand = PARTS[int(has_part_PF[1].sum() > has_part_PF[0].sum())]
    wrist = getattr(of, hand)[0]
    height_F = 1 - x_FL2[:, wrist, 1]
    axes.plot(height_F, ".-", color=COLORS[hand], linewidth=1.0, markersize=3)
    low, high = np.nanquantile(height_F, [0, 1]).clip(-_REACH, _REACH) if not np.isnan(height_F).all() else (0.0, 1.0)
    margin = max(0.05, (0.25 - (high - low)) / 2)  # a hand at rest is a flat line, not a magnified tremor
    axes.set_ylim(low - margin, high + margin)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_ylabel(f"{hand.split('_')[0]} wrist,\nheight (1 = top)", fontsize=8)
    axes.set_xlabel("frame", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
