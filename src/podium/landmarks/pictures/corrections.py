"""What today's MediaPipe Tasks do otherwise than the Holistic solution of release 0.10.21, put right inside the models.

The competition's landmarks were found by that solution, and so a recogniser wants them the same. Tasks run the same
models with other constants, which no option reaches. Each function here takes a model's file and gives it back with a
few operators more; the weights stay as they are. What each brings stands in docs/video.md.

Shapes: 39 pose points of 5 values (x, y, z, visibility, presence; x and y in pixels of 256), each with a heat map of
64 × 64 cells; 896 anchors of the face detector with a box and six key points.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from podium.landmarks.pictures.model_graph import ModelGraph
from podium.landmarks.pictures.packages import import_mediapipe

_FACE_POINTS = 468
_ROLLS = (-24, -12, 0, 12, 24)  # degrees; between two of them the box is off by at most 0.5 % of what is added
_POINTS, _VALUES, _CELLS, _PIXELS_PER_CELL = 39, 5, 64, 4
_REACH = 4  # cells to each side: a window of 9 × 9, where tasks look at 7 × 7
_MIN_CONFIDENCE = 0.5  # of a cell in the window, or the point stays where it is
_ANCHORS, _KEY_POINTS, _BOX_VALUES = 896, 6, 4
_LIFT = 0.1  # of the height that the key points span
_METADATA, _METADATA_IDENTIFIER, _METADATA_VERSION = b"TFLITE_METADATA", b"M001", "1.0.0"
_BOOL = schema.TensorType.BOOL


def with_scale(content: bytes) -> bytes:
    """The model with a note that its picture's colours, 0 to 255, are to be divided by 255.

    The solution says that in its graph, tasks want it said in the file.
    """
    graph = ModelGraph(content)
    graph.note(_METADATA, _scale_note(len(graph.graph.inputs), len(graph.graph.outputs)))
    return graph.content()


def with_wide_windows(content: bytes) -> bytes:
    """The pose model with its points moved to the centre of their heat in a window of 9 × 9 cells.

    Tasks would do that in a window of 7 × 7; they find no heat left to do it again.
    """
    graph = ModelGraph(content)
    points, heat = graph.output(_POINTS * _VALUES), graph.output(_POINTS)
    values = graph.reshape(points, [1, _POINTS, _VALUES])
    confidence = graph.add("LOGISTIC", [heat], graph.shape(heat))
    x, y = (graph.slice(values, [0, 0, axis], [1, _POINTS, 1]) for axis in (0, 1))
    x_cells, x_window, x_inside = _window(graph, x, axis=2)
    y_cells, y_window, y_inside = _window(graph, y, axis=1)
    seen = graph.add("MUL", [confidence, y_window], graph.shape(heat))
    seen = graph.add("MUL", [seen, x_window], graph.shape(heat))
    columns, rows = graph.reduce("SUM", seen, [1]), graph.reduce("SUM", seen, [2])
    total = graph.reduce("SUM", columns, [2])
    flat = [1, 1, 1, _POINTS]
    is_sure = graph.add("GREATER_EQUAL", [graph.reduce("REDUCE_MAX", seen, [1, 2]), _MIN_CONFIDENCE], flat, kind=_BOOL)
    for is_inside in (*x_inside, *y_inside):
        is_sure = graph.add("LOGICAL_AND", [is_sure, is_inside], flat, kind=_BOOL)
    is_sure = graph.reshape(is_sure, [1, _POINTS, 1], _BOOL)
    moved = []
    for place, cells, weights, axis in ((x, x_cells, columns, 2), (y, y_cells, rows, 1)):
        weighted = graph.add("MUL", [weights, cells], graph.shape(weights))
        cell = graph.add("DIV", [graph.reduce("SUM", weighted, [axis]), total], flat)
        pixel = graph.reshape(graph.add("MUL", [cell, float(_PIXELS_PER_CELL)], flat), [1, _POINTS, 1])
        moved.append(graph.add("SELECT_V2", [is_sure, pixel, place], [1, _POINTS, 1]))
    rest = graph.slice(values, [0, 0, 2], [1, _POINTS, _VALUES - 2])
    graph.replace_output(points, graph.reshape(graph.concatenate([*moved, rest], 2), [1, _POINTS * _VALUES]))
    graph.replace_output(heat, graph.add("SUB", [-1.0, confidence], graph.shape(heat)))  # all below the threshold
    return graph.content()


def _window(graph: ModelGraph, place: int, axis: int) -> tuple[int, int, list[int]]:
    """Along one axis of the heat maps: the cells' numbers, 1 for the cells near each point, and is it inside."""
    flat = [1, 1, 1, _POINTS]
    exact = graph.add("MUL", [graph.reshape(place, flat), 1 / _PIXELS_PER_CELL], flat)
    centre = graph.add("FLOOR", [graph.add("RELU", [exact], flat)], flat)
    lengths = [_CELLS if one == axis else 1 for one in range(3)]
    cells = graph.constant(np.arange(_CELLS, dtype=np.float32).reshape([*lengths, 1]))
    shape = [*lengths, _POINTS]
    distance = graph.add("ABS", [graph.add("SUB", [cells, centre], shape)], shape)
    near = graph.add("RELU", [graph.add("SUB", [_REACH + 1.0, distance], shape)], shape)
    window = graph.add("MINIMUM", [near, 1.0], shape)
    is_inside = [  # towards 0 as far as -1, since the solution cuts fractions off
        graph.add("GREATER", [exact, -1.0], flat, kind=_BOOL),
        graph.add("LESS", [exact, float(_CELLS)], flat, kind=_BOOL),
    ]
    return cells, window, is_inside


def with_lifted_key_points(content: bytes) -> bytes:
    """The face detector with its key points higher by a tenth of the height that they span.

    The solution moves the square around them by that much before it looks for the face's points, tasks do not.
    """
    graph = ModelGraph(content)
    boxes = graph.output(_BOX_VALUES + 2 * _KEY_POINTS)
    box = graph.slice(boxes, [0, 0, 0], [1, _ANCHORS, _BOX_VALUES])
    key_points = graph.slice(boxes, [0, 0, _BOX_VALUES], [1, _ANCHORS, 2 * _KEY_POINTS])
    key_points = graph.reshape(key_points, [1, _ANCHORS, _KEY_POINTS, 2])
    x, y = (graph.slice(key_points, [0, 0, 0, axis], [1, _ANCHORS, _KEY_POINTS, 1]) for axis in (0, 1))
    span = [1, _ANCHORS, 1, 1]
    height = graph.add("SUB", [graph.reduce("REDUCE_MAX", y, [2]), graph.reduce("REDUCE_MIN", y, [2])], span)
    y = graph.add("SUB", [y, graph.add("MUL", [height, _LIFT], span)], graph.shape(y))
    lifted = graph.reshape(graph.concatenate([x, y], 3), [1, _ANCHORS, 2 * _KEY_POINTS])
    graph.replace_output(boxes, graph.concatenate([box, lifted], 2))
    return graph.content()


def with_square_face(content: bytes) -> bytes:
    """The face model with ten points more, so that tasks' reader of 478 points has them, and so that the upright box
    around all points is a square.

    Without them it reads 478 points out of 468 and each is another one. Their own places would be the irises'. Here
    they are the outermost points on both sides, moved outwards until the box is as wide as high: the solution makes a
    square of it before it looks for the face in the next picture, tasks do not and squeeze the face. The model sees the
    face turned upright and does not know by how much, hence five points on each side, for five angles.
    """
    graph = ModelGraph(content)
    face = graph.output(_FACE_POINTS * 3)
    points = graph.reshape(face, [_FACE_POINTS, 3])
    x, y = (graph.slice(points, [0, axis], [_FACE_POINTS, 1]) for axis in (0, 1))
    cosine, sine = np.cos(np.deg2rad(_ROLLS)), np.sin(np.deg2rad(_ROLLS))
    across, down = _along(graph, x, y, cosine, -sine), _along(graph, x, y, sine, cosine)
    lacking = graph.add("SUB", [_extent(graph, down), _extent(graph, across)], [1, len(_ROLLS)])
    lacking = graph.reshape(graph.add("RELU", [lacking], [1, len(_ROLLS)]), [len(_ROLLS), 1])
    outwards = np.stack([cosine, -sine, np.zeros(len(_ROLLS))], 1) / 2
    added = []
    for operator, direction in (("ARG_MIN", -outwards), ("ARG_MAX", outwards)):
        outermost = graph.gather(points, graph.outermost(operator, across))
        step = graph.add("MUL", [lacking, graph.constant(direction)], [len(_ROLLS), 3])
        added.append(graph.add("ADD", [outermost, step], [len(_ROLLS), 3]))
    wider = graph.concatenate([points, *added], 0)
    graph.replace_output(face, graph.reshape(wider, [1, 1, 1, (_FACE_POINTS + 2 * len(_ROLLS)) * 3]))
    return graph.content()


def _along(graph: ModelGraph, x: int, y: int, x_shares: np.ndarray, y_shares: np.ndarray) -> int:
    """Each point's place along each of some directions."""
    shape = [_FACE_POINTS, len(_ROLLS)]
    parts = [
        graph.add("MUL", [one, graph.constant(shares[None])], shape) for one, shares in ((x, x_shares), (y, y_shares))
    ]
    return graph.add("ADD", parts, shape)


def _extent(graph: ModelGraph, places: int) -> int:
    ends = [graph.reduce(operator, places, [0]) for operator in ("REDUCE_MAX", "REDUCE_MIN")]
    return graph.add("SUB", ends, [1, len(_ROLLS)])


def _scale_note(num_inputs: int, num_outputs: int) -> bytes:
    """Metadata of a TFLite file, one record per tensor, the inputs' with mean 0 and deviation 255."""
    import_mediapipe()
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata

    def scaled() -> metadata.TensorMetadataT:
        unit, tensor, scale = metadata.ProcessUnitT(), metadata.TensorMetadataT(), metadata.NormalizationOptionsT()
        scale.mean, scale.std = np.array([0], np.float32), np.array([255], np.float32)
        unit.optionsType, unit.options = metadata.ProcessUnitOptions.NormalizationOptions, scale
        tensor.processUnits = [unit]
        return tensor

    graph, model = metadata.SubGraphMetadataT(), metadata.ModelMetadataT()
    graph.inputTensorMetadata = [scaled() for _ in range(num_inputs)]
    graph.outputTensorMetadata = [metadata.TensorMetadataT() for _ in range(num_outputs)]
    model.subgraphMetadata, model.minParserVersion = [graph], _METADATA_VERSION
    builder = flatbuffers.Builder(256)
    builder.Finish(model.Pack(builder), file_identifier=_METADATA_IDENTIFIER)
    return bytes(builder.Output())
