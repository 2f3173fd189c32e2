"""Serves a folder to a browser of the tests, and takes what a page sends back."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Queue

from chromium import CHROMIUM, FLAGS

from podium.page.serving import KINDS

TIMEOUT_S = 300


@contextmanager
def served(folder: Path, answers: Queue[dict] | None = None) -> Iterator[str]:
    """The address of a server of the folder."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **KINDS}

        def do_POST(self):
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):  # a browser that is ended hangs up
            pass

    with Server(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def answer_of(site: Path, page: str, profile: Path, *flags: str) -> dict:
    """What a page of the site sends back."""
    answers: Queue[dict] = Queue()
    with served(site, answers) as address:
        command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", f"{address}/{page}"]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return answers.get(timeout=TIMEOUT_S)
        finally:
            browser.kill()
            browser.wait()


def or_skip(make, skip):
    """What is made; skips without a network, but not in CI."""
    from podium.errors import UserError

    try:
        return make()
    except UserError as error:
        if os.environ.get("CI"):
            raise
        skip(str(error))
