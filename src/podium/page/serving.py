"""Serves a folder to this machine alone. Browsers allow a camera on https pages and here."""

import errno
import http.server
import mimetypes
from functools import partial
from pathlib import Path

from podium.errors import UserError

HOST = "127.0.0.1"
KINDS = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}


class _Handler(http.server.SimpleHTTPRequestHandler):
    # Whatever the system's own tables say: browsers take no script of another type.
    extensions_map = {**mimetypes.types_map, "": "application/octet-stream", **KINDS}

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # the page may have been made anew
        super().end_headers()

    def log_message(self, *_) -> None:
        pass


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server that has its port and waits for ``serve_forever``.

    Args:
        port: 0 takes any that is free.

    Raises:
        UserError: The port is taken or not allowed.
    """
    try:
        return http.server.ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise UserError(f"port {port} cannot be used ({error.strerror.lower()}); name another with --port") from None
