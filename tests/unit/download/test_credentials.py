"""The real Kaggle client against a loopback server: every form of credentials, and what it answers to wrong ones."""

import contextlib
import json
from pathlib import Path

import pytest
from kaggle_machine import SECRETS, put
from kaggle_server import KEY, REFRESH_TOKEN, TOKEN, USER, KaggleServer

LEGACY = json.dumps({"username": USER, "key": KEY})
LOGIN = json.dumps({"refresh_token": REFRESH_TOKEN, "username": USER, "scopes": []})
FORMS = {
    "token in the environment": ({"KAGGLE_API_TOKEN": TOKEN}, "", ""),
    "token's file in the environment": ({"KAGGLE_API_TOKEN": "{home}/secret"}, "secret", TOKEN),
    "access_token": ({}, ".kaggle/access_token", TOKEN),
    "access_token.txt": ({}, ".kaggle/access_token.txt", TOKEN + "\n"),
    "user and key in the environment": ({"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}, "", ""),
    "kaggle.json": ({}, ".kaggle/kaggle.json", LEGACY),
    "kaggle.json elsewhere": ({"KAGGLE_CONFIG_DIR": "{home}/elsewhere"}, "elsewhere/kaggle.json", LEGACY),
    "kaggle auth login": ({}, ".kaggle/credentials.json", LOGIN),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_credentials(machine, competition, archive, form):
    machine.describe(competition)
    environment, file, content = FORMS[form]
    home = machine.folder / "home"
    if file:
        put(home / file, content)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.succeeds(server, {key: value.format(home=home) for key, value in environment.items()})
    assert machine.raw() == competition
    assert not (machine.folder / "archives").exists()


def test_no_process_shows_credentials(machine, competition, archive):
    machine.describe(competition)
    seen = []

    def look() -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.append(path.read_bytes())

    with KaggleServer({"asl.zip": archive}, before_transfer=look) as server:
        machine.succeeds(server, {"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY})
    assert any(b"download.py" in line for line in seen)
    assert not any(secret.encode() in line for line in seen for secret in SECRETS)


def test_no_credentials(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "no Kaggle credentials", "https://www.kaggle.com/settings", credentials={})
    assert not server.transfers()


def test_an_unknown_token(machine, competition, archive):
    machine.describe(competition)
    with KaggleServer({"asl.zip": archive}) as server:
        machine.fails(server, "access token in KAGGLE_API_TOKEN", credentials={"KAGGLE_API_TOKEN": "KGAT_old"})


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
