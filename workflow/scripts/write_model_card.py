"""Writes what the exported file is: inputs, outputs, thresholds, training data, seeds, code, score, licence."""

import argparse
from pathlib import Path

from podium.config import load
from podium.errors import run
from podium.export.card import model_card
from podium.storage.files import read_json, write_json
from podium.systems import part
from podium.systems.files import read_export


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the experiment")
    parser.add_argument("--models", required=True, nargs="+", type=Path, help="files that the card is about")
    parser.add_argument("--inference-args", required=True, help="what the files take and have built in (.json)")
    parser.add_argument("--parity", required=True, help="parity.json")
    parser.add_argument("--recipes", required=True, nargs="+", help="recipe.json of each network in the file")
    parser.add_argument("--manifest", nargs="?", help="of the training data; without it, weights were imported")
    parser.add_argument("--dataset", required=True, help="its file: title, address and licence may have been corrected")
    parser.add_argument("--evaluation", nargs="?", help="evaluation.json, if something was scored")
    parser.add_argument("--out", required=True, help="the card (.json)")
    arguments = parser.parse_args()
    manifest = read_json(arguments.manifest) if arguments.manifest else None
    system, settings = read_export(arguments.inference_args)
    plan = part(system, "plan")
    dataset = load(plan.Dataset, arguments.dataset)
    if manifest:
        manifest["dataset"] |= dataset.description()
    card = model_card(
        name=arguments.name,
        answers=part(system, "answers"),
        models=arguments.models,
        settings=settings,
        parity=read_json(arguments.parity),
        recipes=[read_json(recipe) for recipe in arguments.recipes],
        manifest=manifest,
        evaluation=read_json(arguments.evaluation) if arguments.evaluation else None,
        is_data_ours=plan.SOURCES[dataset.source.kind].is_generated,
    )
    write_json(arguments.out, card)
    print(f"num_files={len(card['files'])} num_networks={len(card['networks'])}")


if __name__ == "__main__":
    run(main)
