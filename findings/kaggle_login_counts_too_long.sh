#!/bin/sh
# kagglesdk 0.1.37 (of kaggle 2.2.4), Python 3.11.
# Behaviour: the access token of `kaggle auth login` counts as valid until half an hour after its end, not until half an
# hour before it: the client asks for a new one only then, and sends the old one until then.
# Output seen:
#   ended 10 minutes ago: has expired: False
#   ended 40 minutes ago: has expired: True
# Why it matters: a download that begins in this half hour is refused (401), and runs a little later without a change.
# Podium passes an access token on only if it has not ended.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kagglesdk==0.1.37
env -i PATH="$PATH" HOME="$folder" "$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import datetime, timedelta, timezone

from kagglesdk import KaggleCredentials

seen = []
for minutes in (10, 40):
    end = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    login = KaggleCredentials(
        client=None, refresh_token="made-up", access_token="made-up", access_token_expiration=end
    )
    seen.append(login.access_token_has_expired())
    print(f"ended {minutes} minutes ago: has expired: {seen[-1]}")
if seen != [False, True]:
    sys.exit("the behaviour has changed")
PYTHON
