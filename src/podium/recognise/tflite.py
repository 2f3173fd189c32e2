"""A TFLite file in its runtime: a clip in, the file's outputs out. People use `podium.Recognizer`.

``serving_default`` takes ``inputs``, a clip with time as its first axis. A file of fixed shapes, as browsers want it,
takes ``num_frames`` (1,) int32 beside it.
"""

from pathlib import Path

import numpy as np

from podium.errors import ClipError, UserError
from podium.storage.files import check_readable

SIGNATURE = "serving_default"  # as TensorFlow calls the one that it finds
INPUT, NUM_FRAMES = "inputs", "num_frames"

Shapes = dict[str, tuple[int, ...]]


class TfliteFile:
    """The file in a plain TFLite runtime. Not thread-safe: the runtime works in buffers of its own.

    Args:
        path: The .tflite file.
        num_threads: Threads of the runtime.

    Attributes:
        inputs: Shapes of what it takes, by name; −1 is any length.
        outputs: Shapes of what it returns, by name.

    Raises:
        UserError: The file is absent or is not one of ours.
    """

    def __init__(self, path: str | Path, num_threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        if not Path(path).is_file():
            raise UserError(f"{path} does not exist; name a .tflite file")
        check_readable(path)
        self._path = path
        try:
            interpreter = Interpreter(str(path), num_threads=num_threads)
            if SIGNATURE not in interpreter.get_signature_list():
                raise UserError(f"{path} has no signature '{SIGNATURE}'; it is not one of Podium's files")
            self._run = interpreter.get_signature_runner(SIGNATURE)
            self.inputs, self.outputs = (
                {name: tuple(one["shape_signature"].tolist()) for name, one in details.items()}
                for details in (self._run.get_input_details(), self._run.get_output_details())
            )
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{path} is not a TFLite file ({error})") from None
        if INPUT not in self.inputs:
            raise UserError(f"{path} does not take '{INPUT}'; it is not one of Podium's files")
        self._num_rows = self.inputs[INPUT][0] if NUM_FRAMES in self.inputs else None

    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """All that the file returns, under its own names.

        Raises:
            ClipError: The file takes fewer frames.
            UserError: The file is damaged.
        """
        try:
            return self._answer(np.ascontiguousarray(x, dtype=np.float32))
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{self._path} cannot be run ({error}); export the model again") from None

    def _answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        if self._num_rows is None:
            return self._run(inputs=x)
        num_frames = len(x)  # a file for browsers: all shapes are fixed
        if num_frames > self._num_rows:
            raise ClipError(f"the file takes {self._num_rows} frames and the clip has {num_frames}; cut it")
        padded = np.full((self._num_rows, *x.shape[1:]), np.nan, np.float32)
        padded[:num_frames] = x
        return self._run(inputs=padded, num_frames=np.array([num_frames], np.int32))
