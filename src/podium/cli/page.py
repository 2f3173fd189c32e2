"""``podium page``: the page that reads the webcam and videos in a browser, put together and served."""

import argparse
import sys
from pathlib import Path

from podium.errors import one_line

WORDS = ("page",)
HELP = "open a page that reads the webcam, videos and clips in your browser; no picture leaves this machine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    help_model = "a model_web.tflite, or the folder of its export (the model that comes with Podium)"
    parser.add_argument("--model", type=Path, help=help_model)
    help_task = "a .task file of yours in place of MediaPipe's models"
    parser.add_argument("--task", type=Path, metavar="FILE", help=help_task)
    help_out = "make the page here, for a web server of yours (a folder in your cache)"
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=help_out)
    parser.add_argument("--port", type=_port, default=8000, help="where it is served (8000); 0 takes any that is free")
    parser.add_argument("--no-serve", action="store_true", help="make the folder, and end")


def run(arguments: argparse.Namespace) -> None:
    """Makes the folder, prints where it is served, and serves it until Ctrl-C.

    Raises:
        UserError: The model is none for the page, the folder holds something else, the port is taken, or the network
            is needed once and absent.
    """
    from podium.page.building import build, default_folder
    from podium.page.serving import server

    folder = arguments.out or default_folder()
    if arguments.no_serve:
        build(folder, arguments.model, arguments.task)
        print(folder)
        return
    with server(folder, arguments.port) as serving:  # the port first: nothing is made for a page that cannot be served
        build(folder, arguments.model, arguments.task)
        print(f"http://localhost:{serving.server_port}", flush=True)
        print(f"serving {folder} to this machine alone; Ctrl-C ends it", file=sys.stderr)
        serving.serve_forever()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is no port from 0 to 65535")
    return int(text)
