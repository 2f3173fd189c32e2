"""`podium page`: what it puts into the folder, what it refuses, and how it serves.

npm's packages and MediaPipe's models have stand-ins here; tests/browser builds with the real ones.
"""

import json
import socket
import threading
import urllib.request
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from podium.errors import UserError
from podium.page import building, modules
from podium.page.serving import server


@pytest.fixture
def export(tmp_path) -> Path:
    """What `podium page` looks at of an export."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "model_web.tflite").write_bytes(b"web")
    described = {"files": [{"file": "model_web.tflite", "sha256": sha256(b"web").hexdigest()}]}
    described |= {"input": {"columns": {}}, "output": {"alphabet": "ab"}}
    (folder / "model_card.json").write_text(json.dumps(described))
    (folder / "inference_args.json").write_text("{}")
    return folder


@pytest.fixture
def parts(tmp_path, monkeypatch) -> None:
    """A stand-in for what comes through the network."""
    packages = tmp_path / "node_modules/mediabunny"
    packages.mkdir(parents=True)
    (packages / "package.json").write_text("{}")
    task = tmp_path / "a.task"
    with zipfile.ZipFile(task, "w") as archive:
        archive.writestr("pose_detector.tflite", b"detector")
    monkeypatch.setattr(building, "modules", lambda: packages.parent)
    monkeypatch.setattr(building, "holistic_task", lambda named: named or task)


def test_the_folder_holds_all_that_the_page_asks_for(podium, export, parts, tmp_path):
    out = tmp_path / "more/page"
    outcome = podium("page", "--model", export, "--out", out, "--no-serve")
    assert (outcome.code, outcome.out) == (0, f"{out}\n")
    assert (out / "pose_detector.tflite").read_bytes() == b"detector" and (out / "holistic.task").is_file()
    assert (out / "node_modules/mediabunny/package.json").is_file()
    assert {file.name for file in modules.SITE.glob("*.mjs")} <= {file.name for file in out.iterdir()}
    for name in ("model_web.tflite", "model_card.json", "inference_args.json"):
        assert (out / name).read_bytes() == (export / name).read_bytes()
    (out / "page.mjs").unlink()
    assert podium("page", "--model", export / "model_web.tflite", "--out", out, "--no-serve").code == 0
    assert (out / "page.mjs").is_file(), "a page is made anew"
    assert [one.name for one in out.parent.iterdir()] == ["page"], "nothing is left over"


def test_what_is_none_is_refused_in_one_line(podium, export, parts, tmp_path):
    def refused(*words) -> str:
        outcome = podium("page", "--no-serve", "--out", tmp_path / "page", *words)
        assert outcome.code == 2 and outcome.err.startswith("error: ") and outcome.err.count("\n") == 1
        assert not (tmp_path / "page").exists()
        return outcome.err

    assert "nothing/model_web.tflite does not exist" in refused("--model", tmp_path / "nothing/model_web.tflite")
    assert "name a model_web.tflite" in refused("--model", tmp_path)
    (export / "model.tflite").write_bytes(b"web")
    assert "is not the file for browsers" in refused("--model", export / "model.tflite")
    card = export / "model_card.json"
    whole = json.loads(card.read_text())
    for change, expected in (
        ({"output": {"classes": []}}, "it takes models of landmarks that write letters, and of sound"),
        ({"files": []}, "is not among the files of model_card.json"),
    ):
        card.write_text(json.dumps(whole | change))
        assert expected in refused("--model", export)
    card.unlink()
    assert "lacks model_card.json beside it" in refused("--model", export)


def test_a_model_of_sound_needs_nothing_of_mediapipe(podium, export, parts, tmp_path):
    card = json.loads((export / "model_card.json").read_text())
    card |= {"input": {"sample_rate": 16000}, "output": {"classes": ["yes"]}}
    (export / "model_card.json").write_text(json.dumps(card))
    assert podium("page", "--model", export, "--out", tmp_path / "page", "--no-serve").code == 0
    assert not (tmp_path / "page/holistic.task").exists() and (tmp_path / "page/sound_page.mjs").is_file()


def test_somebody_elses_folder_is_left_alone(podium, export, parts, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    outcome = podium("page", "--model", export, "--out", mine, "--no-serve")
    assert outcome.code == 2 and "holds no page; name another folder with --out" in outcome.err
    assert [one.name for one in mine.iterdir()] == ["letter.txt"]


def test_a_port_that_is_taken_is_told_before_anything_is_made(podium, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = podium("page", "--port", port, "--out", tmp_path / "page")
    assert outcome.code == 2 and f"port {port} cannot be used" in outcome.err and "--port" in outcome.err
    assert not (tmp_path / "page").exists()
    assert podium("page", "--port", "70000").code == 2


def test_it_serves_scripts_as_browsers_want_them(tmp_path):
    (tmp_path / "a.mjs").write_text("1")
    (tmp_path / "a.wasm").write_bytes(b"")
    with server(tmp_path, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        kinds = []
        for name in ("a.mjs", "a.wasm"):
            with urllib.request.urlopen(f"http://127.0.0.1:{serving.server_port}/{name}") as response:
                kinds.append(response.headers["Content-Type"])
        assert serving.server_address[0] == "127.0.0.1"
        serving.shutdown()
    assert kinds == ["text/javascript", "application/wasm"]


def test_without_npm_or_network_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="needs npm once"):
        modules.modules()
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(UserError, match=r"cannot be fetched \(code ENOTFOUND\); run this once with a network"):
        modules.modules()
    assert list((tmp_path / "cache/podium").iterdir()) == [], "nothing half made"
