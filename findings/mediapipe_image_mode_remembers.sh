#!/bin/sh
# mediapipe 1.2.3 with the models of 0.10.21, numpy 2.4.6, the picture "astronaut" of scikit-image 0.26.0.
# Behaviour: HolisticLandmarker in IMAGE mode, which is meant for single pictures, goes on from the picture before. The same
# picture gives another answer the second time, and yet another the third time.
# Output seen (nose to elbows, the largest distance from the first answer):
#   the second time: 0.0274 of the picture's width
#   the third time: 0.0451 of the picture's width
#   by another landmarker, the first time: 0.0000 of the picture's width
# Why it matters: landmarks of photos, or of single frames of several videos, depend on the order of the files, and one picture
# alone cannot be checked against a whole run. This is no rounding: in this picture an eye is about 0.04 wide. Make a
# landmarker for each picture; Podium makes one for each clip, in VIDEO mode with the true times.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip="$folder/venv/bin/pip --quiet --disable-pip-version-check"
$pip install mediapipe==1.2.3 numpy==2.4.6 flatbuffers==25.12.19 opencv-contrib-python==4.14.0.94
$pip download --no-deps --only-binary :all: --python-version 3.11 --platform manylinux_2_28_x86_64 --dest "$folder" \
    mediapipe==0.10.21 scikit-image==0.26.0
cd "$folder"
"$folder/venv/bin/python" - 2>log <<'PYTHON' || { tail -n 5 log && exit 1; }
import glob
import sys
import zipfile

import cv2
import flatbuffers
import mediapipe
import numpy as np
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata
from mediapipe.tasks.metadata import schema_py_generated as tflite
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import HolisticLandmarker, HolisticLandmarkerOptions, RunningMode

MODELS = {
    "face_detector": "face_detection/face_detection_short_range",
    "face_landmarks_detector": "face_landmark/face_landmark",
    "hand_landmarks_detector": "hand_landmark/hand_landmark_full",
    "hand_roi_refinement": "holistic_landmark/hand_recrop",
    "pose_detector": "pose_detection/pose_detection",
    "pose_landmarks_detector": "pose_landmark/pose_landmark_full",
}


class Builder(flatbuffers.Builder):
    """Puts constants at multiples of 16 bytes, as TFLite does."""

    def CreateNumpyVector(self, values: np.ndarray) -> int:
        if values.dtype != np.uint8:
            return super().CreateNumpyVector(values)
        self.StartVector(1, values.size, 16)
        self.head -= values.size
        self.Bytes[self.head : self.head + values.size] = values.tobytes()
        self.vectorNumElems = values.size
        return self.EndVector()


def packed(root, identifier: bytes) -> bytes:
    builder = Builder(0)
    builder.Finish(root.Pack(builder), identifier)
    return bytes(builder.Output())


def add_buffer(model, content: bytes) -> int:
    model.buffers.append(tflite.BufferT())
    model.buffers[-1].data = np.frombuffer(content, np.uint8)
    return len(model.buffers) - 1


def say_scale(model) -> None:
    """Tasks want to be told in the file that colours are divided by 255."""
    unit, picture, scale = metadata.ProcessUnitT(), metadata.TensorMetadataT(), metadata.NormalizationOptionsT()
    scale.mean, scale.std = np.zeros(1, np.float32), np.full(1, 255, np.float32)
    unit.optionsType, unit.options = metadata.ProcessUnitOptions.NormalizationOptions, scale
    picture.processUnits = [unit]
    graph, root, entry = metadata.SubGraphMetadataT(), metadata.ModelMetadataT(), tflite.MetadataT()
    graph.inputTensorMetadata = [picture]
    graph.outputTensorMetadata = [metadata.TensorMetadataT() for _ in model.subgraphs[0].outputs]
    root.subgraphMetadata = [graph]
    entry.name, entry.buffer = "TFLITE_METADATA", add_buffer(model, packed(root, b"M001"))
    model.metadata = [*(model.metadata or []), entry]


def add_irises(model) -> None:
    """Tasks want 478 points of the face, the model has 468: ten more at zero."""
    graph, widths, padded = model.subgraphs[0], tflite.TensorT(), tflite.TensorT()
    place = [graph.tensors[index].shape.prod() for index in graph.outputs].index(3 * 468)
    widths.name, widths.type, widths.shape = "widths", tflite.TensorType.INT32, np.array([4, 2], np.int32)
    widths.buffer = add_buffer(model, np.array([[0, 0], [0, 0], [0, 0], [0, 30]], np.int32).tobytes())
    padded.name, padded.type, padded.shape = "padded", tflite.TensorType.FLOAT32, np.array([1, 1, 1, 3 * 478], np.int32)
    code, operator, first = tflite.OperatorCodeT(), tflite.OperatorT(), len(graph.tensors)
    code.builtinCode = code.deprecatedBuiltinCode = tflite.BuiltinOperator.PAD
    code.version, operator.opcodeIndex = 1, len(model.operatorCodes)
    operator.inputs, operator.outputs = np.array([graph.outputs[place], first], np.int32), np.array([first + 1], np.int32)
    operator.builtinOptionsType, operator.builtinOptions = tflite.BuiltinOptions.PadOptions, tflite.PadOptionsT()
    model.operatorCodes.append(code)
    graph.tensors += [widths, padded]
    graph.operators.append(operator)
    graph.outputs = np.array([*graph.outputs[:place], first + 1, *graph.outputs[place + 1 :]], np.int32)


changes = {"face_landmarks_detector": add_irises, "hand_roi_refinement": say_scale, "pose_landmarks_detector": say_scale}
with zipfile.ZipFile(glob.glob("mediapipe-*.whl")[0]) as wheel, zipfile.ZipFile("holistic.task", "w") as task:
    for name, path in MODELS.items():
        content = wheel.read(f"mediapipe/modules/{path}.tflite")
        if name in changes:
            model = tflite.ModelT.InitFromPackedBuf(content, 0)
            changes[name](model)
            content = packed(model, b"TFL3")
        task.writestr(f"{name}.tflite", content)
with zipfile.ZipFile(glob.glob("scikit_image-*.whl")[0]) as wheel:
    coded = np.frombuffer(wheel.read("skimage/data/astronaut.png"), np.uint8)
pixels = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)


def landmarker() -> HolisticLandmarker:
    options = BaseOptions(model_asset_path="holistic.task")
    return HolisticLandmarker.create_from_options(
        HolisticLandmarkerOptions(base_options=options, running_mode=RunningMode.IMAGE)
    )


def body(result) -> np.ndarray:
    """Nose, eyes, ears, mouth, shoulders and elbows."""
    return np.array([(point.x, point.y) for point in result.pose_landmarks[:15]])


with landmarker() as one, landmarker() as other:
    first, second, third = (body(one.detect(picture)) for _ in range(3))
    fresh = body(other.detect(picture))
distances = [float(np.abs(found - first).max()) for found in (second, third, fresh)]
for name, distance in zip(("the second time", "the third time", "by another landmarker, the first time"), distances):
    print(f"{name}: {distance:.4f} of the picture's width")
if not (min(distances[:2]) > 0.002 and distances[2] == 0):
    sys.exit("the behaviour has changed")
PYTHON
