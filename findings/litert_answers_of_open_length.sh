#!/bin/sh
# ai-edge-litert 2.3.0, flatbuffers 25.12.19.
# Behaviour: if the length of an output follows from the values of the inputs, LiteRT's CompiledModel gives one number at the
# first call, which the file has not computed, and no error; the second call fails. The older Interpreter gives the answer.
# Output seen (a file that gives the first n of 1.5 2.5 3.5 4.5):
#   Interpreter, n = 3: 1.5 2.5 3.5
#   CompiledModel, n = 3, all that can be read: 1 number, not 1.5
#   CompiledModel, second call: RuntimeError
# Why it matters: a text is such an output. A test that makes one call, or looks at shapes only, passes; the app then shows
# empty or random text. @litertjs/core 2.5.3 in browsers does the same: Podium writes a file of its own for them, in which
# every output has a fixed length, and uses the Interpreter elsewhere.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ai-edge-litert==2.3.0 flatbuffers==25.12.19
cd "$folder"
"$folder/venv/bin/python" - 2>log <<'PYTHON' || { tail -n 5 log && exit 1; }
import sys

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as tflite
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.interpreter import Interpreter

FLOAT32, INT32 = tflite.TensorType.FLOAT32, tflite.TensorType.INT32


def tensor(name: str, kind: int, size: int, buffer: int = 0) -> tflite.TensorT:
    made = tflite.TensorT()
    made.name, made.shape, made.type, made.buffer = name, np.array([size], np.int32), kind, buffer
    return made


def named(name: str, index: int) -> tflite.TensorMapT:
    made = tflite.TensorMapT()
    made.name, made.tensorIndex = name, index
    return made


def file_that_cuts() -> bytes:
    """A TFLite file: x (4,) and n (1,) → the first n of x."""
    operator, code, graph, model = tflite.OperatorT(), tflite.OperatorCodeT(), tflite.SubGraphT(), tflite.ModelT()
    operator.inputs, operator.outputs = np.array([0, 2, 1], np.int32), np.array([3], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = tflite.BuiltinOptions.SliceOptions, tflite.SliceOptionsT()
    code.builtinCode = code.deprecatedBuiltinCode = tflite.BuiltinOperator.SLICE
    code.version = 1
    graph.tensors = [
        tensor("x", FLOAT32, 4), tensor("n", INT32, 1), tensor("begin", INT32, 1, buffer=1), tensor("y", FLOAT32, 1)
    ]  # fmt: skip
    graph.tensors[3].shapeSignature = np.array([-1], np.int32)
    graph.inputs, graph.outputs, graph.operators = np.array([0, 1], np.int32), np.array([3], np.int32), [operator]
    begin = tflite.BufferT()
    begin.data = np.zeros(4, np.uint8)
    signature = tflite.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs, signature.outputs = [named("x", 0), named("n", 1)], [named("y", 3)]
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [tflite.BufferT(), begin]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


content = file_that_cuts()
with open("cut.tflite", "wb") as stream:
    stream.write(content)
x, n = np.array([1.5, 2.5, 3.5, 4.5], np.float32), np.array([3], np.int32)
right = Interpreter(model_content=content).get_signature_runner()(x=x, n=n)["y"]
print("Interpreter, n = 3:", " ".join(map(str, right)))

model = CompiledModel.from_file("cut.tflite")
inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
inputs[0].write(x)
inputs[1].write(n)
model.run_by_index(0, inputs, outputs)
(size,) = outputs[0].get_tensor_details()["shape"]
is_right = outputs[0].read(size, np.float32)[0] == 1.5
print(f"CompiledModel, n = 3, all that can be read: {size} number, {'' if is_right else 'not '}1.5")
try:
    model.run_by_index(0, inputs, outputs)
    second = "no error"
except RuntimeError:
    second = "RuntimeError"
print("CompiledModel, second call:", second)
if (list(right), size, is_right, second) != ([1.5, 2.5, 3.5], 1, False, "RuntimeError"):
    sys.exit("the behaviour has changed")
PYTHON
