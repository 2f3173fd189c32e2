"""``podium report A [B]``: a page of pictures of one experiment, or of two beside each other."""

import argparse
from pathlib import Path

WORDS = ("report",)
HELP = "write a page of pictures of what an experiment has come to, or of two side by side"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("one", help="an experiment's folder, its name below results/, or its manifest.json")
    parser.add_argument("other", nargs="?", help="another one, to lay beside it")
    parser.add_argument("--out", type=Path, help="the page (report/report.html in the experiment's folder)")


def run(arguments: argparse.Namespace) -> None:
    """Writes the page, and prints where it is.

    Raises:
        UserError: An experiment has no manifest.
    """
    from podium.report.report import write_report, write_report_of_two

    if arguments.other is None:
        print(write_report(arguments.one, arguments.out))
    else:
        print(write_report_of_two(arguments.one, arguments.other, arguments.out))
