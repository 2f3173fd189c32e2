"""Fetching a file from Kaggle, however often the network breaks.

The client brings credentials, addresses and the transfer with its resume marker (``FILE.kaggle-partial``). What it
lacks is added here: every further attempt asks for a new address (signed ones expire), an answer that is no data never
replaces what has arrived, and each way to fail is one line without addresses that hold a signature.
"""

import email.utils
import json
import math
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from podium.config import Download
from podium.data.download.client import Failure, Remote, credentials_place, opened, silenced
from podium.data.download.credentials import SETTINGS_PAGE
from podium.data.download.space import readable
from podium.errors import DISK_FULL, UserError

MAX_WAIT_S = 60.0
MAX_RETRY_AFTER_S = 3600.0
T = TypeVar("T")


def probe(remote: Remote, patience: Download) -> int | None:
    """Asks for a file without fetching it: that credentials are right, rules accepted, and its size.

    Returns:
        Bytes; None if the server does not say.

    Raises:
        UserError: It cannot be had; see docs/kaggle.md for the messages.
    """

    def attempt() -> int | None:
        with opened(remote, patience.timeout_s) as (_, _, response):
            size = response.headers.get("Content-Length")
            return int(size) if size is not None else None

    return _persist(attempt, remote, None, patience.retries)


def fetch(remote: Remote, path: Path, patience: Download) -> None:
    """Fetches a file to ``path``, going on where an earlier attempt or run ended. A bar on stderr shows the progress.

    Args:
        patience: How long to wait, and how often to try again; an attempt that brought something starts the count anew.

    Raises:
        UserError: It cannot be had; what has arrived stays for the next run.
    """

    def attempt() -> None:
        with opened(remote, patience.timeout_s) as (kaggle, http_client, response):
            if not kaggle.api.download_needed(response, str(path), quiet=True):
                return
            if _will_resume(response, path):
                _check_rest(response, path, patience.timeout_s)
            options = {"quiet": False, "resume": True, "max_retries": 0, "timeout": patience.timeout_s}
            try:
                kaggle.api.download_file(response, str(path), http_client, **options)  # its bar goes to stderr
            except requests.exceptions.RequestException:
                raise
            except ValueError:
                announced = int(response.headers.get("Content-Length", _size(path)))
                if _size(path) == announced:
                    raise
                raise Failure(f"{_size(path):,} bytes came, not {announced:,} as announced", is_final=False) from None

    path.parent.mkdir(parents=True, exist_ok=True)
    _persist(attempt, remote, path, patience.retries)


def _validator(response: requests.Response) -> str | None:
    return response.headers.get("ETag") or response.headers.get("Last-Modified")


def _will_resume(response: requests.Response, path: Path) -> bool:
    """Whether the client goes on with what is there: it notes beside a file which version it is of."""
    marker = path.with_name(path.name + ".kaggle-partial")
    size = int(response.headers.get("Content-Length", 0))
    if not (0 < _size(path) < size and marker.is_file()):
        return False
    try:
        return json.loads(marker.read_text()) == {"validator": _validator(response), "size": size}
    except (ValueError, RecursionError):  # cut off by a kill or a full disk; the client does not go on with it either
        return False


def _check_rest(response: requests.Response, path: Path, timeout_s: float) -> None:
    """Asks for one byte of the rest. The client takes any answer that is not the rest for a new file and overwrites.

    The client asks for the rest by a request of its own; ``response``, which would send all, is closed.
    """
    response.close()
    headers = dict(response.request.headers)
    begin = path.stat().st_size
    headers["If-Range"] = _validator(response)
    headers["Range"] = f"bytes={begin}-{begin}"
    with requests.get(response.url, headers=headers, stream=True, timeout=timeout_s) as answer:
        if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
            answer.raise_for_status()


def _persist(attempt: Callable[[], T], remote: Remote, path: Path | None, retries: int) -> T:
    """Repeats ``attempt`` until it succeeds, fails for good, or fails too often without progress."""
    num_failures = 0
    while True:
        size = _size(path)
        try:
            with silenced():
                return attempt()
        except (UserError, ImportError):
            raise
        except Failure as failure:
            last = failure
        except requests.exceptions.HTTPError as error:
            last = _http_failure(error, remote)
        except requests.exceptions.RequestException as error:
            last = Failure(f"the connection to {_host(error)} failed ({type(error).__name__})", is_final=False)
        except Exception as error:
            if isinstance(error, OSError) and (error.filename or error.errno in DISK_FULL):
                raise error from None
            last = _foreign_failure(error)
        num_failures = 1 if _size(path) > size else num_failures + 1
        kept = f"; {readable(_size(path))} have arrived and are kept" if _size(path) else ""
        if last.is_final:
            raise UserError(f"{remote}: {last}{kept}")
        if num_failures > retries:
            tries = f"after {num_failures} attempts" if num_failures > 1 else "at the first attempt"
            raise UserError(f"{remote}: {last}; given up {tries}{kept}; run again to go on")
        wait_s = min(2.0**num_failures, MAX_WAIT_S) if last.wait_s is None else last.wait_s
        print(f"{remote}: {last}{kept}; next attempt in {wait_s:.0f} s", file=sys.stderr, flush=True)
        time.sleep(wait_s)


def _size(path: Path | None) -> int:
    return path.stat().st_size if path is not None and path.is_file() else 0


def _http_failure(error: requests.exceptions.HTTPError, remote: Remote) -> Failure:
    response = error.response
    status = response.status_code if response is not None else 0
    wait_s = _retry_after(response.headers.get("Retry-After")) if response is not None else None
    if response is not None and (response.history or response.request.method == "GET"):  # the storage, not the API
        return Failure(f"the storage at {_host(error)} answers {status}", is_final=False, wait_s=wait_s)
    if status == requests.codes.unauthorized:
        return Failure(
            f"Kaggle refuses the credentials ({credentials_place()}); make new ones at {SETTINGS_PAGE}", is_final=True
        )
    if status == requests.codes.forbidden:
        advice = f"accept the rules at {remote.page}/rules, then run again"
        if remote.is_dataset:
            advice = f"see {remote.page} with this account"
        return Failure(f"Kaggle does not let this account in (403); {advice}", is_final=True)
    if status == requests.codes.not_found:
        return Failure(f"Kaggle has no such thing ({remote.page}); correct the dataset file", is_final=True)
    if status == requests.codes.too_many_requests:
        return Failure("Kaggle asks to slow down (429)", is_final=False, wait_s=wait_s)
    return Failure(f"Kaggle answers {status}", is_final=400 <= status < 500 and status != 408, wait_s=wait_s)


def _foreign_failure(error: Exception) -> Failure:
    """Of an unforeseen error. Its text may hold a header or a signed address, so only its place is said."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return Failure(
        f"the Kaggle client broke off with {type(error).__name__} at {'/'.join(Path(place.filename).parts[-2:])}, line"
        f" {place.lineno}; is a proxy or certificate set wrong (https_proxy, REQUESTS_CA_BUNDLE)?",
        is_final=True,
    )


def _retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None for anything else."""
    if header is None:
        return None
    try:
        seconds = float(header)
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds = (moment - datetime.now(moment.tzinfo and UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _host(error: Exception) -> str:
    request = getattr(error, "request", None)
    try:
        return (urlsplit(request.url).hostname if request is not None and request.url else None) or "Kaggle"
    except ValueError:  # it holds the address
        return "Kaggle"
