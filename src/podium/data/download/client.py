"""The Kaggle client: requests for a file with the user's credentials, and the answers.

https://github.com/Kaggle/kaggle-cli
"""

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter

from podium.data.download import credentials
from podium.data.download.credentials import Credentials

if TYPE_CHECKING:
    from kagglesdk import KaggleClient

Authorization = Callable[[requests.PreparedRequest], requests.PreparedRequest] | tuple[str, str] | None


@dataclass(frozen=True)
class Remote:
    """A competition's archive, one file of a competition, or a dataset's archive.

    Attributes:
        name: Of the competition, or owner/name of the dataset.
        file: One file of the competition; "" is everything.
    """

    name: str
    file: str = ""

    @property
    def is_dataset(self) -> bool:
        return "/" in self.name

    @property
    def page(self) -> str:
        """Where people see it."""
        return f"https://www.kaggle.com/{'datasets' if self.is_dataset else 'competitions'}/{self.name}"

    def __str__(self) -> str:
        kind = "dataset" if self.is_dataset else "competition"
        return f"{kind} {self.name}" + (f", {self.file}" if self.file else "")


class Failure(Exception):
    """An attempt that failed.

    Args:
        message: For the user, if it ends here.
        wait_s: Seconds that the server asks to wait; None: does not say.
    """

    def __init__(self, message: str, is_final: bool, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.wait_s = wait_s


class _ImpatientAdapter(HTTPAdapter):
    """Breaks off a connection that has fallen silent; the client would wait for ever."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    def send(self, request, **options) -> requests.Response:
        """As `requests.adapters.HTTPAdapter.send`."""
        return super().send(request, **{**options, "timeout": options.get("timeout") or self._timeout_s})


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Nothing that the libraries print or log gets out: headers, signed addresses, what a server answers."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(level)


@contextlib.contextmanager
def opened(remote: Remote, timeout_s: float) -> Iterator[tuple[ModuleType, object, requests.Response]]:
    """Yields the client's module, its HTTP client and the answer to a request for the file, its content unread."""
    try:
        found = credentials.find()
    except credentials.NoCredentials:
        if not remote.is_dataset:
            raise
        found = None  # public datasets are given to anybody
    kaggle = _imported_client()
    from kagglesdk.competitions.types.competition_api_service import (
        ApiDownloadDataFileRequest,
        ApiDownloadDataFilesRequest,
    )
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

    with _connected(kaggle, _authorization(kaggle, found, timeout_s), timeout_s) as client:
        if found and found.token:
            _check_token(client, found)
        if remote.is_dataset:
            request = ApiDownloadDatasetRequest()
            request.owner_slug, request.dataset_slug = remote.name.split("/")
            response = client.datasets.dataset_api_client.download_dataset(request)
        elif remote.file:
            request = ApiDownloadDataFileRequest()
            request.competition_name, request.file_name = remote.name, remote.file
            response = client.competitions.competition_api_client.download_data_file(request)
        else:
            request = ApiDownloadDataFilesRequest()
            request.competition_name = remote.name
            response = client.competitions.competition_api_client.download_data_files(request)
        with response:
            yield kaggle, client.http_client(), response


def credentials_place() -> str:
    """Where the credentials in use were found; never their content."""
    try:
        return credentials.find().place
    except credentials.NoCredentials:
        return "none found"


def _imported_client() -> ModuleType:
    """The client's module. Its import logs in with what it finds; so all variables are hidden from it, and the one that
    makes it print every header.
    """
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("KAGGLE_", "VERBOSE")) and name != "KAGGLE_API_ENVIRONMENT":
            del os.environ[name]
    os.environ["HOME"] = os.environ["KAGGLE_CONFIG_DIR"] = os.devnull
    try:
        import kaggle
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return kaggle


@contextlib.contextmanager
def _connected(kaggle: ModuleType, authorization: Authorization, timeout_s: float) -> Iterator["KaggleClient"]:
    """Yields a client with a session of ours: one that it makes would look for credentials by itself."""
    client = kaggle.api.build_kaggle_client_with_params(kaggle.api.args)
    with requests.Session() as session:
        session.headers.update({"User-Agent": "", "Content-Type": "application/json"})  # as the client's own
        session.auth = authorization
        for scheme in ("http://", "https://"):
            session.mount(scheme, _ImpatientAdapter(timeout_s))
        client.http_client()._session = session
        yield client


def _authorization(kaggle: ModuleType, found: Credentials | None, timeout_s: float) -> Authorization:
    """What the requests carry. A login fetches an access token if it has none, and the client saves it."""
    from kagglesdk import KaggleCredentials
    from kagglesdk.kaggle_http_client import KaggleHttpClient

    if found is None:
        return None
    if found.key:
        return found.username, found.key
    token = found.token
    if found.login:
        with _connected(kaggle, None, timeout_s) as client:
            token = KaggleCredentials(client=client, **found.login).get_access_token()
    return KaggleHttpClient.BearerAuth(token)


def _check_token(client: "KaggleClient", found: Credentials) -> None:
    from kagglesdk.security.types.oauth_service import IntrospectTokenRequest

    request = IntrospectTokenRequest()
    request.token = found.token
    try:
        is_known = client.security.oauth_client.introspect_token(request).active
    except requests.exceptions.HTTPError as error:
        if error.response is None or error.response.status_code not in (400, 403, 404):
            raise
        is_known = False
    if not is_known:
        raise Failure(
            f"Kaggle does not know the {found.place}; make a new one at {credentials.SETTINGS_PAGE}", is_final=True
        )
