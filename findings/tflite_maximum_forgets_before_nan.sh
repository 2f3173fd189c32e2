#!/bin/sh
# ai-edge-litert 2.3.0, flatbuffers 25.12.19.
# Behaviour: the maximum and the minimum over an axis (REDUCE_MAX, REDUCE_MIN) begin anew behind every NaN. What stands
# before the last NaN is forgotten, and only a NaN at the very end is seen in the answer. It is so with and without XNNPACK.
# TensorFlow, from which such a file is converted, answers NaN each time.
# Output seen (maximum; the minimum of the negative numbers is the same):
#   7 4 1 2: 7
#   7 4 nan 1: 1
#   nan 7 4 1: 7
#   7 4 1 nan: nan
# Why it matters: a hand that is not found is NaN in the competitions' landmarks. A file that scales a clip by its own largest
# and smallest coordinates uses the frames behind the last gap alone: the numbers look right, differ from training, and no
# clip without gaps shows it. Replace first: tf.reduce_max(tf.where(tf.math.is_nan(x), -1e4, x), axis).
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
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def tensor(name: str, kind: int, size: int, buffer: int = 0) -> tflite.TensorT:
    made = tflite.TensorT()
    made.name, made.shape, made.type, made.buffer = name, np.array([size], np.int32), kind, buffer
    return made


def file_of(operator_name: str) -> bytes:
    """A TFLite file: four numbers → their maximum or minimum."""
    operator, code, graph, model = tflite.OperatorT(), tflite.OperatorCodeT(), tflite.SubGraphT(), tflite.ModelT()
    operator.inputs, operator.outputs = np.array([0, 1], np.int32), np.array([2], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = tflite.BuiltinOptions.ReducerOptions, tflite.ReducerOptionsT()
    operator.builtinOptions.keepDims = True
    code.builtinCode = code.deprecatedBuiltinCode = getattr(tflite.BuiltinOperator, operator_name)
    code.version = 1
    graph.tensors = [
        tensor("x", tflite.TensorType.FLOAT32, 4),
        tensor("axis", tflite.TensorType.INT32, 1, buffer=1),
        tensor("y", tflite.TensorType.FLOAT32, 1),
    ]
    graph.inputs, graph.outputs, graph.operators = np.array([0], np.int32), np.array([2], np.int32), [operator]
    axis = tflite.BufferT()
    axis.data = np.zeros(4, np.uint8)
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [tflite.BufferT(), axis]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def answer(content: bytes, x: np.ndarray, kernels: OpResolverType) -> float:
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, x)
    interpreter.invoke()
    return float(interpreter.get_tensor(2)[0])


in_use = (OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
maximum, minimum = file_of("REDUCE_MAX"), file_of("REDUCE_MIN")
nan = float("nan")
is_as_seen = True
for x, expected in (([7, 4, 1, 2], 7), ([7, 4, nan, 1], 1), ([nan, 7, 4, 1], 7), ([7, 4, 1, nan], nan)):
    x = np.array(x, np.float32)
    found = [answer(maximum, x, kernels) for kernels in in_use] + [-answer(minimum, -x, kernels) for kernels in in_use]
    print(f"{' '.join(f'{number:.0f}' for number in x)}: {found[0]:.0f}")
    is_as_seen &= np.array_equal(found, [expected] * 4, equal_nan=True)
if not is_as_seen:
    sys.exit("the behaviour has changed")
PYTHON
