"""Proves that the files compute what was trained, or says where they do not.

The report of a failure stands beside as parity.failed.json; parity.json means success.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from podium.errors import run
from podium.export.comparing import TOLERANCES
from podium.export.verification import verify
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import write_json
from podium.systems import part
from podium.systems.files import read_export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formats", required=True, nargs="+", choices=TOLERANCES, help="names of the formats")
    parser.add_argument("--models", required=True, nargs="+", help=f"their .tflite files, {SETTINGS_FILE} beside")
    parser.add_argument("--ports", required=True, nargs="+", help="folders of the seeds' TensorFlow twins")
    parser.add_argument("--weights", required=True, nargs="+", help="the seeds' torch weights, in the same order")
    parser.add_argument("--references", required=True, nargs="+", help="their reference.npz, in the same order")
    parser.add_argument("--answers", required=True, help="what torch says of the clips (.npz)")
    help_sequences = "table of sequences; clips come from its split 'test', without any from the references"
    parser.add_argument("--sequences", nargs="?", help=help_sequences)
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--num-clips", required=True, type=int, help="hidden-test clips to read")
    parser.add_argument("--out", required=True, type=Path, help="report to write (.json)")
    arguments = parser.parse_args()
    system, settings = read_export(Path(arguments.models[0]).with_name(SETTINGS_FILE))
    report, problems = verify(
        models=dict(zip(arguments.formats, arguments.models, strict=True)),
        ports=arguments.ports,
        weights=arguments.weights,
        references=arguments.references,
        answers=arguments.answers,
        sequences=arguments.sequences,
        root=arguments.root,
        num_clips=arguments.num_clips,
        settings=settings,
        part=partial(part, system),
    )
    failed = arguments.out.with_name(f"{arguments.out.stem}.failed.json")
    write_json(failed if problems else arguments.out, report)
    if problems:
        print(f"parity failed: {'; '.join(problems)}; see {failed}", file=sys.stderr)
        raise SystemExit(1)
    failed.unlink(missing_ok=True)
    formats = report["formats"]
    errors = " ".join(f"error_{name}={one['max_error']:.1e}" for name, one in formats.items())
    num_ties = sum(len(one["ties"]) for one in formats.values())
    print(f"passed=true num_clips={formats['tensorflow']['num_clips']} num_ties={num_ties} {errors}")


if __name__ == "__main__":
    run(main)
