"""Puts all seeds into one TFLite file per format, with the list of their input columns beside them."""

import argparse
import json
from pathlib import Path

from podium.errors import run
from podium.export.evaluation import read_columns
from podium.export.formats import MAKERS
from podium.export.graph import Ensemble
from podium.export.twins import load_twin
from podium.storage.files import atomic_path, write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", required=True, nargs="+", help="folders of the seeds' TensorFlow twins")
    parser.add_argument("--inference-args", required=True, help="list of the input columns (.json)")
    parser.add_argument("--settings", required=True, type=json.loads, help="what the file has built in, as JSON")
    parser.add_argument("--frame-rate", type=float, help="frames a second of the clips that the networks know")
    parser.add_argument("--formats", required=True, nargs="+", choices=MAKERS, help="how weights are stored")
    parser.add_argument(
        "--models", required=True, nargs="+", type=Path, help="a file per format; inference_args.json goes beside them"
    )
    arguments = parser.parse_args()
    columns = read_columns(arguments.inference_args)
    twins = [load_twin(folder) for folder in arguments.ports]
    ensemble = Ensemble(twins, arguments.settings["min_frames"], arguments.settings["min_confidence"])
    sizes = {}
    for format, path in zip(arguments.formats, arguments.models, strict=True):
        content = MAKERS[format](ensemble)
        with atomic_path(path) as partial:
            partial.write_bytes(content)
        sizes[format] = len(content) / 1e6
    settings = {**arguments.settings, "frame_rate": arguments.frame_rate}
    write_json(arguments.models[0].with_name("inference_args.json"), {"selected_columns": columns, **settings})
    print(f"num_seeds={len(twins)}", *(f"{format}_mb={size:.2f}" for format, size in sizes.items()))


if __name__ == "__main__":
    run(main)
