#!/bin/sh
# tensorflow-cpu 2.21.0 with keras 3.15.1 and protobuf 7.36.2, ai-edge-litert 2.3.0; Python 3.11 to 3.13.
# Behaviour: a layer of Keras 3 that is held by a tf.Module converts to TFLite without its weights: the file asks for them by
# VAR_HANDLE and READ_VARIABLE, and nothing ever sets them. Conversion and runtime say nothing; the answer is what happens to
# lie in memory. A tf.Variable in the place of the layer converts as it should.
# Output seen:
#   a layer: READ_VARIABLE in the file: True; its answer is right: False
#   a variable: READ_VARIABLE in the file: False; its answer is right: True
# Why it matters: a tf.Module with layers in it, given to from_concrete_functions(), is how preprocessing and network are put
# into one file for a competition. Sizes, shapes and speed are as expected; only numbers show it. Use
# model.export() and from_saved_model(), or plain variables as Podium does; Podium refuses files with READ_VARIABLE.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 protobuf==7.36.2 \
    ai-edge-litert==2.3.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - 2>"$folder/log" <<'PYTHON' || { tail -n 5 "$folder/log" && exit 1; }
import sys

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter


class Layer(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(3, kernel_initializer="ones", bias_initializer="ones")
        self.dense.build((None, 4))

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")])
    def compute(self, x):
        return {"y": self.dense(x)}


class Variable(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.kernel, self.bias = tf.Variable(tf.ones([4, 3])), tf.Variable(tf.ones(3))

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")])
    def compute(self, x):
        return {"y": x @ self.kernel + self.bias}


x, seen = np.array([[1, 2, 3, 4]], np.float32), []
for name, module in (("a layer", Layer()), ("a variable", Variable())):
    if not np.array_equal(module.compute(x)["y"], [[11, 11, 11]]):
        sys.exit(f"{name}: wrong in TensorFlow already")
    content = tf.lite.TFLiteConverter.from_concrete_functions([module.compute.get_concrete_function()], module).convert()
    interpreter = Interpreter(model_content=content)
    has_variable = any(operator["op_name"] == "READ_VARIABLE" for operator in interpreter._get_ops_details())
    is_right = np.array_equal(interpreter.get_signature_runner()(x=x)["y"], [[11, 11, 11]])
    print(f"{name}: READ_VARIABLE in the file: {has_variable}; its answer is right: {is_right}")
    seen += [has_variable, is_right]
if seen != [True, False, False, True]:
    sys.exit("the behaviour has changed")
PYTHON
