"""How a file stores its weights.

``fp32`` and ``fp16`` compute the same but for the rounding of weights; both compute in float32. ``int8`` holds the
matrices of fully connected layers in int8, one scale per output channel, and multiplies them with rows of activations
that get their scales on the fly; the rest is float16. Convolutions stay float: TFLite's int8 kernels for depthwise ones
are slower where only weights are int8. A graph that asks for clips to calibrate on gets activations in int8, too, with
the scales of these clips: then its convolutions run in fast kernels. ``web`` is ``fp16`` with fixed shapes, ``kaggle``
is ``fp16`` in operators that a runtime of 2023 is quick at (`podium.export.kaggle`).
"""

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from podium.errors import UserError
from podium.export.flatbuffer import FULLY_CONNECTED, PER_CHANNEL_VERSION, kind, read_model, write_model
from podium.export.graph import Converter, Graph
from podium.export.kaggle import turn_matrices

DEQUANTIZE = schema.BuiltinOperator.DEQUANTIZE


def convert_int8(converter: Converter) -> bytes:
    """The content of the int8 file."""
    graph = converter.graph
    if not graph.num_calibration_clips:
        return quantise(converter.convert("int8"))
    if not graph.calibration:
        raise ValueError("int8 needs clips to calibrate on; set the graph's `calibration`")
    return write_model(read_model(converter.convert("int8", half_weights=False, is_calibrated=True)))


def convert_kaggle(converter: Converter) -> bytes:
    """The content of the file for TFLite's own kernels."""
    return turn_matrices(converter.convert("kaggle"))


MAKERS = {
    "fp32": partial(Converter.convert, format="fp32", half_weights=False),
    "fp16": Converter.convert,
    "int8": convert_int8,
    "web": partial(Converter.convert, format="web"),
    "kaggle": convert_kaggle,
}


def make_files(graph: Graph, formats: Iterable[str]) -> Iterator[bytes]:
    """The content of a file per format, keys of `MAKERS`. The weights must stay as they are until the last is made."""
    converter = Converter(graph)
    return (MAKERS[format](converter) for format in formats)


def make_file(graph: Graph, format: str) -> bytes:
    """The content of one file."""
    return next(make_files(graph, [format]))


def check_size(content: bytes, format: str, max_bytes: int | None) -> None:
    """Raises `UserError` if a file is larger than it may be."""
    if max_bytes is not None and len(content) >= max_bytes:
        raise UserError(
            f"the file of format {format} has {len(content):,} bytes and must have fewer than {max_bytes:,}; take fewer"
            " members or narrower networks, leave the format out of export.formats, or raise the limit in"
            " export.settings"
        )


def quantise(content: bytes) -> bytes:
    """A file with float16 weights → the same with int8 matrices."""
    from ai_edge_quantizer.qtyping import TFLOperationName
    from ai_edge_quantizer.quantizer import Quantizer

    quantizer = Quantizer(bytearray(widen_matrices(content)))
    quantizer.add_dynamic_config(regex=".*", operation_name=TFLOperationName.FULLY_CONNECTED, num_bits=8)
    model = read_model(bytes(quantizer.quantize().quantized_model))
    for code in model.operatorCodes:
        if kind(code) == FULLY_CONNECTED:
            code.version = PER_CHANNEL_VERSION
    return write_model(model)


def widen_matrices(content: bytes) -> bytes:
    """The file with float32 matrices and biases, which the quantiser looks for, and float16 elsewhere."""
    model = read_model(content)
    kinds = [kind(code) for code in model.operatorCodes]
    wide_buffers: dict[int, int] = {}
    for graph in model.subgraphs:
        half_of = {
            operator.outputs[0]: operator.inputs[0]
            for operator in graph.operators
            if kinds[operator.opcodeIndex] == DEQUANTIZE
        }
        for operator in graph.operators:
            if kinds[operator.opcodeIndex] != FULLY_CONNECTED:
                continue
            operator.inputs = np.array([half_of.get(index, index) for index in operator.inputs], np.int32)
            for index in operator.inputs[1:]:
                tensor = graph.tensors[index]
                if index >= 0 and tensor.type == schema.TensorType.FLOAT16:  # −1: no bias
                    if tensor.buffer not in wide_buffers:
                        half = model.buffers[tensor.buffer].data.view(np.float16)
                        model.buffers.append(schema.BufferT())
                        model.buffers[-1].data = half.astype(np.float32).view(np.uint8)
                        wide_buffers[tensor.buffer] = len(model.buffers) - 1
                    tensor.type, tensor.buffer = schema.TensorType.FLOAT32, wide_buffers[tensor.buffer]
        used = {*graph.outputs}.union(*(operator.inputs for operator in graph.operators))
        graph.operators = [
            operator
            for operator in graph.operators
            if kinds[operator.opcodeIndex] != DEQUANTIZE or operator.outputs[0] in used
        ]
    return write_model(model, with_names=True)
