"""The user's Kaggle credentials, read in every place where the Kaggle client looks, however they were written.

The client's own reader hands on line ends and byte-order marks, and errors on the way to the server show them with the
token around. So it is not asked: it gets what is found here. No message and no ``repr`` holds any content of a
credential; messages name the file or the variable.
"""

import codecs
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from podium.errors import UserError

SETTINGS_PAGE = "https://www.kaggle.com/settings/api"
_MAKE_NEW = f"make new credentials at {SETTINGS_PAGE}"
MAX_BYTES = 1 << 16
# What editors, shells and copying put around a secret, and no secret begins or ends with.
_BLANKS = "".join(map(chr, [*range(33), 0x7F, 0x85, 0xA0])) + "\u200b\u200c\u200d\u2028\u2029\u2060\ufeff"
_AROUND = _BLANKS + "\"'`“”‘’„"
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1
_KEY_PATTERNS = {"username": re.compile(r"[!-9;-~]+"), "key": re.compile(r"[!-~]+")}  # RFC 7617: no colon in a name
_KEY_VARIABLES = {"username": "KAGGLE_USERNAME", "key": "KAGGLE_KEY"}


@dataclass(frozen=True)
class Credentials:
    """One of three forms: a token, a username with a key, or the login of ``kaggle auth login``.

    Attributes:
        place: Where they were found, for messages.
        login: Arguments of ``kagglesdk.KaggleCredentials``.
    """

    place: str
    token: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    login: dict[str, Any] | None = field(default=None, repr=False)


class NoCredentials(UserError):
    """No place holds credentials."""


def find() -> Credentials:
    """The first credentials in the client's order: token, username and key, login.

    Returns:
        Credentials that an HTTP header can carry.

    Raises:
        NoCredentials: Every place is absent or empty.
        UserError: A file or variable is there and cannot be read as what it should be.
    """
    lacks: list[str] = []
    for form in (_token, _key, _login):
        if found := form(lacks):
            return found
    noted = f" ({'; '.join(lacks)})" if lacks else ""
    raise NoCredentials(
        f"no Kaggle credentials found{noted}; make a token at {SETTINGS_PAGE} and put it into ~/.kaggle/access_token"
        " or KAGGLE_API_TOKEN (or kaggle.json, or KAGGLE_USERNAME and KAGGLE_KEY, or `kaggle auth login`)"
    )


def _token(lacks: list[str]) -> Credentials | None:
    """Adds to ``lacks`` what is there and of no use, as `_key` and `_login` do."""
    for place, text in _token_texts():
        if text:
            return Credentials(f"access token in {place}", token=_checked(text, _TOKEN, "access token", place))
        lacks.append(f"{place} is empty")
    return None


def _token_texts() -> Iterator[tuple[str, str]]:
    """Place and text of every token that is there."""
    if {"KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_DATA_PROXY_URL"} <= set(os.environ):  # in a notebook on Kaggle
        yield from _file_text(_variable("KAGGLE_API_V1_TOKEN"), "the file that KAGGLE_API_V1_TOKEN names")
    name = "KAGGLE_API_TOKEN"
    value = _variable(name)
    if os.path.lexists(value) or value.startswith(("/", "~", "./", "../")):
        texts = list(_file_text(value, f"the file that {name} names"))
        if not texts:
            raise UserError(f"the file that {name} names does not exist; correct the variable")
        yield from texts
    elif name in os.environ:
        yield name, value
    for place in ("~/.kaggle/access_token", "~/.kaggle/access_token.txt"):  # Windows may add the ending
        yield from _file_text(place, place)


def _file_text(path: str, place: str) -> Iterator[tuple[str, str]]:
    """At most one."""
    content = _content(path, place)
    if content is not None:
        yield place, _text(content, place)


def _key(lacks: list[str]) -> Credentials | None:
    """A variable counts before the file's entry."""
    found = {name: (variable, _variable(variable)) for name, variable in _KEY_VARIABLES.items()}
    lacks.extend(f"{variable} is empty" for variable, text in found.values() if variable in os.environ and not text)
    if not all(text for _, text in found.values()):
        path, place = _key_file()
        entries = _entries(path, place, lacks)
        from_file = {name: (place, _entry(entries, name, place)) for name in found}
        found = {name: found[name] if found[name][1] else from_file[name] for name in found}
        if entries and not any(text for _, text in found.values()):
            lacks.append(f"{place} holds neither username nor key")
    present = {name: place for name, (place, text) in found.items() if text}
    if len(present) < 2:
        lacks.extend(f"the {name} in {place} stands alone" for name, place in present.items())
        return None
    username, key = (_checked(text, _KEY_PATTERNS[name], name, place) for name, (place, text) in found.items())
    return Credentials(" and ".join(dict.fromkeys(present.values())), username=username, key=key)


def _key_file() -> tuple[str, str]:
    """Path and name of kaggle.json."""
    if folder := _variable("KAGGLE_CONFIG_DIR"):
        return os.path.join(folder, "kaggle.json"), "kaggle.json in KAGGLE_CONFIG_DIR"
    if os.path.exists(os.path.expanduser("~/.kaggle")):
        return "~/.kaggle/kaggle.json", "~/.kaggle/kaggle.json"
    if folder := _variable("XDG_CONFIG_HOME"):
        return os.path.join(folder, "kaggle/kaggle.json"), "kaggle/kaggle.json in XDG_CONFIG_HOME"
    return "~/.config/kaggle/kaggle.json", "~/.config/kaggle/kaggle.json"


def _login(lacks: list[str]) -> Credentials | None:
    place = "~/.kaggle/credentials.json"
    entries = _entries(place, place, lacks)
    refresh_token = _entry(entries, "refresh_token", place)
    if not refresh_token:
        lacks.extend([f"{place} has no refresh_token"] if entries else [])
        return None
    login: dict[str, Any] = {
        "refresh_token": _checked(refresh_token, _TOKEN, "refresh_token", place),
        "username": _entry(entries, "username", place),
        "scopes": entries["scopes"] if isinstance(entries.get("scopes"), list) else [],
    }
    access_token = _entry(entries, "access_token", place)
    expiration = _moment(_entry(entries, "access_token_expiration", place))
    if _TOKEN.fullmatch(access_token) and expiration and expiration > datetime.now(UTC):  # else a new one is asked for
        login |= {"access_token": access_token, "access_token_expiration": expiration}
    return Credentials("login of `kaggle auth login`", login=login)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _variable(name: str) -> str:
    return _text(os.environb.get(name.encode(), b""), name)


def _content(path: str, place: str) -> bytes | None:
    """A file's content; None if there is no such file."""
    path = os.path.expanduser(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe might never end
            raise UserError(f"{place} is no file; put the credentials into a plain file there")
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no name that a file can have
        return None
    except OSError as error:
        raise UserError(f"{place} cannot be read: {(error.strerror or 'unknown').lower()}; fix that") from None
    if len(content) > MAX_BYTES:
        raise UserError(f"{place} is too large for credentials; {_MAKE_NEW}")
    return content


def _text(content: bytes, place: str) -> str:
    """What stands between line ends, spaces, quotes and marks, in UTF-8, UTF-16 or UTF-32."""
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if b"\0" not in content:  # a shell drops the zeros of UTF-16 and leaves its mark
            content = content.removeprefix(mark)
    try:
        return content.decode(json.detect_encoding(content)).strip(_AROUND)
    except UnicodeDecodeError:
        raise UserError(f"{place} holds bytes that are no text; {_MAKE_NEW}") from None


def _entries(path: str, place: str, lacks: list[str]) -> dict[str, Any]:
    """A JSON object; {} if there is none."""
    content = _content(path, place)
    if content is None:
        return {}
    text = _text(content, place)
    if not text:
        lacks.append(f"{place} is empty")
        return {}
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{place} is damaged or no JSON; {_MAKE_NEW}") from None
    if not isinstance(entries, dict):
        raise UserError(f"{place} holds no JSON object; {_MAKE_NEW}")
    return entries


def _entry(entries: dict[str, Any], name: str, place: str) -> str:
    value = entries.get(name)
    if value is not None and not isinstance(value, str):
        raise UserError(f"{place}: {name} is no text; {_MAKE_NEW}")
    return (value or "").strip(_AROUND)


def _checked(text: str, pattern: re.Pattern[str], name: str, place: str) -> str:
    if not pattern.fullmatch(text):
        raise UserError(f"the {name} in {place} holds a space or another character that no {name} has; {_MAKE_NEW}")
    return text
