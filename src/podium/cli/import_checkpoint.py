"""``podium import-checkpoint FILE``: weights that others have trained, in place of a training of ours."""

import argparse
import sys
from pathlib import Path

from podium.cli.arguments import add_recipe, named_recipe
from podium.errors import MAX_MESSAGE, MisfitError, UserError, natural, one_line, printable

WORDS = ("import-checkpoint",)
HELP = "turn a winner's published checkpoint into a network that can be exported"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("checkpoint", type=Path, help="PyTorch file, or state dict as .npz or .safetensors")
    add_recipe(parser, "recipe of the network")
    help_weights = "which set of weights to take if the file holds several, for example 'ema' (model)"
    parser.add_argument("--weights", metavar="NAME", help=help_weights)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER/model.safetensors", help="weights to write")
    help_problems = "where the checkpoint does not fit the recipe: write all that is wrong here, one per line"
    parser.add_argument("--problems", type=Path, metavar="FILE", help=help_problems)
    parser.add_argument("--seed", type=natural, default=0, help="what recipe.json is to say (0)")


def run(arguments: argparse.Namespace) -> None:
    """Writes the weights, and beside them what an export needs.

    Raises:
        UserError: The checkpoint cannot be used; nothing is written then but the list of problems.
    """
    from podium.storage.files import write_text
    from podium.systems import part

    system, recipe = named_recipe(arguments.recipe, arguments.system)
    learner = part(system, "learner")
    if not hasattr(learner, "import_checkpoint"):
        raise UserError(f"--recipe is one of {system}, whose published checkpoints Podium does not read; train it")
    try:
        imported = learner.import_checkpoint(
            arguments.checkpoint, recipe, arguments.seed, arguments.out, arguments.weights
        )
    except MisfitError as error:
        if arguments.problems:
            write_text(arguments.problems, "".join(f"{problem}\n" for problem in error.problems))
        elif len(str(error)) > MAX_MESSAGE:
            raise UserError(f"{error}; --problems FILE writes them all") from None
        raise
    print(
        f"num_tensors={imported.num_tensors} num_values={imported.num_values} weights={printable(imported.weights)}"
        f" out={arguments.out}"
    )
    for remark in imported.remarks:
        print(f"remark: {one_line(remark)}", file=sys.stderr)
