"""Size and time of the full-size file of spoken commands, beside rebuilt peers, in one run on one thread.

    TF_CPP_MIN_LOG_LEVEL=3 python benchmarks/speech_file.py

The files are timed in turn, many times; the least time of each counts, since others may use the machine. The peers'
features are not counted.
"""

import argparse
import time

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter
from speech_peers import ds_cnn, keyword_transformer

from podium.export.formats import make_files
from podium.systems.speech import learning, twin
from podium.systems.speech.plan import Settings
from podium.systems.speech.recipe import Recipe

WIDTHS = [128, 128, 192, 256, 320, 384, 512]


def graph() -> twin.WordGraph:
    """Experiment 195 with random weights and the batch norms of noise, so that activations have their usual sizes."""
    torch.manual_seed(0)
    recipe = Recipe.model_validate(
        {
            "model": {"name": "attention_max", "num_classes": 12, "widths": WIDTHS, "batch_norm_momentum": 0.9},
            "optimizer": {"name": "rmsprop", "learning_rate": 1e-3},
            "schedule": {"name": "plateau"},
            "training": {"epochs": 1},
        }
    )
    learner = learning.make(recipe).train()
    clips = 0.1 * torch.randn(16, 16000)
    with torch.no_grad():
        for _ in range(3):
            learner.network(clips)
    state = {name: value.numpy() for name, value in learner.network.state_dict().items()}
    found = twin.assemble([twin.make(recipe).port(state, "a random network")], Settings().model_dump())
    found.calibration = list(clips.numpy())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    formats = ("fp32", "fp16", "int8")
    contents = zip(formats, make_files(graph(), formats), strict=True)
    files = {f"195 {format}": (content, (16000,)) for format, content in contents}
    files |= {"keyword transformer fp32": keyword_transformer(), "DS-CNN int8": ds_cnn()}
    rng, runs = np.random.default_rng(0), {}
    for name, (content, shape) in files.items():
        run = Interpreter(model_content=content, num_threads=1).get_signature_runner()
        (place,) = run.get_input_details()
        runs[name] = (run, {place: (0.1 * rng.normal(size=shape)).astype(np.float32)})
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(arguments.rounds):
        for name, (run, inputs) in runs.items():
            begin = time.perf_counter()
            run(**inputs)
            times[name].append((time.perf_counter() - begin) * 1e3)
    slowest = min(times["keyword transformer fp32"])
    for name, (content, _) in files.items():
        least, median = min(times[name]), float(np.median(times[name]))
        size = len(content) / 1e6
        print(f"{name:<26} {size:6.3f} MB  {least:6.3f} ms  (median {median:.3f})  {least / slowest:5.2f}")


if __name__ == "__main__":
    main()
