"""Puts all seeds into one TFLite file, with the list of its input columns beside it."""

import argparse
from pathlib import Path

from podium.errors import run
from podium.export.evaluation import read_columns
from podium.export.tflite import Ensemble, convert
from podium.export.twins import load_twin
from podium.files import atomic_path, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", required=True, nargs="+", help="folders of the seeds' TensorFlow twins")
    parser.add_argument("--inference-args", required=True, help="list of the input columns (.json)")
    parser.add_argument("--min-frames", required=True, type=int, help="shorter clips get the dummy phrase")
    parser.add_argument("--min-confidence", required=True, type=float, help="so do clips with less confidence")
    parser.add_argument("--out", required=True, type=Path, help="the .tflite file; inference_args.json goes beside it")
    arguments = parser.parse_args()
    columns = read_columns(arguments.inference_args)
    twins = [load_twin(folder) for folder in arguments.ports]
    content = convert(Ensemble(twins, arguments.min_frames, arguments.min_confidence))
    with atomic_path(arguments.out) as partial:
        partial.write_bytes(content)
    settings = {"min_frames": arguments.min_frames, "min_confidence": arguments.min_confidence}
    write_json(arguments.out.with_name("inference_args.json"), {"selected_columns": columns, **settings})
    print(f"num_seeds={len(twins)} size_mb={len(content) / 1e6:.2f}")


if __name__ == "__main__":
    run(main)
