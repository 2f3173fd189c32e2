"""Puts all seeds into one TFLite file per format, with what they take and have built in beside them."""

import argparse
from functools import partial
from pathlib import Path

from podium.errors import run
from podium.export.clips import calibration_clips
from podium.export.formats import MAKERS, check_size, make_files
from podium.export.twins import load_twin
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import atomic_path, read_json, write_json
from podium.systems import part
from podium.systems.files import parse_settings, read_recipes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", required=True, nargs="+", type=Path, help="folders of the seeds' TensorFlow twins")
    parser.add_argument("--inference-args", required=True, type=Path, help="what the dataset says of inputs (.json)")
    parser.add_argument("--settings", required=True, nargs="*", metavar="KEY=VALUE", help="what the file has built in")
    help_data = "dataset folder with index.parquet and shards/, for graphs that int8 calibrates on clips"
    parser.add_argument("--data", type=Path, help=help_data)
    help_reference = "a seed's reference.npz, whose clips do where there is no data"
    parser.add_argument("--reference", type=Path, help=help_reference)
    parser.add_argument("--frame-rate", type=float, help="frames a second of the clips that the networks know")
    parser.add_argument("--formats", required=True, nargs="+", choices=MAKERS, help="how weights are stored")
    parser.add_argument(
        "--models", required=True, nargs="+", type=Path, help=f"a file per format; {SETTINGS_FILE} goes beside them"
    )
    arguments = parser.parse_args()
    system, recipes = read_recipes([folder / "recipe.json" for folder in arguments.ports])
    of_inputs, settings = read_json(arguments.inference_args), parse_settings(system, arguments.settings)
    part(system, "answers").check_settings(of_inputs, arguments.inference_args)
    twins = [load_twin(folder, partial(part, system)) for folder in arguments.ports]
    graph = part(system, "twin").assemble(twins, settings)
    if "int8" in arguments.formats and graph.num_calibration_clips:
        graph.calibration = calibration_clips(
            part(system, "samples"), recipes[0], arguments.data, arguments.reference, graph.num_calibration_clips
        )
    sizes = {}
    contents = make_files(graph, arguments.formats)
    for format, path, content in zip(arguments.formats, arguments.models, contents, strict=True):
        check_size(content, format, graph.max_bytes)
        with atomic_path(path) as partial_file:
            partial_file.write_bytes(content)
        sizes[format] = len(content) / 1e6
    told = {"system": system, **of_inputs, **settings, "frame_rate": arguments.frame_rate}
    write_json(arguments.models[0].with_name(SETTINGS_FILE), told)
    print(f"num_seeds={len(twins)}", *(f"{format}_mb={size:.2f}" for format, size in sizes.items()))


if __name__ == "__main__":
    run(main)
