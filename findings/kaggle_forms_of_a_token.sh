#!/bin/sh
# kaggle 2.2.4, kagglesdk 0.1.37 (with six, which kaggle imports and does not require), Python 3.11.
# Behaviour: the same credential is read from one place and not from another. A line end after the token is removed in
# ~/.kaggle/access_token and kept in KAGGLE_API_TOKEN, where it ends in an invalid HTTP header. A byte-order mark, as
# Windows editors write it, is kept in access_token, and makes kaggle.json be passed over without a word.
# Output seen:
#   access_token, line end: read as meant
#   KAGGLE_API_TOKEN, line end: read otherwise
#   access_token, byte-order mark: read otherwise
#   kaggle.json, plain: read as meant
#   kaggle.json, byte-order mark: passed over
# Why it matters: mounted secrets and files of variables from Windows end in a line end; Podium's users get "refused" or
# "not found" for credentials that are right. Podium reads all places by itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kaggle==2.2.4 kagglesdk==0.1.37 six==1.17.0
mkdir -p "$folder/home/.kaggle"
env -i PATH="$PATH" HOME="$folder/home" "$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import sys
from pathlib import Path

from kagglesdk.kaggle_env import get_access_token_from_env

TOKEN, MARK = "KGAT_made_up", "\ufeff"
place = Path.home() / ".kaggle"
seen = {}


def token_read() -> str:
    return "read as meant" if get_access_token_from_env()[0] == TOKEN else "read otherwise"


(place / "access_token").write_text(TOKEN + "\n")
seen["access_token, line end"] = token_read()
os.environ["KAGGLE_API_TOKEN"] = TOKEN + "\n"
seen["KAGGLE_API_TOKEN, line end"] = token_read()
del os.environ["KAGGLE_API_TOKEN"]
(place / "access_token").write_text(MARK + TOKEN, encoding="utf-8")
seen["access_token, byte-order mark"] = token_read()
(place / "access_token").unlink()

(place / "kaggle.json").write_text(json.dumps({"username": "ada", "key": "made-up"}))
(place / "kaggle.json").chmod(0o600)
import kaggle  # finds a key and so asks no server  # noqa: E402

for name, mark in {"plain": "", "byte-order mark": MARK}.items():
    (place / "kaggle.json").write_text(mark + json.dumps({"username": "ada", "key": "made-up"}), encoding="utf-8")
    is_read = kaggle.api.read_config_file(quiet=True).get("key") == "made-up"
    seen[f"kaggle.json, {name}"] = "read as meant" if is_read else "passed over"

for name, outcome in seen.items():
    print(f"{name}: {outcome}")
expected = ["read as meant", "read otherwise", "read otherwise", "read as meant", "passed over"]
if list(seen.values()) != expected:
    sys.exit("the behaviour has changed")
PYTHON
