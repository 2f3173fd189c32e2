"""``podium data inspect FOLDER``: what is in a folder of landmarks, as numbers and as a picture of one sequence."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from podium.cli.arguments import count
from podium.errors import UserError, printable

if TYPE_CHECKING:
    from podium.landmarks.inspect.inspection import Inspection

WORDS = ("data", "inspect")
HELP = "print what is in a raw or prepared folder of landmarks, and draw one of its sequences"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("--system", help="the recogniser that the data is for (whose labels the tables hold)")
    parser.add_argument("folder", type=Path, help="raw (csv and parquet), prepared (or its shards), or npy files")
    parser.add_argument("--max-files", type=count, metavar="N", help="landmark files to read of each split (all)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")
    parser.add_argument("--film", type=Path, metavar="OUT.png", help="draw one sequence (png, jpg, gif)")
    parser.add_argument("--sequence", type=int, metavar="ID", help="the sequence to draw (one of median length)")
    parser.add_argument("--num-frames", type=count, default=12, metavar="N", help="frames in the picture (12)")


def run(arguments: argparse.Namespace) -> None:
    """Prints the report, and writes the picture if one is asked for.

    Raises:
        UserError: The picture cannot be written or the folder is none that can be inspected, which is told before
            anything is read; or there is no such sequence to draw, which is told after the report.
    """
    from podium.landmarks.inspect.film import MAX_FRAMES, check_place, choose, draw
    from podium.landmarks.inspect.folders import open_folder
    from podium.landmarks.inspect.survey import survey

    inspection = _inspection(arguments.system, arguments.folder)
    if arguments.sequence is not None and arguments.film is None:
        raise UserError("--sequence says what to draw; add --film OUT.png")
    if arguments.num_frames > MAX_FRAMES:
        raise UserError(f"--num-frames {arguments.num_frames} is more than a picture holds; at most {MAX_FRAMES}")
    if arguments.film:
        check_place(arguments.film)
    folder = open_folder(arguments.folder, inspection)
    report, clips = survey(folder, inspection, arguments.max_files)
    try:
        if arguments.film:
            choice = choose(folder, clips, inspection.labels.column, arguments.sequence)
            draw(choice, arguments.film, arguments.num_frames, inspection)
            report["film"] = {"path": str(arguments.film), "split": choice.split, "sequence_id": choice.sequence_id}
    finally:  # reading may have taken long: the report is printed whatever becomes of the picture
        _print(report, arguments.json, inspection)


def _inspection(system: str | None, folder: Path) -> "Inspection":
    """What an inspection must know of a system: the named one, or the first whose labels the tables hold.

    Raises:
        UserError: There is no such system, or its clips are something else.
    """
    from podium.landmarks.inspect.layouts import table_columns
    from podium.systems import names, part

    plans = {name: part(name, "plan") for name in ([system] if system else names())}
    known = [plan.inspection() for plan in plans.values() if hasattr(plan, "inspection")]
    if not known:
        raise UserError(f"--system {system}: its clips are no landmarks; only landmarks can be inspected")
    columns = table_columns(folder)
    return next((one for one in known if one.labels.column in columns), known[0])


def _print(report: dict, as_json: bool, inspection: "Inspection") -> None:
    from podium.landmarks.inspect.text import lines

    if as_json:
        text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    else:
        text = "\n".join(map(printable, lines(report, inspection.labels)))
    print(text, flush=True)  # ahead of an error's line
