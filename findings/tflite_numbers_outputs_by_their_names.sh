#!/bin/sh
# tensorflow-cpu 2.21.0 with protobuf 7.36.2, ai-edge-litert 2.3.0; Python 3.11 to 3.13.
#
# The TFLite converter numbers the outputs of a file neither in the order in which the function returns them nor by the
# alphabet: the numbers follow from the outputs' names, as from a hash of them. Renaming an output moves the others.
# Inputs are numbered in the same way. Only the signature keeps the names.
#
# Seen (returned -> by number):
#   outputs score         -> score outputs
#   text score            -> text score
#   a b c                 -> c b a
#   q z m                 -> m z q
#   confidence ids logits -> logits ids confidence
#
# Why it matters: a runtime without signatures takes "output 0". After an output was renamed, this is another tensor,
# often of the same shape, without an error. Podium's model_card.json lists the names by number for each file, and
# docs/export.md tells apps without signatures to read the numbers there.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 protobuf==7.36.2 \
    ai-edge-litert==2.3.0
cat > "$folder/show.py" <<'PYTHON'
import sys

import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

SEEN = {
    "outputs score": "score outputs",
    "text score": "text score",
    "a b c": "c b a",
    "q z m": "m z q",
    "confidence ids logits": "logits ids confidence",
}


def by_number(returned):
    """The names of a file's outputs by number, where a function returns them in another order."""

    @tf.function(input_signature=[tf.TensorSpec([4], tf.float32, name="x")])
    def compute(x):
        return {name: x * (2.0 + place) for place, name in enumerate(returned)}

    function = compute.get_concrete_function()
    content = tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module()).convert()
    interpreter = Interpreter(model_content=content)
    outputs = interpreter.get_signature_runner().get_output_details()
    name_of = {one["index"]: name for name, one in outputs.items()}
    return " ".join(name_of[one["index"]] for one in interpreter.get_output_details())


is_as_seen = True
for returned, expected in SEEN.items():
    found = by_number(returned.split())
    is_as_seen &= found == expected
    print(f"{returned} -> {found}")
sys.exit(not is_as_seen)
PYTHON
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" "$folder/show.py" 2>"$folder/log" || {
    tail -n 5 "$folder/log"
    echo "changed: the numbers are no longer those described"
    exit 1
}
