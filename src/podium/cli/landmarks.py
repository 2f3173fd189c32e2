"""``podium landmarks FILMS… --out FOLDER``: videos in, landmarks out."""

import argparse
import sys
from pathlib import Path

from podium.cli.arguments import rate, seconds
from podium.errors import UserError, one_line, printable

WORDS = ("landmarks",)
HELP = "find the landmarks in videos with MediaPipe Holistic: one parquet file per video"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    help_films = "videos (mp4, mov, webm, gif …), folders of them, folders of numbered pictures, .pose and .json files"
    parser.add_argument("films", nargs="+", type=Path, metavar="VIDEO", help=f"{help_films}, or the number of a camera")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the parquet files go")
    add_film_arguments(parser)
    parser.add_argument("--fps", type=rate, metavar="RATE", help="pictures a second of a folder of pictures (30)")


def add_film_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what every command that reads films takes."""
    parser.add_argument(
        "--task", type=Path, metavar="FILE", help="a .task file of yours in place of MediaPipe's models"
    )
    parser.add_argument("--seconds", type=seconds, metavar="N", help="how long a camera is watched (until Ctrl-C)")


def run(arguments: argparse.Namespace) -> None:
    """Writes the files, and prints a line for each; says on stderr which films could not be read.

    Raises:
        UserError: A place does not exist or cannot be written, two films would get the same file, the models cannot be
            had, or not one film can be read.
    """
    from podium.landmarks.pictures.task_file import holistic_task
    from podium.storage.files import check_writable

    if arguments.out.exists() and not arguments.out.is_dir():
        raise UserError(f"--out {arguments.out} is a file; name a folder")
    check_writable(arguments.out)
    places = _places(_films(arguments.films), arguments.out)
    task = holistic_task(arguments.task)
    problems = []
    for film, place in places.items():
        try:
            print(_write(film, place, task, arguments), flush=True)
        except UserError as error:
            told = one_line(error)
            problems.append(told if told.startswith(str(film)) else f"{film}: {told}")
            if len(places) > 1:
                print(f"bad video: {problems[-1]}", file=sys.stderr)
    if len(problems) == len(places):
        raise UserError(problems[0] if len(places) == 1 else f"none of {len(places)} videos can be read")


def _write(film: Path, place: Path, task: Path, arguments: argparse.Namespace) -> str:
    """Writes the landmarks of a film; returns what is to be said of them."""
    from podium.cli.film_progress import film_progress
    from podium.landmarks.clip_films import NOBODY, remarks_of
    from podium.landmarks.film_table import write_film
    from podium.landmarks.foreign import SUFFIXES, read_foreign
    from podium.landmarks.pictures.finding import find_landmarks
    from podium.landmarks.pictures.opening import open_film
    from podium.landmarks.remarks import MEANINGS

    if film.suffix.lower() in SUFFIXES:
        given = read_foreign(film)
        if given.rate is None and arguments.fps is None:
            raise UserError(f"{film} does not tell its rate; add --fps")
        used = arguments.fps or given.rate
        number, remarks = write_film(place, given.x_TLC, used), given.remarks
        seen = ""
    else:
        opened = open_film(film, arguments.fps, arguments.seconds)
        used = opened.rate
        with film_progress(opened) as done:
            number = write_film(place, find_landmarks(opened, task, done, NOBODY), used)
        remarks = remarks_of(opened)
        seen = f" ({opened.account.num_lone} of {opened.account.num_pictures} pictures)"
    for remark in remarks:
        print(f"remark: {film}: {MEANINGS[remark]}{seen if remark == 'lone_hands' else ''}", file=sys.stderr)
    return f"{printable(str(place))}\t{number} frames\t{used:g} a second"


def _films(given: list[Path]) -> list[Path]:
    from podium.landmarks.foreign import SUFFIXES
    from podium.landmarks.pictures.opening import is_camera, is_film

    films = []
    for path in given:
        if path.is_dir() and not is_film(path):
            found = sorted(one for one in path.rglob("*") if one.is_file() and is_film(one) and one.name[0] != ".")
            if not found:
                raise UserError(f"{path} holds neither videos nor numbered pictures; name another folder")
            films += found
        elif is_film(path) or is_camera(path) or path.suffix.lower() in SUFFIXES:
            films.append(path)
        elif path.exists():
            raise UserError(f"{path} is no video; name one, a folder of pictures, or the number of a camera")
        else:
            raise UserError(f"{path} does not exist; name a video, a folder of pictures, or the number of a camera")
    return films


def _places(films: list[Path], out: Path) -> dict[Path, Path]:
    places: dict[Path, Path] = {}
    for film in films:
        name = film.resolve().name if film.is_dir() else film.stem
        place = out / f"{f'camera{name}' if name.isdecimal() and not film.exists() else name}.parquet"
        if place in places.values():
            raise UserError(f"{film} and another one would both become {place}; rename one")
        places[film] = place
    return places
