"""Reads the clips of the parity check in torch, all seeds together: what the file must answer."""

import argparse
import json

import torch

from podium.errors import UserError, run
from podium.export.answers import answer_all, write_answers
from podium.export.clips import parity_clips
from podium.recognise.inference import read_recipe
from podium.storage.npy import read_npz
from podium.systems.fingerspelling import learner
from podium.systems.fingerspelling.ensemble import Ensemble
from podium.training.weights import load_network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", required=True, nargs="+", help="weights of the seeds (.safetensors)")
    parser.add_argument("--recipes", required=True, nargs="+", help="recipe.json of each training, in the same order")
    parser.add_argument("--reference", required=True, help="a seed's reference.npz, read where there is no hidden test")
    help_sequences = "table of sequences; clips come from its split 'test', without any from the reference"
    parser.add_argument("--sequences", nargs="?", help=help_sequences)
    parser.add_argument("--root", required=True, help="folder of the raw files, which the table's paths start from")
    parser.add_argument("--num-clips", required=True, type=int, help="hidden-test clips to read")
    parser.add_argument("--settings", required=True, type=json.loads, help="what the file has built in, as JSON")
    parser.add_argument("--out", required=True, help="answers to write (.npz)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # clips one by one: more threads only get in each other's way
    recipes = [read_recipe(path) for path in arguments.recipes]
    if len(arguments.models) != len(recipes) or len({recipe.data.max_frames for recipe in recipes}) != 1:
        raise UserError("give a recipe for every model, all with the same data.max_frames")
    max_frames = recipes[0].data.max_frames
    networks = [load_network(path, learner, recipe) for path, recipe in zip(arguments.models, recipes, strict=True)]
    ensemble = Ensemble(networks, max_frames, **arguments.settings)
    reference = read_npz(arguments.reference)
    clips = parity_clips(
        reference, arguments.sequences, arguments.root, arguments.num_clips, ensemble.min_frames, max_frames
    )
    write_answers(arguments.out, clips, answer_all(ensemble.inside, clips))
    print(f"num_networks={len(networks)} num_clips={len(clips)}")


if __name__ == "__main__":
    run(main)
