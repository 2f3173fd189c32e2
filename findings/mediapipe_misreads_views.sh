#!/bin/sh
# mediapipe 1.2.3, numpy 2.4.6.
# Behaviour: mp.Image takes the memory behind an array as it lies there, whatever the array's strides. A view of a picture (a
# cut of columns, every second pixel, a turned picture) becomes another picture, of the right size, without a word. Older
# releases refused such arrays (a TypeError in 0.10.9; google-ai-edge/mediapipe, issue 5251).
# Output seen (pixels of the image that are those of the array):
#   whole picture: 100 %
#   rows 100 to 400: 100 %
#   columns 100 to 400: 0 %
#   every second pixel: 0 %
#   turned (rows for columns): 0 %
# Why it matters: cropping to one person and halving a 4K picture are usual steps before a landmarker. It finds nobody then,
# or points at wrong places, and this looks like a bad video. np.ascontiguousarray(view) is all that is needed.
# Podium makes whole arrays of all pictures.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mediapipe==1.2.3 numpy==2.4.6 opencv-contrib-python==4.14.0.94
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import mediapipe
import numpy as np

picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
views = {
    "whole picture": picture,
    "rows 100 to 400": picture[100:400],
    "columns 100 to 400": picture[:, 100:400],
    "every second pixel": picture[::2, ::2],
    "turned (rows for columns)": picture.transpose(1, 0, 2),
}
shares = []
for name, view in views.items():
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=view)
    found = image.numpy_view()
    if found.shape != view.shape:
        sys.exit(f"{name}: another size, {found.shape}")
    shares.append(round(100 * float((found == view).all(axis=-1).mean())))
    print(f"{name}: {shares[-1]} %")
    copy = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(view))
    if not np.array_equal(copy.numpy_view(), view):
        sys.exit(f"{name}: a whole array is misread as well")
if not (shares[:2] == [100, 100] and max(shares[2:]) < 10):
    sys.exit("the behaviour has changed")
PYTHON
