"""Prints figures of corpora in the competition's layout side by side, as a markdown table.

python benchmarks/corpus_statistics.py real=../shared/real/wide virtual=results/data/synthetic/raw

Legend: F frames, L all 543 landmarks in the raw order, N landmarks of one part, 3 axes.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from podium.errors import UserError, run
from podium.landmarks.person.observation import FACE, LEFT_HAND, POSE, RIGHT_HAND


def main() -> None:
    """One column per NAME=FOLDER."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", metavar="NAME=FOLDER")
    columns = {}
    for corpus in parser.parse_args().corpora:
        name, _, folder = corpus.partition("=")
        clips = read_clips(folder)
        if not clips:
            raise UserError(f"{folder or corpus}: no train_landmarks/*.parquet; give each corpus as NAME=FOLDER")
        columns[name] = describe(clips)
    print("| figure | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for figure in next(iter(columns.values())):
        values = (columns[name][figure] for name in columns)
        print(
            f"| {figure} | "
            + " | ".join(f"{value:.4f}" if abs(value) < 0.01 else f"{value:.3g}" for value in values)
            + " |"
        )


def read_clips(root: str | Path, split: str = "train") -> list[np.ndarray]:
    """All clips of a split in the competition's layout: (F, 543, 3) float32, NaN where nothing was found."""
    clips = []
    for path in sorted((Path(root) / f"{split}_landmarks").glob("*.parquet")):
        table = pd.read_parquet(path)
        values_FL3 = table.iloc[:, 1:].to_numpy(np.float32).reshape(len(table), 3, -1).transpose(0, 2, 1)
        starts = np.flatnonzero(np.diff(table.index.to_numpy())) + 1
        clips += np.split(values_FL3, starts)
    return clips


def describe(clips: Iterable[np.ndarray]) -> dict[str, float]:
    """Figures of a corpus, in the order of the documentation's table.

    Args:
        clips: Each (F, 543, 3) as from `read_clips`. The signing hand is the one that is found more often;
            clips that show no hand at all count as right-handed.

    Returns:
        Name → value. Shares in [0, 1]; gaps in frames; everything else is a median over frames (and points),
        in image widths (x, z) or heights (y). Jitter is |second difference| / √6, which for white noise
        estimates its size.
    """
    clips = list(clips)
    hands = [_signing_hand(clip) for clip in clips]
    frames_FL3 = np.concatenate(clips)
    hand_F3 = np.concatenate([clip[:, hand] for clip, hand in zip(clips, hands, strict=True)])
    missing = [np.isnan(clip[:, hand, 0]).all(1) for clip, hand in zip(clips, hands, strict=True)]
    others = [np.isnan(clip[:, _other(hand), 0]).all(1) for clip, hand in zip(clips, hands, strict=True)]
    gaps = np.concatenate([gap_lengths(is_missing) for is_missing in missing])
    figures = {
        "share of frames without the signing hand": float(np.concatenate(missing).mean()),
        "share of frames without the other hand": float(np.concatenate(others).mean()),
        "share of frames without face": float(np.isnan(frames_FL3[:, FACE, 0]).all(1).mean()),
        "share of frames without pose": float(np.isnan(frames_FL3[:, POSE, 0]).all(1).mean()),
    }
    figures |= {f"gap of the signing hand, {q} % quantile": float(np.quantile(gaps, q / 100)) for q in (25, 50, 75, 90)}
    for name, parts in (
        ("face", [FACE] * len(clips)),
        ("signing hand", hands),
        ("pose", [POSE] * len(clips)),
    ):
        moves = [clip[:, part] for clip, part in zip(clips, parts, strict=True) if len(clip) > 3]
        jitter = np.concatenate([np.abs(np.diff(move, 2, axis=0)).reshape(-1, 3) for move in moves]) / np.sqrt(6)
        steps = np.concatenate([np.abs(np.diff(move, axis=0)).reshape(-1, 3) for move in moves])
        for axis in range(3):
            figures[f"{name}, jitter {'xyz'[axis]}"] = float(np.nanmedian(jitter[:, axis]))
        for axis in range(3):
            figures[f"{name}, step {'xyz'[axis]}"] = float(np.nanmedian(steps[:, axis]))

    def middle(values: np.ndarray) -> float:
        return float(np.nanmedian(values))

    face_F3, pose_F3 = frames_FL3[:, FACE], frames_FL3[:, POSE]
    face_width_F = np.abs(face_F3[:, 454, 0] - face_F3[:, 234, 0])
    face_height_F = np.abs(face_F3[:, 152, 1] - face_F3[:, 10, 1])
    found_F3 = hand_F3[~np.isnan(hand_F3[:, 0, 0])]
    extent_F3 = found_F3.max(1) - found_F3.min(1)
    figures |= {
        "shoulder width": middle(np.abs(pose_F3[:, 11, 0] - pose_F3[:, 12, 0])),
        "shoulder y": middle(pose_F3[:, 11:13, 1]),
        "hip y": middle(pose_F3[:, 23:25, 1]),
        "knee y": middle(pose_F3[:, 25:27, 1]),
        "nose x": middle(face_F3[:, 1, 0]),
        "nose y": middle(face_F3[:, 1, 1]),
        "face width": middle(face_width_F),
        "face height": middle(face_height_F),
        "face height / face width (aspect)": middle(face_height_F / face_width_F),
        "signing wrist x, from the middle": middle(np.abs(found_F3[:, 0, 0] - 0.5)),
        "signing wrist y": middle(found_F3[:, 0, 1]),
        "hand width": middle(extent_F3[:, 0]),
        "hand height": middle(extent_F3[:, 1]),
        "hand depth": middle(extent_F3[:, 2]),
        "nose tip z (face)": middle(face_F3[:, 1, 2]),
        "ear side z (face)": middle(face_F3[:, [234, 454], 2]),
        "nose z (pose)": middle(pose_F3[:, 0, 2]),
        "shoulder z (pose)": middle(pose_F3[:, 11:13, 2]),
        "elbow z (pose)": middle(pose_F3[:, 13:15, 2]),
        "wrist z (pose)": middle(pose_F3[:, 15:17, 2]),
        "ankle z (pose)": middle(pose_F3[:, 27:29, 2]),
    }
    return figures


def gap_lengths(is_missing_F: np.ndarray) -> np.ndarray:
    """Lengths of the runs of True in (F,) bool, in order."""
    edges = np.diff(np.concatenate([[0], is_missing_F.astype(np.int8), [0]]))
    return np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)


def _signing_hand(clip_FL3: np.ndarray) -> slice:
    num_left, num_right = (np.isfinite(clip_FL3[:, hand.start, 0]).sum() for hand in (LEFT_HAND, RIGHT_HAND))
    return LEFT_HAND if num_left > num_right else RIGHT_HAND


def _other(hand: slice) -> slice:
    return RIGHT_HAND if hand == LEFT_HAND else LEFT_HAND


if __name__ == "__main__":
    run(main)
