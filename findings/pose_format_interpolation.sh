#!/bin/sh
# pose-format 0.15.0, numpy 2.4.6, scipy 1.17.1.
# Behaviour of Pose.interpolate(), which changes the frame rate and fills gaps, with its default (cubic):
# - The frames are not at the rate that it states. It spreads the new frames from the first old one to the last, so a clip
#   of 10 frames becomes too fast by an eighth at half the rate, and too slow by a twentieth at twice the rate.
# - A gap gets a curve through two pieces of jitter, however long it is, and leaves the place where the hand is.
# - Confidence is interpolated as well, up to twice the highest, and is 1 in the middle of a gap.
# Output seen:
#   10 frames, 30 → 15 a second: moves at 1.125 of its speed
#   10 frames, 15 → 30 a second: moves at 0.947 of its speed
#   a resting hand, seen between x = 297 and 304, not seen for a second: filled with 265 to 297
#   confidence given at most 1.00: now at most 1.99
# Why it matters: signs last 8 to 20 frames. Clips that were brought to one rate with it have another tempo than those
# recorded at that rate, by more than a speed augmentation changes on purpose; and hands nobody has seen count as sure. Podium
# reads .pose files at the rate they have, and wants gaps as they are: do not interpolate before.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps pose-format==0.15.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
from pose_format.numpy import NumPyPoseBody


def body(x: np.ndarray, fps: float, confidence: np.ndarray) -> NumPyPoseBody:
    """One point, with x = y, of one person."""
    return NumPyPoseBody(fps, np.stack([x, x], axis=1)[:, None, None], confidence[:, None, None])


seen = []
for old, new in ((30, 15), (15, 30)):
    seconds = np.arange(10) / old  # x goes up by 1 in a second
    moved = body(seconds, old, np.ones(10)).interpolate(new_fps=new)
    speed = np.diff(moved.data[:, 0, 0, 0]).mean() * moved.fps
    print(f"10 frames, {old} → {new} a second: moves at {speed:.3f} of its speed")
    seen.append(round(float(speed), 3))

rng = np.random.default_rng(0)
x = 300 + rng.normal(0, 2, 60)
is_seen = np.ones(60, bool)
is_seen[10:40] = False
confidence = is_seen * rng.uniform(0.3, 1, 60)
confidence[0] = 1
filled = body(x, 30, confidence).interpolate()
gap = filled.data[~is_seen, 0, 0, 0]
print(
    f"a resting hand, seen between x = {x[is_seen].min():.0f} and {x[is_seen].max():.0f}, not seen for a second:"
    f" filled with {gap.min():.0f} to {gap.max():.0f}"
)
print(f"confidence given at most {confidence.max():.2f}: now at most {filled.confidence.max():.2f}")
if not (seen == [1.125, 0.947] and gap.min() < x[is_seen].min() - 20 and filled.confidence.max() > 1.5):
    sys.exit("the behaviour has changed")
PYTHON
