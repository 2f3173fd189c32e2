"""``podium``: puts the commands of this room under one name.

A further command is one more file here, listed in `COMMANDS`. It says its ``WORDS`` on the command line and its
``HELP``, and has ``add_arguments(parser)`` and ``run(arguments)``. All are imported whenever any is called, so each
imports what is large inside ``run``.
"""

import argparse
import os
import re
import sys
from difflib import get_close_matches

import podium
from podium import errors
from podium.cli import data_inspect, diff, import_checkpoint, info, keep, landmarks, page, predict, report, try_recipe
from podium.errors import one_line

COMMANDS = (predict, page, landmarks, info, report, diff, keep, data_inspect, try_recipe, import_checkpoint)
GROUPS = {"data": "look at folders of landmarks"}  # first words that several commands share


def main() -> None:
    """Runs the command that the command line names."""
    sys.stdout.reconfigure(errors="backslashreplace")  # texts may hold what the terminal cannot show
    arguments, unknown = _parser().parse_known_args()
    if unknown:
        arguments.parser.error(f"unknown: {' '.join(map(one_line, unknown))}{_meant(arguments.parser, unknown)}")
    try:
        errors.run(lambda: arguments.run(arguments))
        sys.stdout.flush()
    except BrokenPipeError:  # whoever was reading has seen enough, as in `podium … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="podium", description=podium.__doc__)
    parser.add_argument("--version", action="version", version=f"podium {podium.__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    groups = {
        word: commands.add_parser(word, help=text, description=text).add_subparsers(required=True, metavar="command")
        for word, text in GROUPS.items()
    }
    for command in COMMANDS:
        *group, name = command.WORDS
        place = groups[group[0]] if group else commands
        own = place.add_parser(name, help=command.HELP, description=command.HELP)
        command.add_arguments(own)
        own.set_defaults(run=command.run, parser=own)
    return parser


def _meant(parser: argparse.ArgumentParser, unknown: list[str]) -> str:
    """Names the option that the first unknown one is probably meant to be."""
    options = re.findall(r"--[\w-]+", parser.format_help())
    found = get_close_matches(unknown[0].partition("=")[0], options, n=1)
    return f"; did you mean {found[0]}?" if found else ""
