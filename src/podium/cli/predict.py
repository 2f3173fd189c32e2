"""``podium predict CLIPS… [--model MODEL]``: the texts of clips."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from podium.cli.arguments import count
from podium.cli.landmarks import add_film_arguments
from podium.errors import UserError, printable

if TYPE_CHECKING:
    from podium.data.clip_files import ClipFiles
    from podium.recognise.predictions import Prediction
    from podium.systems.recognizer import Recognizer

WORDS = ("predict",)
HELP = "read clips: videos or landmarks in, text and confidence out"
NUM_NAMED = 10
MODEL_SUFFIXES = (".npz", ".json", ".tflite", ".safetensors")  # of files that lie beside a model
_JSON_BEGINS = b'{\n  "model":'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    help_clips = (
        "videos, folders of numbered pictures, the number of a camera; parquet, npy, csv, .pose or .json files; folders"
        " of all these, or as `podium data inspect` knows them"
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIPS", help=help_clips)
    help_model = (
        ".tflite or .safetensors file, or the folder of one, or of a stage's seeds (the model that comes with Podium)"
    )
    parser.add_argument("--model", type=Path, help=help_model)
    help_format = "plain: name, text, confidence; srt, vtt: subtitles of one video"
    parser.add_argument("--format", choices=("plain", "json", "srt", "vtt"), default="plain", help=help_format)
    parser.add_argument("--threads", type=count, default=1, metavar="N", help="threads that work on one clip (1)")
    help_beam = "keep N beginnings of a text: fewer errors, more time; for trained networks of fingerspelling (1)"
    parser.add_argument("--beam", type=count, default=1, metavar="N", help=help_beam)
    parser.add_argument("--fps", type=float, metavar="RATE", help="frames a second of the clips (the model's own)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write here, not to the terminal")
    add_film_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Prints or writes the texts; says on stderr which clips could not be read, and what is doubtful about others.

    Raises:
        UserError: The model cannot be used, ``--fps`` is no frame rate, a place does not exist or cannot be written, or
            not one clip can be read.
    """
    from podium.landmarks.pictures.opening import is_camera
    from podium.recognise.pretrained import pretrained
    from podium.recognise.subtitles import FORMATS, subtitles
    from podium.storage.files import check_writable, write_text
    from podium.systems.recognizer import Recognizer

    if arguments.out:
        if arguments.out.exists() and not arguments.out.is_file():
            raise UserError(f"--out {arguments.out} is no file; name one, or leave --out away")
        check_writable(arguments.out.parent)
    recognizer = Recognizer(arguments.model or pretrained(), arguments.threads, arguments.beam)
    if recognizer.seeds:
        together = ", ".join(seed.parent.name for seed in recognizer.seeds)
        print(f"{len(recognizer.seeds)} network(s) of {recognizer.path} read together: {together}", file=sys.stderr)
    if arguments.fps is not None:
        recognizer.check_rate(arguments.fps)
    absent = [str(path) for path in arguments.clips if not path.exists() and not is_camera(path)]
    if absent:
        raise UserError(f"{', '.join(absent)}: no such file or folder; nothing was read")
    files = recognizer.answers.open_clips(arguments.clips)
    _prepare_films(files, arguments)
    if arguments.out:
        _spare_inputs(arguments.out.resolve(), recognizer.seeds or (recognizer.path,), files, arguments.clips)
    read, bad = _read(recognizer, files, arguments.fps)
    if not read and not bad:
        raise UserError(f"{', '.join(map(str, arguments.clips))}: no clips in there")
    if not read:
        raise UserError(f"none of {len(bad)} clip(s) can be read; the first: {bad[0].complaint}")
    if arguments.format in FORMATS:
        text = subtitles(read, arguments.format)
    elif arguments.format == "json":
        text = _in_json(recognizer, arguments.beam, read, bad)
    else:
        text = _in_lines(read, recognizer.answers.REASONS)
    if arguments.out:
        write_text(arguments.out, text)
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    if arguments.fps is None and recognizer.frame_rate and not all(file.is_film for file in files):
        rate = f"{recognizer.frame_rate:g} frames a second, the model's"
        print(f"a clip that tells no rate of its own counts as one of {rate}; --fps says another", file=sys.stderr)
    _tell(read, bad, files.passed_over, recognizer.answers.MEANINGS)


def _prepare_films(files: "ClipFiles", arguments: argparse.Namespace) -> None:
    """Says how films are read; asks for subtitles of what has times alone."""
    from podium.cli.film_progress import film_progress
    from podium.recognise.subtitles import FORMATS

    files.films.task, files.films.fps = arguments.task, arguments.fps
    files.films.seconds, files.films.progress = arguments.seconds, film_progress
    if arguments.format in FORMATS and (len(files) != 1 or not files[0].is_film):
        raise UserError(f"--format {arguments.format} is for one video; name one")


def _read(
    recognizer: "Recognizer", files: "ClipFiles", fps: float | None
) -> tuple[list["Prediction"], list["Prediction"]]:
    """The clips that could be read, and those that could not; with a progress bar on a terminal."""
    from tqdm import tqdm

    from podium.recognise.predictions import predict

    total = sum(file.num_clips for file in files)
    hide = not sys.stderr.isatty() or any(file.is_film for file in files)  # films have bars of their own
    with tqdm(predict(recognizer, files, fps), total=total, unit="clip", disable=hide) as bar:
        predictions = list(bar)
    read = [one for one in predictions if one.reading is not None]
    return read, [one for one in predictions if one.reading is None]


def _in_lines(read: list["Prediction"], reasons: Mapping[str, str]) -> str:
    return "".join(f"{one.to_text(reasons)}\n" for one in read)


def _in_json(recognizer: "Recognizer", beam: int, read: list["Prediction"], bad: list["Prediction"]) -> str:
    content = {
        "model": str(recognizer.path),
        **({"seeds": [seed.parent.name for seed in recognizer.seeds]} if recognizer.seeds else {}),
        **({"beam": beam} if beam > 1 else {}),
        "clips": [one.to_json() for one in read],
        "bad": [one.to_json() for one in bad],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _tell(
    read: list["Prediction"], bad: list["Prediction"], passed_over: Counter[str], meanings: Mapping[str, str]
) -> None:
    """Says on stderr what is doubtful, what was passed over, and what could not be read."""
    from podium.data.clip_files import told_of

    for remark, meaning in meanings.items():
        names = [printable(one.name) for one in read if remark in one.reading.remarks]
        more = f" and {len(names) - NUM_NAMED} more" if len(names) > NUM_NAMED else ""
        if names:
            print(f"remark: {len(names)} clip(s): {meaning}: {', '.join(names[:NUM_NAMED])}{more}", file=sys.stderr)
    if passed_over:
        print(f"passed over: {told_of(passed_over)}", file=sys.stderr)
    for one in bad[:NUM_NAMED]:
        print(f"bad clip: {one.complaint}", file=sys.stderr)
    more = f" (the first {NUM_NAMED} are named)" if len(bad) > NUM_NAMED else ""
    print(f"num_read={len(read)} num_bad={len(bad)}{more}", file=sys.stderr)


def _spare_inputs(out: Path, models: Sequence[Path], files: "ClipFiles", places: list[Path]) -> None:
    inputs = [*((model, "the model") for model in models), *((file.path, "one of the clips") for file in files)]
    for path, kind in inputs:
        if path.resolve() == out or out.is_file() and path.resolve() in out.parents:  # a folder of arrays is one
            raise UserError(f"--out {out} is {kind}; name another file")
    is_input = out.suffix.lower() in (*files.suffixes, *MODEL_SUFFIXES)
    is_beside = any(model.parent.resolve() == out.parent for model in models)
    is_among = is_beside or any(place.resolve() in out.parents for place in places)
    may_be_an_answer = not is_among and out.suffix.lower() in (".csv", ".json")
    if out.is_file() and is_input and not (may_be_an_answer or files.is_answer(out) or _is_json_answer(out)):
        raise UserError(f"--out {out} is there already and no answer of an earlier call; name a new file")


def _is_json_answer(path: Path) -> bool:
    """Whether an earlier call may have written it."""
    with open(path, "rb") as stream:
        return stream.read(len(_JSON_BEGINS)) == _JSON_BEGINS
