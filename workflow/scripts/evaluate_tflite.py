"""Scores the file on the hidden test as a host does: its columns, its signature, argmax, edit distance."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.export.evaluation import evaluate, read_columns, read_test_table
from podium.files import atomic_path, write_json
from podium.inference import TfliteRecognizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="the .tflite file")
    parser.add_argument("--inference-args", required=True, help="its list of input columns (.json)")
    parser.add_argument("--sequences", required=True, help="table of sequences; those of split 'test' are read")
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    parser.add_argument("--predictions", required=True, help="table of texts to write (.csv)")
    arguments = parser.parse_args()
    report, predictions = evaluate(
        TfliteRecognizer(arguments.model),
        read_test_table(arguments.sequences),
        arguments.root,
        read_columns(arguments.inference_args),
    )
    report["size_mb"] = Path(arguments.model).stat().st_size / 1e6
    with atomic_path(arguments.predictions) as partial:
        predictions.to_csv(partial, index=False)
    write_json(arguments.out, report)
    print(f"score={report['score']} num_sequences={report['num_sequences']} size_mb={report['size_mb']:.2f}")


if __name__ == "__main__":
    run(main)
