"""Prints figures of clips of isolated signs, real ones beside virtual ones.

python benchmarks/signs_statistics.py shared/real/signs_long [--clips 420]

Quantiles over clips. Lengths but `shoulder_width` and `middle_…` are in shoulder widths, x outwards from between the
shoulders, y downwards; pictures count as 4/3 times as high as wide.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from podium.landmarks.long_parquet import read_long
from podium.systems.signs.corpus import corpus
from podium.systems.signs.corpus.section import SyntheticSource

QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
_HANDS = {"left": (slice(468, 489), 15), "right": (slice(522, 543), 16)}  # its rows; its wrist in the pose
_POSE = 489


def read_clips(root: Path) -> list[np.ndarray]:
    """All clips of a folder in the competition's layout, each (F, 543, 3)."""
    return [read_long(root / path).x_TCR.transpose(0, 2, 1) for path in pd.read_csv(root / "train.csv")["path"]]


def describe(clips: list[np.ndarray]) -> pd.DataFrame:
    """One row of figures per clip (F, 543, 3)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # parts that a clip lacks altogether
        return pd.DataFrame([_describe(x_FL3) for x_FL3 in clips])


def _describe(x_FL3: np.ndarray) -> dict[str, float]:
    found = {side: ~np.isnan(x_FL3[:, rows, 0]).all(1) for side, (rows, _) in _HANDS.items()}
    side = max(found, key=lambda one: found[one].sum())
    other = next(one for one in found if one != side)
    rows, wrist = _HANDS[side]
    frames = np.flatnonzero(found[side])
    xy_FL2 = x_FL3[..., :2] * np.array([1.0, 4 / 3])
    left_F2, right_F2 = xy_FL2[:, _POSE + 11], xy_FL2[:, _POSE + 12]
    width = float(np.linalg.norm(np.median(left_F2 - right_F2, axis=0)))
    middle_F2 = (left_F2 + right_F2) / 2
    wrist_F2 = (xy_FL2[:, _POSE + wrist] - middle_F2) / width
    nose_2 = np.median(xy_FL2[:, _POSE] - middle_F2, axis=0) / width
    between = slice(frames[0], frames[-1] + 1) if len(frames) else slice(0, 0)
    return {
        "frames": len(x_FL3),
        "is_left": float(side == "left"),
        "hand_share": found[side].mean(),
        "other_hand_share": found[other].mean(),
        "lost_between": 1 - found[side][between].mean(),
        "first_hand": frames[0] / len(x_FL3) if len(frames) else np.nan,
        "last_hand": (len(x_FL3) - 1 - frames[-1]) / len(x_FL3) if len(frames) else np.nan,
        "face_missing": np.isnan(x_FL3[:, 0, 0]).mean(),
        "shoulder_width": width,
        "middle_x": float(np.median(middle_F2[:, 0])),
        "middle_y": float(np.median(middle_F2[:, 1])) * 3 / 4,
        "nose_x": nose_2[0],
        "nose_y": nose_2[1],
        "head_width": _distance(xy_FL2, 454, 234) / width,
        "palm": _distance(xy_FL2, rows.start, rows.start + 9) / width,
        "lips": _distance(xy_FL2, 13, 14) / width,
        "wrist_x": abs(np.nanmedian(wrist_F2[found[side], 0])),
        "wrist_y": np.nanmedian(wrist_F2[found[side], 1]),
        "speed": np.median(np.linalg.norm(np.diff(wrist_F2, axis=0), axis=1)),
    }


def _distance(xy_FL2: np.ndarray, first: int, second: int) -> float:
    return float(np.nanmedian(np.linalg.norm(xy_FL2[:, first] - xy_FL2[:, second], axis=1)))


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="real clips of hello and thankyou")
    parser.add_argument("--clips", type=int, default=420, help="virtual ones of the same signs")
    arguments = parser.parse_args()
    source = SyntheticSource(
        kind="synthetic", num_train_clips=arguments.clips, num_train_signers=42, signs=["hello", "thankyou"]
    )
    table = corpus.plan_corpus(source).tables["train"]
    virtual = describe([corpus.clip(source, *row) for row in table.itertuples(index=False)])
    real = describe(read_clips(arguments.folder))
    print(f"{'':18}real: mean, quantiles {QUANTILES}   virtual: the same")
    for name in real.columns:
        told = (
            f"{figures.mean():7.3f} " + " ".join(f"{one:6.2f}" for one in figures.quantile(QUANTILES))
            for figures in (real[name], virtual[name])
        )
        print(f"{name:18}" + "   ".join(told))


if __name__ == "__main__":
    main()
