"""A loopback server that the real Kaggle client takes for Kaggle: its API, and the storage that the API points to.

The client reaches it as a proxy: ``KAGGLE_API_ENVIRONMENT=LOCALHOST``, ``http_proxy``.
"""

import base64
import json
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "KGAT_a1b2c3d4e5f6"
REFRESH_TOKEN = "KGRT_f6e5d4c3b2a1"
USER, KEY = "ada", "0123456789abcdef"
BASIC = base64.b64encode(f"{USER}:{KEY}".encode()).decode()
SIGNATURE = "X-Goog-Signature=5ec3e7f00d"
_LAST_MODIFIED = formatdate(1_690_000_000, usegmt=True)
_ALLOWED = {f"Bearer {TOKEN}", f"Basic {BASIC}"}


@dataclass
class Request:
    """What arrived, and what was sent in return."""

    method: str
    path: str
    authorization: str
    range: str
    body: dict
    status: int = 0
    num_sent: int = 0


@dataclass
class KaggleServer:
    """Answers as scripted.

    Attributes:
        files: What the storage holds: name → content. A competition's archive is ``{competition}.zip``, a dataset's
            ``{owner}/{name}.zip``, single files go by their names.
        api_answers: Statuses of the next calls for a download, before it gets normal; with "Retry-After" where a pair.
        storage_answers: Statuses of the next requests to the storage, likewise.
        cuts: After how many bytes the next answers of the storage break off.
        stalls_after_cut: The connection falls silent instead of breaking off.
        is_public: Datasets are given to anybody.
        spoils_headers: The storage sends a line among its headers that is none.
        before_transfer: Called once, before a file's first byte is sent.
    """

    files: dict[str, bytes]
    api_answers: deque = field(default_factory=deque)
    storage_answers: deque = field(default_factory=deque)
    cuts: deque = field(default_factory=deque)
    stalls_after_cut: bool = False
    is_public: bool = False
    spoils_headers: bool = False
    before_transfer: Callable[[], object] | None = None
    etag: str = '"v1"'
    log: list[Request] = field(default_factory=list)

    def __enter__(self) -> "KaggleServer":
        handler = type("Handler", (_Handler,), {"kaggle": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What leads the client here."""
        address = f"http://127.0.0.1:{self._http.server_address[1]}"
        return {"KAGGLE_API_ENVIRONMENT": "LOCALHOST", "http_proxy": address, "no_proxy": ""}

    def transfers(self) -> list[Request]:
        """Requests to the storage that fetched more than an answer's head or the one byte of a question."""
        return [one for one in self.log if one.path.startswith("/bucket/") and one.num_sent > 1]


class _Handler(BaseHTTPRequestHandler):
    kaggle: KaggleServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        request = self._logged(body)
        method = request.path.rsplit("/", 1)[-1]
        if method == "IntrospectToken":
            known = body.get("token") == TOKEN
            self._json(request, 200, {"active": known, "username": USER if known else ""})
        elif method == "GenerateAccessToken":
            known = body.get("refreshToken") == REFRESH_TOKEN
            self._json(request, 200 if known else 401, {"token": TOKEN, "expiresIn": 3600} if known else {})
        else:
            self._download(request, method, body)

    def _download(self, request: Request, method: str, body: dict) -> None:
        is_dataset = method == "DownloadDataset"
        if self.kaggle.api_answers:
            self._error(request, self.kaggle.api_answers.popleft())
        elif request.authorization not in _ALLOWED and not (is_dataset and self.kaggle.is_public):
            self._error(request, 401)
        else:
            if is_dataset:
                name = f"{body['ownerSlug']}/{body['datasetSlug']}.zip"
            else:
                name = body.get("fileName") or f"{body['competitionName']}.zip"
            if name not in self.kaggle.files:
                self._error(request, 404)
                return
            request.status = 302
            self.send_response(302)
            self.send_header("Location", f"http://storage.test/bucket/{name}?{SIGNATURE}")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_GET(self) -> None:
        request = self._logged({})
        status = self.kaggle.storage_answers.popleft() if self.kaggle.storage_answers else 200
        if status != 200:
            self._error(request, status)
            return
        content = self.kaggle.files[request.path.removeprefix("/bucket/")]
        begin, end = 0, len(content)
        is_same = self.headers.get("If-Range", self.kaggle.etag) == self.kaggle.etag
        if request.range and is_same:
            first, last = request.range.removeprefix("bytes=").split("-")
            begin, end = int(first), int(last) + 1 if last else end
        request.status = 206 if request.range and is_same else 200
        self.send_response(request.status)
        self.send_header("Content-Length", str(end - begin))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", self.kaggle.etag)
        self.send_header("Last-Modified", _LAST_MODIFIED)
        self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(content)}")
        if self.kaggle.spoils_headers:
            self._headers_buffer.append(b"no header\r\n")
        self.end_headers()
        if self._has_left():  # it has read the size, and that was all it wanted
            self.close_connection = True
            return
        action, self.kaggle.before_transfer = self.kaggle.before_transfer, None
        if action:
            action()
        length = end - begin
        if length > 1 and self.kaggle.cuts:
            length = min(length, self.kaggle.cuts.popleft())
        self._send(request, content[begin : begin + length])
        if self.kaggle.stalls_after_cut and length < end - begin:
            select.select([self.connection], [], [], 60)  # until the client leaves
        self.close_connection = True

    def _send(self, request: Request, content: bytes) -> None:
        try:
            for start in range(0, len(content), 65536):
                self.wfile.write(content[start : start + 65536])
                request.num_sent += len(content[start : start + 65536])
        except OSError:  # the client has only asked
            self.close_connection = True

    def _has_left(self) -> bool:
        """The client has closed the connection; it is given a moment to do so."""
        readable, _, _ = select.select([self.connection], [], [], 0.1)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _logged(self, body: dict) -> Request:
        headers = self.headers
        request = Request(
            self.command, urlsplit(self.path).path, headers.get("Authorization", ""), headers.get("Range", ""), body
        )
        self.kaggle.log.append(request)
        return request

    def _error(self, request: Request, answer: int | tuple[int, str]) -> None:
        """Repeats what was asked, as some servers do."""
        status, retry_after = answer if isinstance(answer, tuple) else (answer, None)
        message = f"no: {self.path} {request.authorization} {request.body}"
        self._json(request, status, {"code": status, "message": message}, retry_after)

    def _json(self, request: Request, status: int, value: dict, retry_after: str | None = None) -> None:
        request.status = status
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(content)
