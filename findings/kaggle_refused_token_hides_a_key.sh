#!/bin/sh
# kaggle 2.2.4, kagglesdk 0.1.37 (with six, which kaggle imports and does not require), Python 3.11.
# Behaviour: an access token that Kaggle no longer knows hides a kaggle.json that is right. authenticate() asks the
# server, learns that the token is unknown, says that it now uses the key (auth_method LEGACY_API_KEY), and the next
# request carries the unknown token all the same.
# Output seen:
#   authenticate() uses: LEGACY_API_KEY
#   the request carries: Bearer
# Why it matters: a user with an old token who goes back to kaggle.json is refused (401) and cannot see why.
# Podium's message names the place of the credentials that were refused.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kaggle==2.2.4 kagglesdk==0.1.37 six==1.17.0
mkdir -p "$folder/home/.kaggle"
echo "KGAT_old" > "$folder/home/.kaggle/access_token"
echo '{"username": "ada", "key": "made-up"}' > "$folder/home/.kaggle/kaggle.json"
chmod 600 "$folder/home/.kaggle/"*
env -i PATH="$PATH" HOME="$folder/home" KAGGLE_API_ENVIRONMENT=LOCALHOST "$folder/venv/bin/python" - <<'PYTHON'
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

carried = []


class Kaggle(BaseHTTPRequestHandler):
    """A loopback server in Kaggle's place that knows no token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/IntrospectToken"):
            body = b'{"active": false}'
        else:
            carried.append(self.headers["Authorization"].split()[0])
            body = b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Kaggle)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["http_proxy"] = f"http://127.0.0.1:{server.server_address[1]}"

import kaggle  # noqa: E402

kaggle.api.authenticate()
method = kaggle.api.config_values["auth_method"].removeprefix("AuthMethod.")
kaggle.api.competitions_list()
print("authenticate() uses:", method)
print("the request carries:", carried[-1])
if (method, carried[-1]) != ("LEGACY_API_KEY", "Bearer"):
    sys.exit("the behaviour has changed")
PYTHON
