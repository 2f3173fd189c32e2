"""The real Kaggle client against a loopback server: credentials in every place, and what it answers to wrong ones.

`Machine` looks for secrets in all that a run prints and writes, and in the command lines of its processes.
"""

import json
from pathlib import Path

import pytest
from kaggle_machine import CREDENTIALS, Machine
from kaggle_server import KEY, REFRESH_TOKEN, TOKEN, USER, KaggleServer

LEGACY = json.dumps({"username": USER, "key": KEY})
LOGIN = json.dumps({"refresh_token": f"{REFRESH_TOKEN}\r\n", "username": USER, "scopes": []})
# Every place, each in a form that another tool has left there: variables, a file in the home folder, its content.
FORMS = {
    "token in the environment": ({"KAGGLE_API_TOKEN": f"{TOKEN}\r\n"}, "", b""),
    "token's file in the environment": ({"KAGGLE_API_TOKEN": "{home}/secret\n"}, "secret", TOKEN.encode("utf-16")),
    "access_token": ({}, ".kaggle/access_token", f"\ufeff{TOKEN}\r\n".encode()),
    "access_token.txt": ({}, ".kaggle/access_token.txt", f' "{TOKEN}"\n'.encode()),
    "user and key in the environment": ({"KAGGLE_USERNAME": f"{USER}\r", "KAGGLE_KEY": f"'{KEY}'\n"}, "", b""),
    "kaggle.json": ({}, ".kaggle/kaggle.json", LEGACY.encode("utf-16")),
    "kaggle.json elsewhere": (
        {"KAGGLE_CONFIG_DIR": "{home}/elsewhere\r"}, "elsewhere/kaggle.json", LEGACY.encode("utf-8-sig")
    ),
    "kaggle auth login": ({}, ".kaggle/credentials.json", LOGIN.encode("utf-8-sig")),
}  # fmt: skip


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path, is_watched=True)


@pytest.mark.parametrize("form", FORMS)
def test_every_place(machine, competition, archive, form):
    machine.describe(competition)
    environment, file, content = FORMS[form]
    home = machine.folder / "home"
    if file:
        put(home / file, content)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server, {key: value.format(home=home) for key, value in environment.items()})
    assert machine.raw() == competition
    assert not (machine.folder / "archives").exists()


# What cannot be read: variables, a file in the home folder and its content, and how the message names the place.
UNREADABLE = {
    "two tokens": ({"KAGGLE_API_TOKEN": f"{TOKEN}\n{TOKEN}"}, "", b"", "KAGGLE_API_TOKEN"),
    "a sentence": ({}, ".kaggle/access_token", f"Bearer {TOKEN}".encode(), "~/.kaggle/access_token"),
    "another encoding": ({}, ".kaggle/access_token", f"{TOKEN}é".encode("latin-1"), "~/.kaggle/access_token"),
    "a euro sign": ({"KAGGLE_USERNAME": USER, "KAGGLE_KEY": f"{KEY}€"}, "", b"", "KAGGLE_KEY"),
    "torn": ({}, ".kaggle/kaggle.json", LEGACY.encode()[:-1], "~/.kaggle/kaggle.json"),
    "a list": ({}, ".kaggle/credentials.json", f"[{LOGIN}]".encode(), "~/.kaggle/credentials.json"),
}


@pytest.mark.parametrize("form", UNREADABLE)
def test_what_cannot_be_read(machine, competition, form):
    machine.describe(competition)
    environment, file, content, place = UNREADABLE[form]
    if file:
        put(machine.folder / "home" / file, content)
    machine.fails(None, place, "https://www.kaggle.com/settings", credentials=environment)


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)


def test_a_spoilt_answer_of_the_storage(machine, competition, archive):
    """urllib3 logs a warning with the signed address."""
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}, spoils_headers=True) as server:
        machine.succeeds(server)


PROXIES = {
    "nobody there": ("http://ada:{key}@127.0.0.1:9", "the connection to"),
    "no address": ("http://ada:{key}@[::1", "the connection to"),
    "no Latin-1": ("http://ada:{key}€@127.0.0.1:9", "UnicodeEncodeError"),
}


@pytest.mark.parametrize("kind", PROXIES)
def test_the_password_of_a_proxy(machine, competition, kind):
    machine.describe(competition, retries=0)
    proxy, words = PROXIES[kind]
    proxies = {"http_proxy": proxy.format(key=KEY), "KAGGLE_API_ENVIRONMENT": "LOCALHOST", "no_proxy": ""}
    machine.fails(None, words, credentials=CREDENTIALS | proxies)


def test_no_credentials(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "no Kaggle credentials", "https://www.kaggle.com/settings", credentials={})
    assert not server.transfers()


UNKNOWN = {
    "access token in KAGGLE_API_TOKEN": ({"KAGGLE_API_TOKEN": f"{TOKEN}0"}, "", b""),
    "~/.kaggle/kaggle.json": ({}, ".kaggle/kaggle.json", LEGACY.replace(KEY, f"{KEY}0").encode()),
    "login of `kaggle auth login`": ({}, ".kaggle/credentials.json", LOGIN.replace(REFRESH_TOKEN, "old").encode()),
}


@pytest.mark.parametrize("place", UNKNOWN)
def test_what_kaggle_does_not_know(machine, competition, archive, place):
    machine.describe(competition)
    environment, file, content = UNKNOWN[place]
    if file:
        put(machine.folder / "home" / file, content)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, place, "https://www.kaggle.com/settings", credentials=environment)
    assert not server.transfers()


FINAL = {
    401: ("refuses the credentials", "access token in KAGGLE_API_TOKEN", "https://www.kaggle.com/settings"),
    403: ("accept the rules at https://www.kaggle.com/competitions/asl/rules",),
    404: ("no such thing", "correct the dataset file"),
}


@pytest.mark.parametrize("status", FINAL)
def test_answers_that_no_patience_mends(machine, competition, archive, status):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        server.api_answers.append(status)
        machine.fails(server, *FINAL[status])
        assert not server.transfers() and not machine.raw()
        machine.succeeds(server)
    assert machine.raw() == competition
