"""TFLite files as objects, and back: small, and with aligned constants."""

import copy

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FILE_IDENTIFIER = b"TFL3"
CONSTANT_ALIGNMENT = 16  # bytes; what vector instructions and TFLite's own writer expect
FULLY_CONNECTED = schema.BuiltinOperator.FULLY_CONNECTED
# The version of the operator that knows scales per channel. A runtime of 2023 would load a lower one, take the first
# scale for all channels and answer nonsense; this one it refuses.
PER_CHANNEL_VERSION = 12


def read_model(content: bytes) -> schema.ModelT:
    """A file's content as objects."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:  # stands behind the graph, as some writers put it
            buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


def kind(code: schema.OperatorCodeT) -> int:
    """Which builtin operator a code means; numbers below 127 stand in the older of two fields."""
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def write_model(model: schema.ModelT, with_names: bool = False) -> bytes:
    """The file's content without constants that nothing uses.

    Args:
        with_names: Keep the names of inner tensors.
    """
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    used |= {entry.buffer for entry in model.metadata or []}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None
    for graph in model.subgraphs:
        named = range(len(graph.tensors)) if with_names else {*graph.inputs, *graph.outputs}
        for index, tensor in enumerate(graph.tensors):
            tensor.name = tensor.name if index in named else None
            scale = tensor.quantization.scale if tensor.quantization else None
            if scale is None or len(scale) == 0:  # an empty table, of which there are thousands
                tensor.quantization = None
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


class GraphWriter:
    """Adds to a graph of a file, and turns its matrices.

    Args:
        model: The file; it holds the codes of all operators that are added.
    """

    def __init__(self, model: schema.ModelT, graph: schema.SubGraphT) -> None:
        self.model, self.graph = model, graph
        self.codes = {kind(code): index for index, code in enumerate(model.operatorCodes)}
        self.turned: set[int] = set()

    def add_operator(self, code: int, inputs: list[int], output: int, options: object = None) -> int:
        """Puts an operator last; returns the tensor that it makes."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self.codes[code]
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
            operator.builtinOptions = options
        self.graph.operators.append(operator)
        return output

    def add_tensor(self, like: int, axes: np.ndarray | None = None) -> int:
        """A tensor like another, or that one's transpose."""
        tensor = copy.copy(self.graph.tensors[like])
        if axes is not None:
            tensor.shape = tensor.shape[axes]
            tensor.shapeSignature = None if tensor.shapeSignature is None else tensor.shapeSignature[axes]
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add_constant(self, values: np.ndarray) -> int:
        """A tensor of int32 numbers."""
        tensor = schema.TensorT()
        tensor.type, tensor.shape = schema.TensorType.INT32, np.array(values.shape, np.int32)
        tensor.buffer = self.add_buffer(values)
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add_buffer(self, values: np.ndarray) -> int:
        """Where numbers are stored."""
        self.model.buffers.append(schema.BufferT())
        self.model.buffers[-1].data = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
        return len(self.model.buffers) - 1

    def turn(self, index: int) -> None:
        """Transposes a matrix, with its float16 numbers if it has any; once, however often it is told."""
        if index in self.turned:
            return
        self.turned.add(index)
        tensor = self.graph.tensors[index]
        data = self.model.buffers[tensor.buffer].data
        if data is not None:
            tensor.buffer = self.add_buffer(data.view(np.float16).reshape(tensor.shape).T)
        tensor.shape = tensor.shape[::-1]


class _SharingBuilder(flatbuffers.Builder):
    """Writes equal vectors once: shapes, and the zero points of symmetric scales, repeat by the thousand."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        """Where a vector stands; only constants are of bytes."""
        payload = x.tobytes()
        if (x.dtype.str, payload) not in self.written:
            self.StartVector(x.itemsize, x.size, CONSTANT_ALIGNMENT if x.dtype == np.uint8 else x.itemsize)
            self.head -= len(payload)
            self.Bytes[self.head : self.head + len(payload)] = payload
            self.vectorNumElems = x.size
            self.written[x.dtype.str, payload] = self.EndVector()
        return self.written[x.dtype.str, payload]
