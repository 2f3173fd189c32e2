"""Proves that the file computes what was trained, or says where it does not.

The report of a failure stands beside as parity.failed.json; parity.json means success.
"""

import argparse
import sys
from pathlib import Path

from podium.errors import run
from podium.export.verification import verify
from podium.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="the .tflite file, inference_args.json beside it")
    parser.add_argument("--ports", required=True, nargs="+", help="folders of the seeds' TensorFlow twins")
    parser.add_argument("--weights", required=True, nargs="+", help="the seeds' torch weights, in the same order")
    parser.add_argument("--references", required=True, nargs="+", help="their reference.npz, in the same order")
    help_sequences = "table of sequences; clips come from its split 'test', without any from the references"
    parser.add_argument("--sequences", nargs="?", help=help_sequences)
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--num-clips", required=True, type=int, help="hidden-test clips to read")
    parser.add_argument("--out", required=True, type=Path, help="report to write (.json)")
    arguments = parser.parse_args()
    report, problems = verify(
        arguments.model,
        arguments.ports,
        arguments.weights,
        arguments.references,
        arguments.sequences,
        arguments.root,
        arguments.num_clips,
    )
    failed = arguments.out.with_name(f"{arguments.out.stem}.failed.json")
    write_json(failed if problems else arguments.out, report)
    if problems:
        print(f"parity failed: {'; '.join(problems)}; see {failed}", file=sys.stderr)
        raise SystemExit(1)
    failed.unlink(missing_ok=True)
    file = report["file"]
    counts = " ".join(f"{name}={file[name]}" for name in ("num_clips", "num_dummy", "max_error"))
    print(f"passed=true {counts} num_near_ties={len(file['different_texts'])}")


if __name__ == "__main__":
    run(main)
