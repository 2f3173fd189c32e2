#!/bin/sh
# tensorflow-cpu 2.21.0, tf-keras 2.21.0 (Keras 2) and keras 3.15.1, protobuf 7.36.2; Python 3.11 to 3.13.
# Behaviour: Keras 3 loads .h5 files of Keras 2 and takes their hard_sigmoid for another function of the same name: x / 6 + 0.5
# between -3 and 3 in place of 0.2 x + 0.5 between -2.5 and 2.5. Nothing is said.
# Output seen (the same file):
#   Keras 2: hard_sigmoid of -2 -1 0 1 2: 0.100 0.300 0.500 0.700 0.900
#   Keras 3: hard_sigmoid of -2 -1 0 1 2: 0.167 0.333 0.500 0.667 0.833
# Why it matters: hard_sigmoid is the gate of each LSTM and GRU of Keras before 2.3, unless told otherwise, so of the recurrent
# networks of the speech challenge (2017). Built anew in Keras 3 with the arrays of the old file, they answer almost right.
# The gate must be keras.ops.clip(0.2 * x + 0.5, 0, 1).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 tf-keras==2.21.0 keras==3.15.1 \
    protobuf==7.36.2
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - 2>log <<'PYTHON' || { tail -n 5 log && exit 1; }
import sys
import warnings

import keras
import numpy as np
import tf_keras

warnings.simplefilter("error")
x = np.array([[-2, -1, 0, 1, 2]], np.float32)
old = tf_keras.Sequential([tf_keras.layers.Input((5,)), tf_keras.layers.Activation("hard_sigmoid")])
old.save("old.h5")
seen = []
for name, model in (("Keras 2", tf_keras.models.load_model("old.h5")), ("Keras 3", keras.models.load_model("old.h5"))):
    numbers = " ".join(f"{number:.3f}" for number in np.asarray(model(x))[0])
    print(f"{name}: hard_sigmoid of -2 -1 0 1 2: {numbers}")
    seen.append(numbers)
if seen != ["0.100 0.300 0.500 0.700 0.900", "0.167 0.333 0.500 0.667 0.833"]:
    sys.exit("the behaviour has changed")
PYTHON
