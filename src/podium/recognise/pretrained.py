"""The model that comes with Podium: where it lies, and how an export becomes it.

    python -m podium.recognise.pretrained results/live/export

`make model` trains it and calls this. What lies in ``in_the_box`` is ours: our own weights, from our own corpus.
"""

import shutil
import sys
from pathlib import Path

from podium.errors import UserError, run
from podium.recognise.card import NAME as CARD
from podium.recognise.card import card_problem
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import atomic_path, read_json

FOLDER = Path(__file__).parent / "in_the_box"
MODEL, WEB = "model.tflite", "model_web.tflite"
FILES = (MODEL, WEB, SETTINGS_FILE, CARD)
MAX_MB = 4.0  # of each file: a package is fetched more often than it is used


def pretrained() -> Path:
    """The ``.tflite`` file that comes with Podium; its settings, its card and the file for browsers lie beside it.

    Raises:
        UserError: This copy of Podium has none, or not all of its files.
    """
    if not all((FOLDER / name).is_file() for name in FILES):
        made = "such as results/demo/export, which `make run` makes"
        raise UserError(f"this copy of Podium comes without a model; name one with --model, {made}")
    return FOLDER / MODEL


def put_into_box(export: Path, folder: Path = FOLDER) -> None:
    """Copies an export's files into the package, whole or not at all, the card last.

    Raises:
        UserError: A file is missing, too large or not the card's, or the export has not passed its proof.
    """
    missing = [name for name in (*FILES, "parity.json") if not (export / name).is_file()]
    if missing:
        raise UserError(f"{export} lacks {', '.join(missing)}; export the model with all its checks first")
    for name in (MODEL, WEB):
        if problem := card_problem(export / name):
            raise UserError(problem)
        if (size_mb := (export / name).stat().st_size / 1e6) > MAX_MB:
            raise UserError(f"{export / name} has {size_mb:.1f} MB; at most {MAX_MB:g} MB go into the package")
    if not read_json(export / "parity.json", "passed")["passed"]:
        raise UserError(f"{export / 'parity.json'} says that the proof has failed; nothing was copied")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)  # a card that describes half of the files would be believed
    for name in FILES:
        with atomic_path(folder / name) as partial:
            shutil.copyfile(export / name, partial)


def main() -> None:
    """Takes the folder of an export."""
    if len(sys.argv) != 2:
        raise UserError("name the folder of one export, such as results/live/export")
    put_into_box(Path(sys.argv[1]))
    print(f"{sys.argv[1]} is now the model that comes with Podium: {FOLDER}")


if __name__ == "__main__":
    run(main)
