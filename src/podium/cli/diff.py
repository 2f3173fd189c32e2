"""``podium diff A B``: what differs between two experiments."""

import argparse
import json
from typing import Any

from podium.errors import printable

WORDS = ("diff",)
HELP = "say what differs between two runs: scores, configuration, recipes, code, data, packages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    for name in ("one", "other"):
        parser.add_argument(name, help="manifest.json, an experiment's folder, or its name below results/")
    parser.add_argument("--measured", action="store_true", help="also compare times, memory and machines")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")


def run(arguments: argparse.Namespace) -> None:
    """Prints the differences, or that there are none.

    Raises:
        UserError: One of both has no manifest.
    """
    from podium.report.manifest import by_subject, differences, read_manifest

    found = differences(read_manifest(arguments.one), read_manifest(arguments.other), arguments.measured)
    if arguments.json:
        print(json.dumps([dict(zip(("key", "one", "other"), each, strict=True)) for each in found], indent=2))
        return
    for subject, group in by_subject(found).items():
        print(subject)
        for key, one, other in group:
            values = f"{json.dumps(one, ensure_ascii=False)} | {json.dumps(other, ensure_ascii=False)}"
            print(f"  {printable(key)}: {values}{_change(one, other) if subject == 'scores' else ''}")
    if not found:
        print("no difference" if arguments.measured else "no difference but for times and machines (--measured)")


def _change(one: Any, other: Any) -> str:
    """By how much a number differs."""
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return f" ({other - one:+.4g})" if are_numbers else ""
