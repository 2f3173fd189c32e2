"""Fingerspelling's int8 file with only some of its matrices in int8: what each part gains and costs.

The parts are told apart by their place: a file of one Squeezeformer has its front ends' matrices first, then nine for
each block in a fixed order, and the decoder's steps in a loop of their own.
"""

import numpy as np

from podium.export.flatbuffer import FULLY_CONNECTED, PER_CHANNEL_VERSION, kind, read_model, write_model
from podium.export.formats import widen_matrices
from podium.export.graph import Converter, Graph

PARTS = {  # by name: what stays in float
    "all layers": set(),
    "encoder only": {"decoder"},
    "without attention and decoder": {"attention", "decoder"},
}
NUM_FRONT_ENDS = 5
# Of a block, in order: whose each matrix is. Attention's three are queries and keys in one, values, output.
BLOCK = ("attention",) * 3 + ("feed-forward",) * 2 + ("convolution",) * 2 + ("feed-forward",) * 2
WIDENING = [0, 5]  # the places in a block of the matrices that make twice the width


def int8_file(graph: Graph, part: str) -> tuple[bytes, float]:
    """The file, and the MB that it would have with the rest in float16, as the product's int8 file stores it.

    Args:
        graph: Of one network with the name squeezeformer_rope.
        part: A key of `PARTS`.
    """
    from ai_edge_quantizer.qtyping import TFLOperationName
    from ai_edge_quantizer.quantizer import Quantizer

    model = read_model(widen_matrices(Converter(graph).convert("int8")))
    num_left = named_by_part(model, graph.twins[0].config.num_blocks, PARTS[part])
    quantizer = Quantizer(bytearray(write_model(model, with_names=True)))
    quantizer.add_dynamic_config(regex="^in_int8", operation_name=TFLOperationName.FULLY_CONNECTED, num_bits=8)
    model = read_model(bytes(quantizer.quantize().quantized_model))
    for code in model.operatorCodes:
        if kind(code) == FULLY_CONNECTED:
            code.version = PER_CHANNEL_VERSION
    content = write_model(model)
    return content, (len(content) - 2 * num_left) / 1e6


def named_by_part(model, num_blocks: int, in_float: set[str]) -> int:
    """Names the output of each matrix by whether it shall be int8. Returns how many numbers stay in float."""
    num_left = 0
    for number, graph in enumerate(model.subgraphs):
        layers = [
            operator
            for operator in graph.operators
            if kind(model.operatorCodes[operator.opcodeIndex]) == FULLY_CONNECTED
            and model.buffers[graph.tensors[operator.inputs[1]].buffer].data is not None
        ]
        parts = ["decoder"] * len(layers) if number else main_parts([width(graph, one) for one in layers], num_blocks)
        for place, (operator, part) in enumerate(zip(layers, parts, strict=True)):
            is_left = part in in_float
            name = f"{'in_float' if is_left else 'in_int8'}_{number}_{place}"
            graph.tensors[operator.outputs[0]].name = name.encode()
            num_left += is_left * int(np.prod(graph.tensors[operator.inputs[1]].shape))
    return num_left


def width(graph, operator) -> tuple[int, int]:
    """(outputs, inputs) of a matrix."""
    return tuple(map(int, graph.tensors[operator.inputs[1]].shape))


def main_parts(widths: list[tuple[int, int]], num_blocks: int) -> list[str]:
    """Whose each matrix of the main graph is."""
    num_encoder = NUM_FRONT_ENDS + len(BLOCK) * num_blocks
    blocks = [widths[begin : begin + len(BLOCK)] for begin in range(NUM_FRONT_ENDS, num_encoder, len(BLOCK))]
    for block in blocks:
        wide = [place for place, (outputs, inputs) in enumerate(block) if outputs == 2 * inputs]
        if wide != WIDENING:
            raise ValueError(f"the file's matrices stand in another order: {block}")
    rest = ["decoder"] * (len(widths) - num_encoder)  # keys and values of the cross-attention, and the confidence
    return ["front end"] * NUM_FRONT_ENDS + list(BLOCK) * num_blocks + rest
