"""Reading credentials: what stands around them does not matter, and no message shows what they are."""

import codecs
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from podium.data.download import credentials
from podium.data.download.credentials import MAX_BYTES, NoCredentials, find
from podium.errors import UserError

MARKER = "9f3c1e7a5d2b"
TOKEN, USER, KEY = f"KGAT_{MARKER}", "ada", f"{MARKER}{MARKER}"
VARIABLES = [
    "KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_CONFIG_DIR", "KAGGLE_API_V1_TOKEN", "XDG_CONFIG_HOME",
    "KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_DATA_PROXY_URL",
]  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """An empty home folder, and none of the variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def variable(name: str) -> Callable:
    return lambda home, set_variable, content: set_variable(name, os.fsdecode(content))


def file(path: str, **variables: str) -> Callable:
    def write(home, set_variable, content):
        put(home / path, content)
        for name, value in variables.items():
            set_variable(name, value.format(home=home))

    return write


NOTEBOOK = {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "KAGGLE_DATA_PROXY_URL": "http://x", "KAGGLE_API_V1_TOKEN": "{home}/v1"}
TOKEN_PLACES = {
    "KAGGLE_API_TOKEN": variable("KAGGLE_API_TOKEN"),
    "the file that KAGGLE_API_TOKEN names": file("secret", KAGGLE_API_TOKEN="{home}/secret"),
    "~/.kaggle/access_token": file(".kaggle/access_token"),
    "~/.kaggle/access_token.txt": file(".kaggle/access_token.txt"),
    "the file that KAGGLE_API_V1_TOKEN names": file("v1", **NOTEBOOK),
}
JSON_PLACES = {
    "~/.kaggle/kaggle.json": file(".kaggle/kaggle.json"),
    "~/.config/kaggle/kaggle.json": file(".config/kaggle/kaggle.json"),
    "kaggle/kaggle.json in XDG_CONFIG_HOME": file("xdg/kaggle/kaggle.json", XDG_CONFIG_HOME="{home}/xdg"),
    "kaggle.json in KAGGLE_CONFIG_DIR": file("elsewhere/kaggle.json", KAGGLE_CONFIG_DIR="{home}/elsewhere"),
}
DRESSES = {
    "bare": "{}",
    "line end": "{}\n",
    "Windows line end": "{}\r\n",
    "carriage return": "{}\r",
    "blanks": " \t{}\u00a0 ",
    "quotes": '"{}"\n',
    "typographic quotes": "“{}”",
    "mark": "\ufeff{}",
    "end of a DOS file": "{}\x1a",
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


def dressed(template: str, text: str) -> list[bytes]:
    """The text in a dress, in every encoding. Without a mark, UTF-16 is told by its first character, if it is ASCII."""
    whole = template.format(text)
    return [whole.encode(one) for one in ENCODINGS if whole[0].isascii() or one in ("utf-8", "utf-8-sig", "utf-16")]


@pytest.mark.parametrize("place", TOKEN_PLACES)
def test_a_token_in_any_dress(home, monkeypatch, place):
    for dress in DRESSES.values():
        for content in dressed(dress, TOKEN):
            if b"\0" in content and place == "KAGGLE_API_TOKEN":  # no variable holds zeros
                continue
            TOKEN_PLACES[place](home, monkeypatch.setenv, content)
            found = find()
            assert (found.token, found.place) == (TOKEN, f"access token in {place}"), content
            assert MARKER not in repr(found)


def test_a_token_that_a_shell_has_read_from_utf_16(home, monkeypatch):
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        monkeypatch.setenv("KAGGLE_API_TOKEN", os.fsdecode(mark + TOKEN.encode()))
        assert find().token == TOKEN


@pytest.mark.parametrize("place", JSON_PLACES)
def test_a_username_and_key_in_any_dress(home, monkeypatch, place):
    for dress in DRESSES.values():
        for content in dressed(dress, json.dumps({"username": dress.format(USER), "key": dress.format(KEY)})):
            JSON_PLACES[place](home, monkeypatch.setenv, content)
            found = find()
            assert (found.username, found.key, found.place) == (USER, KEY, place), content
            assert MARKER not in repr(found)


def test_username_and_key_in_variables_and_both(home, monkeypatch):
    for dress in DRESSES.values():
        monkeypatch.setenv("KAGGLE_USERNAME", dress.format(USER))
        monkeypatch.setenv("KAGGLE_KEY", dress.format(KEY))
        found = find()
        assert (found.username, found.key, found.place) == (USER, KEY, "KAGGLE_USERNAME and KAGGLE_KEY")
    put(home / ".kaggle/kaggle.json", json.dumps({"username": "eve", "key": "other"}).encode())
    monkeypatch.delenv("KAGGLE_USERNAME")
    found = find()
    assert (found.username, found.key) == ("eve", KEY), "as the client: each variable before the file's entry"
    assert found.place == "~/.kaggle/kaggle.json and KAGGLE_KEY"


def test_a_login(home):
    login = {"refresh_token": f"KGRT_{MARKER}\r\n", "username": USER, "access_token": TOKEN, "scopes": None}
    moments = {
        "2999-01-01T00:00:00+00:00": True,
        "2001-01-01T00:00:00+00:00": False,
        "2999-01-01": False,
        MARKER: False,
    }
    for moment, is_kept in moments.items():
        content = json.dumps(login | {"access_token_expiration": moment})
        put(home / ".kaggle/credentials.json", content.encode("utf-16"))
        found = find()
        assert found.login["refresh_token"] == f"KGRT_{MARKER}" and found.login["scopes"] == []
        assert ("access_token" in found.login) == is_kept
        assert MARKER not in repr(found)


def test_the_order_of_places(home, monkeypatch):
    """A token, then username and key, then a login; places that are empty are passed over."""
    put(home / ".kaggle/credentials.json", json.dumps({"refresh_token": "x"}).encode())
    assert find().login
    put(home / ".kaggle/kaggle.json", json.dumps({"username": USER, "key": KEY}).encode())
    assert find().key
    put(home / ".kaggle/access_token.txt", b"second")
    assert find().token == "second"
    put(home / ".kaggle/access_token", codecs.BOM_UTF8 + b" \r\n")
    monkeypatch.setenv("KAGGLE_API_TOKEN", " ")
    assert find().token == "second"
    monkeypatch.setenv("KAGGLE_API_TOKEN", "first")
    assert find().token == "first"


BAD_TOKENS = {
    "two": f"{TOKEN}\n{TOKEN}".encode(),
    "space": f"KGAT {MARKER}".encode(),
    "header": f"Authorization: Bearer {TOKEN}".encode(),
    "assignment": f"KAGGLE_API_TOKEN={TOKEN}".encode(),
    "bell": f"KGAT_\a{MARKER}".encode(),
    "not Latin-1": f"{TOKEN}€{TOKEN}".encode(),
    "Latin-1": f"{TOKEN}é".encode("latin-1"),
    "cut UTF-16": f"{TOKEN}".encode("utf-16")[:-1],
    "kaggle.json": json.dumps({"username": USER, "key": KEY}, separators=(",", ":")).encode(),
    "binary": bytes(range(128, 256)) + MARKER.encode(),
    "endless": MARKER.encode() * MAX_BYTES,
}
BAD_JSON = {
    "torn": f'{{"username": "ada", "key": "{MARKER}'.encode(),
    "a token": TOKEN.encode(),
    "list": json.dumps(["ada", MARKER]).encode(),
    "text": json.dumps({"username": "ada", "key": MARKER}).encode().replace(b'"', b"'"),
    "number": f'{{"username": "ada", "key": 1{"0" * 5000}}}'.encode(),
    "object in it": json.dumps({"username": "ada", "key": {"key": MARKER}}).encode(),
    "digits": json.dumps({"username": 7, "key": MARKER}).encode(),
    "deep": b"[" * 50_000 + MARKER.encode(),
    "colon": json.dumps({"username": f"ada:{MARKER}", "key": MARKER}).encode(),
    "not Latin-1": json.dumps({"username": "ada", "key": f"{MARKER}€"}).encode(),
    "half a character": json.dumps({"username": "ada", "key": f"{MARKER}\ud800{MARKER}"}).encode(),
    "line end in it": json.dumps({"username": "ada", "key": f"{MARKER}\n{MARKER}"}).encode(),
    "Latin-1": '{"username": "ad\u00e9", "key": "x"}'.encode("latin-1"),
}


def refused(place: str) -> str:
    """What `find` says. It names the place and shows nothing of what stands there, nor would a traceback."""
    with pytest.raises(UserError) as caught:
        find()
    said = "".join(traceback.format_exception(caught.value))
    assert place in str(caught.value) and "\n" not in str(caught.value)
    assert not any(part in said for part in (MARKER, "€", "é", "\\u", "\\x"))
    return str(caught.value)


@pytest.mark.parametrize("place", TOKEN_PLACES)
def test_tokens_that_cannot_be_read(home, monkeypatch, place):
    for kind, content in BAD_TOKENS.items():
        if place == "KAGGLE_API_TOKEN" and (b"\0" in content or kind == "endless"):
            continue
        TOKEN_PLACES[place](home, monkeypatch.setenv, content)
        refused(place)


@pytest.mark.parametrize("place", JSON_PLACES)
def test_json_that_cannot_be_read(home, monkeypatch, place):
    for content in BAD_JSON.values():
        JSON_PLACES[place](home, monkeypatch.setenv, content)
        refused(place)


def test_logins_that_cannot_be_read(home):
    place = "~/.kaggle/credentials.json"
    for content in (
        b"{",
        f'["{MARKER}"]'.encode(),
        f'{{"refresh_token": "a {MARKER}"}}'.encode(),
        b'{"refresh_token": 1}',
    ):
        put(home / ".kaggle/credentials.json", content)
        refused(place)


def test_places_that_are_no_file(home, monkeypatch):
    for name in ("access_token", "kaggle.json", "credentials.json"):
        path = home / ".kaggle" / name
        path.mkdir(parents=True)
        assert "is no file" in refused(f"~/.kaggle/{name}")
        path.rmdir()
        os.mkfifo(path)
        assert "is no file" in refused(f"~/.kaggle/{name}")
        path.unlink()
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(home / MARKER))
    assert "does not exist" in refused("the file that KAGGLE_API_TOKEN names")
    (home / MARKER).symlink_to(MARKER)
    assert "cannot be read" in refused("the file that KAGGLE_API_TOKEN names")


def test_a_file_that_may_not_be_read(home, monkeypatch):
    put(home / ".kaggle/access_token", TOKEN.encode())

    def denied(path, *_):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(credentials, "open", denied, raising=False)  # the tests may run as root
    assert "cannot be read: permission denied" in refused("~/.kaggle/access_token")


def test_a_token_longer_than_the_name_of_a_file(monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", MARKER * 100)
    assert find().token == MARKER * 100


def test_what_is_there_and_of_no_use_is_named(home, monkeypatch):
    with pytest.raises(NoCredentials, match="^no Kaggle credentials found; make"):
        find()
    monkeypatch.setenv("KAGGLE_API_TOKEN", "\r")
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    put(home / ".kaggle/access_token", b"")
    put(home / ".kaggle/credentials.json", b'{"username": "ada"}')
    said = refused("no Kaggle credentials found (KAGGLE_API_TOKEN is empty; ~/.kaggle/access_token is empty; ")
    assert "the key in KAGGLE_KEY stands alone; ~/.kaggle/credentials.json has no refresh_token)" in said
    monkeypatch.delenv("KAGGLE_KEY")
    put(home / ".kaggle/kaggle.json", b'{"competition": "asl"}')
    assert "~/.kaggle/kaggle.json holds neither username nor key" in refused("no Kaggle credentials")
