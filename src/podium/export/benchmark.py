"""Size and latency of a file on the machine at hand."""

import platform
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from podium.recognise.operators import operator_names
from podium.recognise.tflite import TfliteFile
from podium.runtime.usage import processor

NUM_WARM_UP_RUNS = 2
NUM_THREADS = (1, 2)


def benchmark(model: str | Path, answers: ModuleType, frames: list[int], num_runs: int) -> dict:
    """Times a file on the examples of its system.

    Args:
        answers: The system's module.
        frames: Lengths of the clips.
        num_runs: Timed calls per length and number of threads, after a warm-up.

    Returns:
        For JSON: size_mb; latency_ms by threads and length, each with median, p90 and text_length; operators;
        processor and versions.
    """
    content = Path(model).read_bytes()
    rng = np.random.default_rng(0)
    clips = {num_frames: answers.example(num_frames, rng) for num_frames in frames}
    return {
        "size_mb": len(content) / 1e6,
        "latency_ms": {
            f"{num_threads}_threads": {
                str(num_frames): _time(TfliteFile(model, num_threads), answers, clip, num_runs)
                for num_frames, clip in clips.items()
            }
            for num_threads in NUM_THREADS
        },
        "num_runs": num_runs,
        "operators": operator_names(content),
        "processor": processor(),
        "runtime": f"ai-edge-litert {version('ai-edge-litert')}",
        "python": platform.python_version(),
    }


def _time(file: TfliteFile, answers: ModuleType, x: np.ndarray, num_runs: int) -> dict[str, float]:
    milliseconds = []
    for _ in range(NUM_WARM_UP_RUNS + num_runs):
        begin = time.perf_counter()
        outputs = file.answer(x)
        milliseconds.append((time.perf_counter() - begin) * 1e3)
    timed = milliseconds[NUM_WARM_UP_RUNS:]
    return {
        "median": float(np.median(timed)),
        "p90": float(np.percentile(timed, 90)),
        "text_length": len(answers.read(outputs).text),
    }
