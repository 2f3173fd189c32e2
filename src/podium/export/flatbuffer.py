"""TFLite files as objects, and back: small, and with aligned constants."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FILE_IDENTIFIER = b"TFL3"
CONSTANT_ALIGNMENT = 16  # bytes; what vector instructions and TFLite's own writer expect


def read_model(content: bytes) -> schema.ModelT:
    """A file's content as objects."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:  # stands behind the graph, as some writers put it
            buffer.data = np.frombuffer(content, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return model


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
    builder = _SharingBuilder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


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
