#!/bin/sh
# pose-format 0.15.0, numpy 2.4.6.
# Behaviour: .pose files with the same header that are read one after the other get one and the same header object from
# Pose.read(), and Pose.copy() keeps it, too. What one clip's header is told, the others' headers say: focus() sets the
# width and height of clips that were read before, and of those that are read afterwards.
# Output seen (files of 1280 × 720):
#   stated before: 1280 × 720
#   stated after focus() of another clip, read before: 101 × 99
#   stated after focus() of another clip, read afterwards: 101 × 99
#   written again, in the file: 101 × 99
#   stated by a clip after focus() of its copy: 101 × 99
# Why it matters: points of .pose files are pixels, and readers, Podium among them, divide them by this width and height.
# A loop that reads, normalises and writes clips leaves files with the size of their predecessors: landmarks far outside
# the picture. Work on copy.deepcopy(pose.header), or call PoseHeaderCache.clear_cache() before each reading.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps pose-format==0.15.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderCache, PoseHeaderComponent, PoseHeaderDimensions


def file_of_a_clip(left: float) -> bytes:
    """A person's shoulders in two frames, 100 pixels apart, in a picture of 1280 × 720."""
    shoulders = PoseHeaderComponent("POSE_LANDMARKS", ["LEFT_SHOULDER", "RIGHT_SHOULDER"], [(0, 1)], [(0, 0, 255)], "XYC")
    points = np.array([[[left, 201], [left + 100, 300]], [[left + 1, 201], [left + 101, 300]]], np.float32)[:, None]
    clip = Pose(
        PoseHeader(0.2, PoseHeaderDimensions(1280, 720), [shoulders]),
        NumPyPoseBody(30.0, points, np.ones((2, 1, 2), np.float32)),
    )
    stream = io.BytesIO()
    clip.write(stream)
    return stream.getvalue()


def stated(clip: Pose) -> str:
    return f"{clip.header.dimensions.width} × {clip.header.dimensions.height}"


first, before = Pose.read(file_of_a_clip(200)), Pose.read(file_of_a_clip(300))
seen = {"stated before": stated(before)}
first.focus()
seen["stated after focus() of another clip, read before"] = stated(before)
afterwards = Pose.read(file_of_a_clip(400))
seen["stated after focus() of another clip, read afterwards"] = stated(afterwards)
stream = io.BytesIO()
afterwards.write(stream)
PoseHeaderCache.clear_cache()
seen["written again, in the file"] = stated(Pose.read(stream.getvalue()))
PoseHeaderCache.clear_cache()
clip = Pose.read(file_of_a_clip(500))
clip.copy().focus()
seen["stated by a clip after focus() of its copy"] = stated(clip)
for what, size in seen.items():
    print(f"{what}: {size}")
if list(seen.values()) != ["1280 × 720"] + ["101 × 99"] * 4:
    sys.exit("the behaviour has changed")
PYTHON
