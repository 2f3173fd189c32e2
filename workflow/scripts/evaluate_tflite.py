"""Scores each format of the file on the hidden test as a host does: its columns, its signature, its score.

The report is that of the first format, the main file; "formats" holds the scores of all.
"""

import argparse
from pathlib import Path

from podium.errors import run
from podium.export.evaluation import evaluate, read_test_table
from podium.recognise.tflite import TfliteFile
from podium.storage.files import atomic_path, write_json
from podium.systems import part
from podium.systems.files import read_export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", required=True, nargs="+", help="names of the formats")
    parser.add_argument("--models", required=True, nargs="+", help="the .tflite file of each")
    parser.add_argument("--inference-args", required=True, help="what they take and have built in (.json)")
    parser.add_argument("--sequences", required=True, help="table of sequences; those of split 'test' are read")
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--out", required=True, help="report to write (.json)")
    parser.add_argument("--predictions", required=True, help="table of the first format's texts to write (.csv)")
    arguments = parser.parse_args()
    system, settings = read_export(arguments.inference_args)
    answers, plan = part(system, "answers"), part(system, "plan")
    table = read_test_table(arguments.sequences, plan.LABEL)
    outcomes = {}
    for format, model in zip(arguments.formats, arguments.models, strict=True):
        outcomes[format] = evaluate(TfliteFile(model).answer, answers, settings, table, arguments.root, plan.LABEL)
        outcomes[format][0]["size_mb"] = Path(model).stat().st_size / 1e6
    report, predictions = outcomes[arguments.formats[0]]
    keys = [key for key in (*plan.SCORES, "num_unread", "size_mb") if key in report]
    report["formats"] = {format: {key: one[key] for key in keys} for format, (one, _) in outcomes.items()}
    with atomic_path(arguments.predictions) as partial:
        predictions.to_csv(partial, index=False)
    write_json(arguments.out, report)
    print(f"score={report['score']} num_sequences={report['num_sequences']} size_mb={report['size_mb']:.2f}")


if __name__ == "__main__":
    run(main)
