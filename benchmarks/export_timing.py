"""Times one TFLite file in whichever runtime this Python has; prints JSON. `benchmarks/export.py` calls it.

Imports nothing of Podium, so that it also runs beside a runtime of 2023:
``OLD_PYTHON benchmarks/export_timing.py FILE --frames 50 150 300``.
"""

import argparse
import json
import time

import numpy as np

try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    try:
        from tflite_runtime.interpreter import Interpreter
    except ImportError:
        from tensorflow import lite

        Interpreter = lite.Interpreter

NUM_WARM_UP_RUNS = 3
LONGEST_FRAMES = 384


def clip(num_frames: int) -> np.ndarray:
    """Random landmarks, every tenth missing."""
    rng = np.random.default_rng(0)
    landmarks_TK = rng.normal(size=(num_frames, 390)).astype(np.float32)
    landmarks_TK[rng.random(landmarks_TK.shape) < 0.1] = np.nan
    return landmarks_TK


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--frames", nargs="+", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    runner = Interpreter(arguments.file, num_threads=arguments.threads).get_signature_runner("serving_default")

    def milliseconds(num_frames: int) -> float:
        inputs = clip(num_frames)
        begin = time.perf_counter()
        runner(inputs=inputs)
        return (time.perf_counter() - begin) * 1e3

    first = {"cold": milliseconds(arguments.frames[0])}
    first |= {f"new length {num_frames}": milliseconds(num_frames) for num_frames in arguments.frames[1:]}
    first["longest"] = milliseconds(LONGEST_FRAMES)
    first["new length after the longest"] = milliseconds(arguments.frames[0] + 7)
    latency = {}
    for num_frames in arguments.frames:
        times = [milliseconds(num_frames) for _ in range(NUM_WARM_UP_RUNS + arguments.runs)][NUM_WARM_UP_RUNS:]
        num_rows = len(runner(inputs=clip(num_frames))["outputs"])
        latency[num_frames] = {"median": float(np.median(times)), "num_rows": num_rows}
    print(json.dumps({"first_ms": first, "latency_ms": latency}))


if __name__ == "__main__":
    main()
