"""The file for TFLite's own kernels on x86, which are all that a runtime of 2023 uses when it is called by signature.

It answers as the ``fp16`` file does.

Letters: I and O channels in and out.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from podium.export.flatbuffer import GraphWriter, kind, read_model, write_model

ADD, BATCH_MATMUL, DEQUANTIZE, FULLY_CONNECTED, TRANSPOSE = (
    getattr(schema.BuiltinOperator, name)
    for name in ("ADD", "BATCH_MATMUL", "DEQUANTIZE", "FULLY_CONNECTED", "TRANSPOSE")
)


def turn_matrices(content: bytes) -> bytes:
    """A file with float16 weights → the same with the right matrix of each product laid out as (I, O).

    By such a matrix TFLite multiplies with a library that looks for what the processor can do. By one that lies the
    other way, as in every FULLY_CONNECTED, it does with another, which was built for processors without AVX; for the
    single rows of the decoder's loop, outside the main graph, that one is as good.
    """
    model = read_model(content)
    kinds = [kind(code) for code in model.operatorCodes]
    writer = GraphWriter(model, model.subgraphs[0])
    old, writer.graph.operators = writer.graph.operators, []
    half_of = {one.outputs[0]: one.inputs[0] for one in old if kinds[one.opcodeIndex] == DEQUANTIZE}
    for operator in old:
        code, options = kinds[operator.opcodeIndex], operator.builtinOptions
        is_plain = code == FULLY_CONNECTED and options.fusedActivationFunction == schema.ActivationFunctionType.NONE
        if is_plain and operator.inputs[1] in half_of:
            x, matrix, bias = operator.inputs
            writer.turn(half_of[matrix])
            writer.turn(matrix)
            (output,) = operator.outputs
            product = output if bias < 0 else writer.add_tensor(output)  # −1: no bias
            writer.add_operator(BATCH_MATMUL, [x, matrix], product, schema.BatchMatMulOptionsT())
            if bias >= 0:
                writer.add_operator(ADD, [product, bias], output, schema.AddOptionsT())
        elif code == BATCH_MATMUL and options.adjY:
            x, keys = operator.inputs
            axes = np.int32([0, 2, 1])
            keys = writer.add_operator(TRANSPOSE, [keys, writer.add_constant(axes)], writer.add_tensor(keys, axes))
            operator.inputs, options.adjY = np.array([x, keys], np.int32), False
            writer.graph.operators.append(operator)
        else:
            writer.graph.operators.append(operator)
    return write_model(model)
