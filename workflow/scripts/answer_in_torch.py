"""Reads the clips of the parity check in torch, all seeds together: what the file must answer."""

import argparse

import torch

from podium.errors import UserError, run
from podium.export.answers import answer_all, write_answers
from podium.export.clips import parity_clips
from podium.storage.npy import read_npz
from podium.systems import part
from podium.systems.files import parse_settings, read_recipes
from podium.training.weights import load_network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, nargs="+", help="weights of the seeds (.safetensors)")
    parser.add_argument("--recipes", required=True, nargs="+", help="recipe.json of each training, in the same order")
    parser.add_argument("--reference", required=True, help="a seed's reference.npz, read if there is no hidden test")
    help_sequences = "table of sequences; clips come from its split 'test', without any from the reference"
    parser.add_argument("--sequences", nargs="?", help=help_sequences)
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--num-clips", required=True, type=int, help="hidden-test clips to read")
    parser.add_argument("--settings", required=True, nargs="*", metavar="KEY=VALUE", help="what the file has built in")
    parser.add_argument("--out", required=True, help="answers to write (.npz)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # clips one by one: more threads only get in each other's way
    if len(arguments.models) != len(arguments.recipes):
        raise UserError("give a recipe for every model")
    system, recipes = read_recipes(arguments.recipes)
    settings, learner = parse_settings(system, arguments.settings), part(system, "learner")
    networks = [load_network(path, learner, recipe) for path, recipe in zip(arguments.models, recipes, strict=True)]
    assembly = learner.assemble(networks, recipes, settings)
    clips = parity_clips(
        reference=read_npz(arguments.reference),
        sequences=arguments.sequences,
        root=arguments.root,
        num_clips=arguments.num_clips,
        answers=part(system, "answers"),
        settings=settings,
        recipe=recipes[0],
        label=part(system, "plan").LABEL,
    )
    write_answers(arguments.out, clips, answer_all(assembly.inside, clips))
    print(f"num_networks={len(networks)} num_clips={len(clips)}")


if __name__ == "__main__":
    run(main)
