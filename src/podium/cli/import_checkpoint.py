"""``podium import-checkpoint FILE``: weights of the 1st-place solution in place of a training of ours."""

import argparse
import sys
from pathlib import Path

from podium.errors import MAX_MESSAGE, UserError, natural

WORDS = ("import-checkpoint",)
HELP = "turn a checkpoint of the 1st-place solution into a network that can be exported"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("checkpoint", type=Path, help=".pth ({'model': state dict}), or a state dict as .npz")
    parser.add_argument("--recipe", required=True, help="recipe of the network: a YAML file, or its name")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER/model.safetensors", help="weights to write")
    help_problems = "where the checkpoint does not fit the recipe: write all that is wrong here, one per line"
    parser.add_argument("--problems", type=Path, metavar="FILE", help=help_problems)
    parser.add_argument("--seed", type=natural, default=0, help="what recipe.json is to say (0)")


def run(arguments: argparse.Namespace) -> None:
    """Writes the weights, and beside them what an export needs.

    Raises:
        UserError: The checkpoint cannot be used; nothing is written then but the list of problems.
    """
    from podium.config import load_recipe
    from podium.files import write_text
    from podium.importing import MisfitError, import_checkpoint
    from podium.workflow import named_yaml

    recipe_file = Path(named_yaml("config/recipes", arguments.recipe))
    if not recipe_file.parent.is_dir():
        raise UserError(f"--recipe: {recipe_file} does not exist here; name a file, or run in Podium's folder")
    recipe = load_recipe(recipe_file)
    try:
        counts = import_checkpoint(arguments.checkpoint, recipe, arguments.seed, arguments.out)
    except MisfitError as error:
        if arguments.problems:
            write_text(arguments.problems, "".join(f"{problem}\n" for problem in error.problems))
        elif len(str(error)) > MAX_MESSAGE:
            raise UserError(f"{error}; --problems FILE writes them all") from None
        raise
    print(" ".join(f"{name}={number}" for name, number in counts.items()), f"out={arguments.out}")
    if recipe.model.choices.confidence_pooling == "corrected":
        remark = "the original's confidence head reads frame 0 alone; choices.confidence_pooling should be 'published'"
        print(f"remark: {remark}", file=sys.stderr)
