#!/bin/sh
# ai-edge-litert 2.3.0, flatbuffers 25.12.19.
# Behaviour: the buffers of LiteRT's CompiledModel take arrays of another type and of fewer values, without a word. The bits of
# integers and of half-precision numbers are read as float32, and behind a short array stands what was there before. The older
# Interpreter refuses another type, and takes the length as it is.
# Output seen (a file that adds 1 to four float32 numbers, in this order):
#   float32 1 2 3 4: 2 3 4 5
#   float32 10 20: 11 21 4 5
#   int32 1 2 3 -4: 1 1 1 nan
#   float16 1 2 3 4: 3.0037 514.03 1 nan
#   Interpreter, int32 1 2 3 -4: refused
# Why it matters: CompiledModel is the newer of the two interfaces. Fed with a recording shorter than a second, Podium's file
# for spoken commands would hear the end of the recording before behind it; fed with integer samples, numbers next to 0 and
# NaN. There is an answer all the same. Check type and size before write(), or use the Interpreter, as Podium does.
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


def tensor(name: str, size: int, buffer: int = 0) -> tflite.TensorT:
    made = tflite.TensorT()
    made.name, made.shape, made.type, made.buffer = name, np.array([size], np.int32), tflite.TensorType.FLOAT32, buffer
    return made


def file_that_adds_one() -> bytes:
    """A TFLite file: x (4,) → x + 1."""
    operator, code, graph, model = tflite.OperatorT(), tflite.OperatorCodeT(), tflite.SubGraphT(), tflite.ModelT()
    operator.inputs, operator.outputs = np.array([0, 1], np.int32), np.array([2], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = tflite.BuiltinOptions.AddOptions, tflite.AddOptionsT()
    code.builtinCode, code.version = tflite.BuiltinOperator.ADD, 1
    graph.tensors = [tensor("x", 4), tensor("one", 1, buffer=1), tensor("y", 4)]
    graph.inputs, graph.outputs, graph.operators = np.array([0], np.int32), np.array([2], np.int32), [operator]
    one = tflite.BufferT()
    one.data = np.frombuffer(np.float32(1).tobytes(), np.uint8)
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [tflite.BufferT(), one]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


content = file_that_adds_one()
with open("add.tflite", "wb") as stream:
    stream.write(content)
model = CompiledModel.from_file("add.tflite")
inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
seen = []
for dtype, numbers in (("float32", [1, 2, 3, 4]), ("float32", [10, 20]), ("int32", [1, 2, 3, -4]), ("float16", [1, 2, 3, 4])):
    inputs[0].write(np.array(numbers, dtype))
    model.run_by_index(0, inputs, outputs)
    answer = " ".join(f"{number:.5g}" for number in outputs[0].read(4, np.float32))
    seen.append(f"{dtype} {' '.join(map(str, numbers))}: {answer}")

interpreter = Interpreter(model_content=content)
interpreter.allocate_tensors()
try:
    interpreter.set_tensor(0, np.array([1, 2, 3, -4], np.int32))
    seen.append("Interpreter, int32 1 2 3 -4: taken")
except ValueError:
    seen.append("Interpreter, int32 1 2 3 -4: refused")
print("\n".join(seen))
expected = [
    "float32 1 2 3 4: 2 3 4 5",
    "float32 10 20: 11 21 4 5",
    "int32 1 2 3 -4: 1 1 1 nan",
    "float16 1 2 3 4: 3.0037 514.03 1 nan",
    "Interpreter, int32 1 2 3 -4: refused",
]
if seen != expected:
    sys.exit("the behaviour has changed")
PYTHON
