"""Size and latency of an experiment's files on the machine at hand."""

import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from podium.errors import ClipError
from podium.recognise.operators import operator_names
from podium.recognise.tflite import TfliteFile
from podium.runtime.usage import processor

NUM_WARM_UP_RUNS = 2
NUM_THREADS = (1, 2)


def benchmark(models: Mapping[str, str | Path], answers: ModuleType, frames: list[int], num_runs: int) -> dict:
    """Times files on the examples of their system.

    Args:
        models: Format → its file; the first is the one that apps get.
        answers: The system's module.
        frames: Lengths of the clips.
        num_runs: Timed calls per length and number of threads, after a warm-up.

    Returns:
        For JSON: of the first file size_mb, operators, and latency_ms by threads and length, each with median, p90 and
        text_length; format_latency_ms, the same of every format on one thread, without lengths that it refuses;
        processor and versions.
    """
    rng = np.random.default_rng(0)
    clips = {str(num_frames): answers.example(num_frames, rng) for num_frames in frames}
    first, *others = models
    content = Path(models[first]).read_bytes()
    by_threads = {
        f"{num_threads}_threads": {
            name: _time(TfliteFile(models[first], num_threads), answers, clip, num_runs) for name, clip in clips.items()
        }
        for num_threads in NUM_THREADS
    }
    by_format: dict[str, dict[str, dict[str, float]]] = {first: by_threads["1_threads"]}
    for other in others:
        by_format[other] = {}
        for name, clip in clips.items():
            with suppress(ClipError):  # a file for browsers may be of a fixed length
                by_format[other][name] = _time(TfliteFile(models[other], 1), answers, clip, num_runs)
    return {
        "size_mb": len(content) / 1e6,
        "latency_ms": by_threads,
        "format_latency_ms": by_format,
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
