"""Prints how many characters an exported file misreads when landmarks are rounded as float16 shards store them.

python benchmarks/float16.py [--results results/demo] [--data results/data/synthetic]

The networks were trained on float32; the hidden test is read once as it is and once rounded.
"""

import argparse
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.export.evaluation import evaluate, read_test_table
from podium.recognise.tflite import TfliteFile
from podium.systems.files import read_export
from podium.systems.fingerspelling import answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/demo"), help="folder of an experiment")
    parser.add_argument("--data", type=Path, default=Path("results/data/synthetic"), help="folder of its dataset")
    arguments = parser.parse_args()
    file = TfliteFile(arguments.results / "export/model.tflite")
    _, settings = read_export(arguments.results / "export/inference_args.json")
    table = read_test_table(arguments.data / "sequences.parquet", "phrase")
    predictions = []
    for name in ("float32", "float16"):
        ask = lambda x, name=name: file.answer(x.astype(name).astype(np.float32))  # noqa: E731
        report, rows = evaluate(ask, answers, settings, table, arguments.data / "raw", "phrase")
        predictions.append(rows["prediction"])
        print(f"landmarks={name} score={report['score']:.4f} num_edits={report['num_edits']}")
    print(f"num_sequences={len(table)} num_read_differently={(predictions[0] != predictions[1]).sum()}")


if __name__ == "__main__":
    run(main)
