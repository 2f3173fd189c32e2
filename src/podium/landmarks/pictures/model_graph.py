"""Adds operators to the graph of a TFLite file."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FILE_IDENTIFIER = b"TFL3"
CONSTANT_ALIGNMENT = 16  # bytes; what vector instructions and TFLite's own writer expect
_OLD_FIELD_MAX = 127  # operators beyond it stand in the newer field alone
_KINDS = {"f": schema.TensorType.FLOAT32, "i": schema.TensorType.INT32}


class ModelGraph:
    """The first graph of a file. Tensors go by their numbers.

    Args:
        content: The file's content.
    """

    def __init__(self, content: bytes) -> None:
        self.model = schema.ModelT.InitFromPackedBuf(content, 0)
        self.graph = self.model.subgraphs[0]

    def output(self, num_values: int) -> int:
        """The output whose last axis has that length."""
        (found,) = (int(one) for one in self.graph.outputs if self.shape(int(one))[-1] == num_values)
        return found

    def shape(self, tensor: int) -> list[int]:
        """A tensor's shape."""
        return [int(size) for size in self.graph.tensors[tensor].shape]

    def replace_output(self, old: int, new: int) -> None:
        """Gives another tensor out in the place of one."""
        self.graph.outputs = np.where(self.graph.outputs == old, new, self.graph.outputs)

    def note(self, name: bytes, content: bytes) -> None:
        """Adds an entry to the file's metadata."""
        entry = schema.MetadataT()
        entry.name, entry.buffer = name, self._buffer(np.frombuffer(content, np.uint8))
        self.model.metadata = [*(self.model.metadata or []), entry]

    def constant(self, values: list | np.ndarray | float) -> int:
        """Numbers: int32 if all are whole numbers of Python or numpy, else float32."""
        array = np.asarray(values)
        array = array.astype(np.int32 if array.dtype.kind == "i" else np.float32)
        return self._tensor(array.shape or (1,), _KINDS[array.dtype.kind], self._buffer(array))

    def add(
        self,
        operator: str,
        inputs: list[int | float],
        shape: list[int],
        options: object = None,
        kind: int = schema.TensorType.FLOAT32,
    ) -> int:
        """Puts an operator last; returns the tensor that it makes.

        Args:
            operator: A name of `schema.BuiltinOperator`.
            inputs: Tensors; a float is a constant.
            shape: Of the result.
            options: As the operator wants them; without it, plain ones of its own if it has any.
            kind: Of the result, a `schema.TensorType`.
        """
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = getattr(schema.BuiltinOperator, operator), 1
        code.deprecatedBuiltinCode = min(code.builtinCode, _OLD_FIELD_MAX)
        self.model.operatorCodes.append(code)
        one = schema.OperatorT()
        one.opcodeIndex = len(self.model.operatorCodes) - 1
        tensors = [self.constant(tensor) if isinstance(tensor, float) else tensor for tensor in inputs]
        result = self._tensor(shape, kind, self._buffer(None))
        one.inputs, one.outputs = np.array(tensors, np.int32), np.array([result], np.int32)
        options = options or _plain_options(operator)
        if options is not None:
            one.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
            one.builtinOptions = options
        self.graph.operators.append(one)
        return result

    def reshape(self, tensor: int, shape: list[int], kind: int = schema.TensorType.FLOAT32) -> int:
        """The same values in another shape."""
        options = schema.ReshapeOptionsT()
        options.newShape = np.array(shape, np.int32)
        return self.add("RESHAPE", [tensor, self.constant(shape)], shape, options, kind)

    def slice(self, tensor: int, begin: list[int], size: list[int]) -> int:
        """A box out of a tensor."""
        return self.add("SLICE", [tensor, self.constant(begin), self.constant(size)], size)

    def reduce(self, operator: str, tensor: int, axes: list[int]) -> int:
        """``SUM``, ``REDUCE_MAX`` or ``REDUCE_MIN`` over axes, which stay with length 1."""
        options = schema.ReducerOptionsT()
        options.keepDims = True
        shape = [1 if axis in axes else size for axis, size in enumerate(self.shape(tensor))]
        return self.add(operator, [tensor, self.constant(axes)], shape, options)

    def outermost(self, operator: str, places: int) -> int:
        """``ARG_MIN`` or ``ARG_MAX``: in which row each column's least or largest value stands."""
        options = getattr(schema, {"ARG_MIN": "ArgMinOptionsT", "ARG_MAX": "ArgMaxOptionsT"}[operator])()
        options.outputType = schema.TensorType.INT32
        return self.add(
            operator, [places, self.constant([0])], self.shape(places)[1:], options, schema.TensorType.INT32
        )

    def gather(self, tensor: int, rows: int) -> int:
        """The rows of a matrix with those numbers."""
        shape = [*self.shape(rows), self.shape(tensor)[1]]
        return self.add("GATHER", [tensor, rows], shape)

    def concatenate(self, tensors: list[int], axis: int) -> int:
        """Tensors one behind the other."""
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        shape = self.shape(tensors[0])
        shape[axis] = sum(self.shape(tensor)[axis] for tensor in tensors)
        return self.add("CONCATENATION", tensors, shape, options)

    def content(self) -> bytes:
        """The file's content."""
        builder = _AligningBuilder(1 << 20)
        builder.Finish(self.model.Pack(builder), file_identifier=FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _buffer(self, values: np.ndarray | None) -> int:
        buffer = schema.BufferT()
        if values is not None:
            buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def _tensor(self, shape: tuple[int, ...] | list[int], kind: int, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name = f"podium_{len(self.graph.tensors)}".encode()
        tensor.shape, tensor.type, tensor.buffer = np.array(shape, np.int32), kind, buffer
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1


def _plain_options(operator: str) -> object:
    name = "".join(word.capitalize() for word in operator.split("_"))
    name = {"Maximum": "MaximumMinimum", "Minimum": "MaximumMinimum"}.get(name, name)
    kind = getattr(schema, f"{name}OptionsT", None)
    return kind and kind()


class _AligningBuilder(flatbuffers.Builder):
    """Constants, which alone are vectors of bytes, begin at multiples of `CONSTANT_ALIGNMENT`."""

    def CreateNumpyVector(self, x: np.ndarray) -> int:
        self.StartVector(x.itemsize, x.size, CONSTANT_ALIGNMENT if x.dtype == np.uint8 else x.itemsize)
        payload = x.tobytes()
        self.head -= len(payload)
        self.Bytes[self.head : self.head + len(payload)] = payload
        self.vectorNumElems = x.size
        return self.EndVector()
