"""``podium keep STAGE``: a change that is known to be neutral makes nothing anew."""

import argparse
from pathlib import Path

from podium.errors import UserError

WORDS = ("keep",)
HELP = "take a change that you know to be neutral for no change: what a stage has made stays"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help="as in a plan's reasons; without any, lists what has changed"
    )
    help_file = "the experiment, as for snakemake (config/config.yaml); of several, later ones win"
    parser.add_argument("--configfile", type=Path, action="append", metavar="FILE", help=help_file)
    parser.add_argument("--undo", action="store_true", help="forget that the stages are kept")


def run(arguments: argparse.Namespace) -> None:
    """Keeps stages, in the order of the plan, and says what is taken for neutral; or lists what could be kept.

    Raises:
        UserError: A file is absent or wrong, or there is nothing to keep or to undo.
    """
    from podium.plan import keep
    from podium.plan.opening import fingerprints_of, open_plan
    from podium.plan.stages import load_experiment

    if not Path("workflow/scripts").is_dir():
        raise UserError("podium keep works in Podium's folder, where snakemake runs; go there")
    files = arguments.configfile or [Path("config/config.yaml")]
    plan, source, fingerprints, _ = open_plan(load_experiment(*files), files)
    folders = (plan.data, plan.results)
    if arguments.undo:
        if not arguments.stages:
            raise UserError("name the stages whose change counts again")
        for stage in arguments.stages:
            keep.undo(stage, folders)
            print(f"{stage}: its change counts again")
        return
    if not arguments.stages:
        changed = keep.changed(fingerprints, folders)
        kept = {stage: entry for folder in folders for stage, entry in keep.read_kept(folder).items()}
        for stage, words in changed.items():
            print(f"{stage}: {'; '.join(words)}")
        for stage, entry in kept.items():
            print(f"{stage} is kept: {'; '.join(entry['changes'])}")
        if not changed and not kept:
            print("no stage has changed since its files were made, and none is kept")
        return
    order = list(fingerprints.by_name())
    for stage in sorted(arguments.stages, key=lambda stage: order.index(stage) if stage in order else -1):
        changes = keep.keep(stage, lambda: fingerprints_of(plan, source), folders)
        print(f"{stage} is kept: {'; '.join(changes)}")
