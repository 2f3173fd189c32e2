"""Prints how many characters an exported file misreads when landmarks are rounded as float16 shards store them.

python benchmarks/float16.py [--results results/demo] [--data results/data/synthetic]

The networks were trained on float32; the hidden test is read once as it is and once rounded.
"""

import argparse
from pathlib import Path

import numpy as np

from podium.errors import run
from podium.export.evaluation import evaluate, read_columns, read_test_table
from podium.recognise.inference import Reading, TfliteRecognizer


class Rounded:
    """A recogniser that reads landmarks in half precision."""

    def __init__(self, recognizer: TfliteRecognizer) -> None:
        self._recognizer = recognizer

    def read(self, landmarks_TK: np.ndarray) -> Reading:
        return self._recognizer.read(landmarks_TK.astype(np.float16).astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results/demo"), help="folder of an experiment")
    parser.add_argument("--data", type=Path, default=Path("results/data/synthetic"), help="folder of its dataset")
    arguments = parser.parse_args()
    recognizer = TfliteRecognizer(arguments.results / "export/model.tflite")
    columns = read_columns(arguments.results / "export/inference_args.json")
    table = read_test_table(arguments.data / "sequences.parquet")
    predictions = []
    for name, reader in (("float32", recognizer), ("float16", Rounded(recognizer))):
        report, rows = evaluate(reader, table, arguments.data / "raw", columns)
        predictions.append(rows["prediction"])
        print(f"landmarks={name} score={report['score']:.4f} num_edits={report['num_edits']}")
    print(f"num_sequences={len(table)} num_read_differently={(predictions[0] != predictions[1]).sum()}")


if __name__ == "__main__":
    run(main)
