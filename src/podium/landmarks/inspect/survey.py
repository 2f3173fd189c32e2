"""Counts and problems of a folder, as plain values that JSON can hold.

Legend: F frames of a batch, T frames of a sequence, K columns, L landmarks, N what is counted of a frame.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from podium.data.columns import KEY
from podium.data.folds import HELD_OUT
from podium.data.recordings import pieces
from podium.data.sources.base import TRAINED_SPLITS
from podium.errors import UserError
from podium.landmarks.inspect.folders import Folder, open_recordings
from podium.landmarks.inspect.inspection import Inspection
from podium.landmarks.inspect.problems import Absence, Problems, find_problems, find_trained, listed
from podium.landmarks.mediapipe import PARTS
from podium.landmarks.normalise import is_infinite
from podium.landmarks.plausibility import doubts, without_zeros
from podium.landmarks.selection import Selection, by_coordinate

_COUNTS = ["num_frames", *PARTS, "hand", "filled", "infinite"]  # frames of a sequence that …
_QUANTILES = {"min": 0.0, "p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}
_NUM_BINS = 12


def survey(
    folder: Folder, inspection: Inspection, max_files: int | None = None
) -> tuple[dict, dict[str, pd.DataFrame]]:
    """Reads all landmarks of a folder, once; a file that cannot be read becomes a problem among others.

    Args:
        inspection: Of the system that the folder is for.
        max_files: Landmark files to read of each split; None reads all.

    Returns:
        The report, for JSON; and for each split its sequences: file_id, sequence_id and the numbers of frames
        num_frames, left_hand, right_hand, face, pose, hand (with that part), filled (with any value), infinite; and the
        digest of its values. Parts in one point, such as 0.0, count as missing.
    """
    splits, clips = {}, {}
    labels = inspection.labels
    for split in folder.splits:
        problems: Problems = {"unreadable_file": [*split.unreadable]}
        files = dict(list(split.files.items())[:max_files])
        clips[split.name], absences = _measure(split.name, files, problems, inspection.selection)
        find_problems(split, clips[split.name], absences, problems, inspection)
        trained = [other for other in folder.splits if other.name in TRAINED_SPLITS]
        if split.name not in TRAINED_SPLITS and trained:
            find_trained(split, trained, clips, problems, labels.column)
        no_rows = split.table is None or len(split.table) == 0
        splits[split.name] = {
            "num_rows": None if split.table is None else len(split.table),
            "num_files": len(split.files),
            "num_files_read": len(files),
            "num_not_made": len(split.absent_files) if split.is_unmade else 0,
            "num_sequences": len(clips[split.name]),
            "participants": None if no_rows else _participants(split.table),
            "frames": _frames(clips[split.name]),
            f"{labels.column}s": None if no_rows else labels.survey(split.table, clips[split.name]),
            "missing": _missing(clips[split.name]),
            "lengths": histogram(clips[split.name]["num_frames"].to_numpy()),
            "problems": listed(problems, inspection),
        }
    report = {
        "folder": str(folder.root),
        "layout": folder.layout,
        "remarks": folder.remarks,
        "splits": splits,
        "folds": None if folder.folds is None else _folds(folder.folds),
        "accounts": folder.accounts,
        "problems": listed({"unreadable_file": [*folder.unreadable]}, inspection),
    }
    return report, clips


def histogram(lengths: np.ndarray) -> list[dict]:
    """At most 13 bins of a round width, the last one open (``to`` is None) where few sequences are far longer.

    Returns:
        ``from``, ``to`` (inclusive) and ``number`` of each bin.
    """
    if len(lengths) == 0:
        return []
    # 99 % of the sequences get bins of their own, so that one very long recording does not flatten the others.
    reach = int(np.quantile(lengths, 0.99))
    width = next(size for size in _round_numbers() if reach // size < _NUM_BINS)
    num_closed = reach // width + 1
    first = int(lengths.min()) // width
    numbers = np.bincount(np.minimum(lengths // width, num_closed), minlength=num_closed + 1).tolist()
    bins = [
        {"from": width * place, "to": width * (place + 1) - 1, "number": number}
        for place, number in enumerate(numbers[:num_closed])
        if place >= first
    ]
    return bins + ([{"from": width * num_closed, "to": None, "number": numbers[-1]}] if numbers[-1] else [])


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 25, 50, 100, …"""
    yield from (1, 2, 5)
    size = 10
    while True:
        yield from (size, 2 * size, 5 * size // 2, 5 * size)
        size *= 10


def _measure(
    name: str, files: dict[int, Path], problems: Problems, selection: Selection
) -> tuple[pd.DataFrame, dict[int, Absence]]:
    """Counts the frames of each sequence, with a progress bar on a terminal.

    Returns:
        The sequences; and for each file that could be read, what to make of rows without landmarks there.
    """
    from tqdm import tqdm

    rows, absences = [], {}
    for file_id, path in tqdm(files.items(), desc=name, unit="file", disable=None, leave=False):
        totals: dict[int, np.ndarray] = {}
        digests: dict[int, hashlib.blake2b] = {}
        found: dict[str, dict[int, None]] = {}  # kind → sequences, in order
        try:
            recordings = open_recordings(path, selection.columns)
            for sequence_id, stored_TK in pieces(recordings):
                x_TK, has_zeros = without_zeros(stored_TK, selection)
                totals[sequence_id] = totals.get(sequence_id, 0) + _count(x_TK, selection).sum(axis=0, dtype=np.int64)
                digests.setdefault(sequence_id, hashlib.blake2b(digest_size=8)).update(x_TK.tobytes())
                for kind in (*doubts(x_TK, selection), *(["zeros_for_missing"] if has_zeros else [])):
                    found.setdefault(kind, {})[sequence_id] = None
            told = {sequence_id: (reason,) for sequence_id, reason in recordings.refused.items()}
            for sequence_id, kinds in [*told.items(), *recordings.remarks.items()]:
                for kind in kinds:
                    found.setdefault(kind, {})[sequence_id] = None
        except UserError as error:
            problems["unreadable_file"].append(str(error))
            continue
        problems["unreadable_file"] += [f"{path}/{sequence_id}.npy" for sequence_id in recordings.unreadable]
        for kind, sequence_ids in found.items():
            problems.setdefault(kind, []).extend(sequence_ids)
        absences[file_id] = Absence(recordings.absence, set(recordings.unreadable))
        for sequence_id, sums_N in totals.items():
            digest = int.from_bytes(digests[sequence_id].digest(), signed=True)
            rows.append((file_id, sequence_id, *sums_N.tolist(), digest))
    return pd.DataFrame(rows, columns=[*KEY, *_COUNTS, "digest"]).astype("int64"), absences


def _count(x_FK: np.ndarray, selection: Selection) -> np.ndarray:
    """(F, N) bool, as `_COUNTS`. A part is there when one of its landmarks is, with finite x and y."""
    is_missing_FK, is_infinite_FK = np.isnan(x_FK), is_infinite(x_FK)
    is_finite_FCL = by_coordinate(~(is_missing_FK | is_infinite_FK))
    is_there_FL = is_finite_FCL[:, 0] & is_finite_FCL[:, 1]
    parts = [is_there_FL[:, selection.slots[part]].any(axis=1) for part in PARTS]
    has_hand_F = parts[PARTS.index("left_hand")] | parts[PARTS.index("right_hand")]
    is_filled_F = ~is_missing_FK.all(axis=1)
    return np.column_stack([np.ones(len(x_FK), bool), *parts, has_hand_F, is_filled_F, is_infinite_FK.any(axis=1)])


def _participants(table: pd.DataFrame) -> dict:
    numbers = table["participant_id"].value_counts()
    each = {"min": int(numbers.min()), "median": float(numbers.median()), "max": int(numbers.max())}
    return {"number": len(numbers), "sequences_each": each}


def _frames(clips: pd.DataFrame) -> dict | None:
    if len(clips) == 0:
        return None
    lengths = clips["num_frames"]
    quantiles = {name: float(lengths.quantile(share)) for name, share in _QUANTILES.items()}
    return {"total": int(lengths.sum()), "mean": float(lengths.mean()), **quantiles}


def _missing(clips: pd.DataFrame) -> dict | None:
    """Shares of frames without a part, and of sequences without any hand; how many hold an infinite value."""
    if len(clips) == 0:
        return None
    total = int(clips["num_frames"].sum())
    without = {part: 1 - int(clips[part].sum()) / total for part in ("left_hand", "right_hand", "hand", "face", "pose")}
    is_infinite = clips["infinite"] > 0
    infinite = {"num_frames": int(clips["infinite"].sum()), "num_sequences": int(is_infinite.sum())}
    return {"frames": without, "sequences_without_hand": float((clips["hand"] == 0).mean()), "infinite": infinite}


def _folds(folds: pd.DataFrame) -> list[dict]:
    return [
        {
            "fold": "held out" if fold == HELD_OUT else int(fold),
            "num_participants": len(rows),
            "num_sequences": int(rows["num_sequences"].sum()),
            "num_supplemental": int(rows["num_supplemental"].sum()),
        }
        for fold, rows in folds.groupby("fold")
    ]
