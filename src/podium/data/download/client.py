"""The Kaggle client: credentials in any of its forms, and answers to requests for a file.

https://github.com/Kaggle/kaggle-cli
"""

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import requests
from requests.adapters import HTTPAdapter

SETTINGS_PAGE = "https://www.kaggle.com/settings/api"


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
def opened(remote: Remote, timeout_s: float) -> Iterator[tuple[ModuleType, object, requests.Response]]:
    """Yields the client's module, its HTTP client and the answer to a request for the file, its content unread."""
    kaggle = _authenticated_client(allow_anonymous=remote.is_dataset)
    from kagglesdk.competitions.types.competition_api_service import (
        ApiDownloadDataFileRequest,
        ApiDownloadDataFilesRequest,
    )
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

    with kaggle.api.build_kaggle_client() as client:
        for scheme in ("http://", "https://"):
            client.http_client()._session.mount(scheme, _ImpatientAdapter(timeout_s))
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


def _authenticated_client(allow_anonymous: bool) -> ModuleType:
    """The client's module, with its ``api`` authenticated by whatever form of credentials it finds."""
    for talkative in ("VERBOSE", "VERBOSE_OUTPUT"):  # would print every header, credentials too
        os.environ.pop(talkative, None)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # its help on logging in
            import kaggle

            try:
                kaggle.api.authenticate()
            except SystemExit:
                if not allow_anonymous or credentials_form() != "none found":
                    raise
    except SystemExit:
        found = credentials_form()
        problem = "no Kaggle credentials found" if found == "none found" else f"Kaggle does not know the {found}"
        raise Failure(
            f"{problem}; make a token at {SETTINGS_PAGE} and put it into ~/.kaggle/access_token or KAGGLE_API_TOKEN "
            "(or kaggle.json, or KAGGLE_USERNAME and KAGGLE_KEY, or `kaggle auth login`)",
            is_final=True,
        ) from None
    except OSError as error:
        if isinstance(error, requests.exceptions.RequestException):
            raise
        raise Failure(f"the Kaggle client cannot use {error.filename}: {error.strerror}", is_final=True) from None
    return kaggle


def credentials_form() -> str:
    """The form of the credentials in use; never their content."""
    import kaggle
    from kagglesdk.kaggle_env import get_access_token_from_env

    token, place = get_access_token_from_env()
    if token:
        return f"access token in {place}"
    method = kaggle.api.config_values.get("auth_method")
    if method == "OAUTH":
        return "login of `kaggle auth login`"
    if "username" in kaggle.api.config_values and "key" in kaggle.api.config_values:
        environment = "KAGGLE_USERNAME and KAGGLE_KEY"
        return environment if "KAGGLE_KEY" in os.environ else f"key in {Path(kaggle.api.config).name}"
    return "none found"
