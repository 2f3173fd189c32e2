"""The file for browsers in a real one: headless Chromium with LiteRT's own runtime for the web."""

import hashlib
import http.server
import io
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import Queue

import numpy as np
import pytest
from chromium import CHROMIUM, FLAGS, Chromium
from planted import FAULTS, virtual_clips
from project import ROOT
from small_networks import account_of, built_in, random_clip, random_network, small_recipe, state_of

from podium import Recognizer
from podium.export.card import model_card
from podium.export.formats import MAKERS
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS
from podium.systems.fingerspelling.twin import assemble, make

EXAMPLE = ROOT / "examples/browser"
NPM = shutil.which("npm")
TIMEOUT_S = 300
MAX_FRAMES = 64
MIN_CONFIDENCE = 0.42  # such networks trust some clips and others not
ANSWER = "document.querySelector('output').textContent.trim()"
SAID = """(() => {
  const output = document.querySelector('output');
  window.said = [];
  new MutationObserver(() => said.push(output.textContent.trim())).observe(output, {childList: true});
})()"""
LENGTHS = [0, 1, 14, 15, 64, 65, 127, 128, *np.linspace(16, 126, 48).astype(int)]

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium"),
    pytest.mark.skipif(not NPM, reason="no npm, which brings the runtime"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The example with its packages, beside a file of two small networks and its card."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    shutil.copy(Path(__file__).with_name("read_clips.html"), folder)
    install = [NPM, "ci", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=TIMEOUT_S)
    recipe = small_recipe(max_frames=MAX_FRAMES)
    twins = [make(recipe).port(state_of(random_network(recipe, seed)), "the test") for seed in (1, 2)]
    ensemble = assemble(twins, built_in(15, MIN_CONFIDENCE))
    (folder / "model_web.tflite").write_bytes(MAKERS["web"](ensemble))
    (folder / "foreign.tflite").write_bytes(b"of another export")
    settings = {"system": "fingerspelling", "selected_columns": COLUMNS, "frame_rate": 30}
    settings |= built_in(15, MIN_CONFIDENCE)
    parity = {"passed": True, "formats": {"tensorflow": {"num_clips": 0}, "web": {"num_clips": 0}}}
    account = account_of(recipe, seed=1, podium="0")
    card = model_card("test", answers, [folder / "model_web.tflite"], settings, parity, [account], None, None)
    (folder / "model_card.json").write_text(json.dumps(card))
    (folder / "inference_args.json").write_text(json.dumps(settings))
    return folder


def npy(clip: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, clip)
    return buffer.getvalue()


@contextmanager
def served(site: Path, answers: Queue[dict] | None = None) -> Iterator[str]:
    """The address of the folder, from which a page can send back what then stands in the queue."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

        def __init__(self, *arguments) -> None:
            super().__init__(*arguments, directory=str(site))

        def do_POST(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def read_in_browser(site: Path, files: list[bytes], rates: list[float | None], profile: Path) -> dict:
    """What the page sends back after reading the .npy files, each at its rate."""
    names = [f"clip{number}.npy" for number in range(len(files))]
    for name, content in zip(names, files, strict=True):
        (site / name).write_bytes(content)
    told = [{"name": name, "fps": fps} for name, fps in zip(names, rates, strict=True)]
    (site / "clips.json").write_text(json.dumps(told))
    answers: Queue[dict] = Queue()
    with served(site, answers) as address:
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", f"{address}/read_clips.html"]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return answers.get(timeout=TIMEOUT_S)
        finally:
            browser.kill()
            browser.wait()


def test_a_browser_reads_what_python_reads(site, tmp_path):
    clips = [random_clip(num_frames, seed) for seed, num_frames in enumerate(LENGTHS)]
    clips += [np.full((40, 390), np.nan, np.float32), *virtual_clips(2), np.nan_to_num(next(virtual_clips(1)))]
    faults = [FAULTS[name][0] for name in ("hands swapped", "y upwards")]
    spoilt = [fault(next(virtual_clips(1)), np.random.default_rng(0)) for fault in faults]
    clips = [np.ascontiguousarray(clip[: 2 * MAX_FRAMES]) for clip in [*clips, *spoilt]]
    rates = [[None, 30, 60, 48][number % 4] for number in range(len(clips))]
    rates[9] = None
    other_layouts = [np.asfortranarray(clips[9]), clips[9].astype(np.float64)]
    infinite = clips[9].copy()
    infinite[3, 1] = np.inf
    refused = [random_clip(129), clips[9].T.copy(), clips[9].reshape(-1, 130, 3), clips[9].astype(np.float16), infinite]
    files = [npy(clip) for clip in [*clips, *other_layouts, *refused]]
    files += [files[9][:40], files[9].replace(b"'shape'", b"'shade'"), files[9]]
    answer = read_in_browser(site, files, [*rates, *[None] * (len(files) - len(clips) - 1), 0.5], tmp_path)
    assert "failure" not in answer, answer["failure"]
    assert answer["missing"] == "no_card.json cannot be fetched: 404", "and the next one is loaded"
    assert answer["foreign"].startswith("foreign.tflite is none of the files that the model card describes")
    readings = answer["readings"][: len(clips)]
    first_refused = len(clips) + len(other_layouts)
    assert all(one == readings[9] for one in answer["readings"][len(clips) : first_refused])
    num_frames = len(clips[9])
    assert [one["error"] for one in answer["readings"][first_refused:]] == [
        "the clip has 129 frames and the file takes 128; cut it",
        f"the array has the shape (390, {num_frames}); a clip is (frames, 390)",
        f"the array has the shape ({num_frames}, 130, 3); a clip is (frames, 390)",
        "the array is <f2, not float32 or float64",
        f"frame 3 has an infinite {COLUMNS[1]}; a missing landmark is NaN",
        "the file is cut off in its header",
        "the header is damaged, or of an array of records",
        "fps must be from 1 to 1000 frames a second, not 0.5",
    ]
    recognizer = Recognizer(site / "model_web.tflite")
    expected = [recognizer.read(clip, fps) for clip, fps in zip(clips, rates, strict=True)]
    assert len(clips) > 50 and len({reading.text for reading in expected}) > 20
    assert {"no_frames", "no_hand", "too_short", "not_trusted"} <= {reading.reason for reading in expected}
    assert {"zeros_for_missing", "hands_swapped", "upside_down"} <= {one for each in expected for one in each.remarks}
    for clip, ours, theirs in zip(clips, expected, readings, strict=True):
        assert (theirs["text"], theirs["reason"]) == (ours.text, ours.reason), len(clip)
        assert theirs["remarks"] == list(ours.remarks)
        assert theirs["ids"] == [CHARACTERS.index(character) for character in ours.text]
        assert theirs["confidence"] == (ours.confidence and pytest.approx(ours.confidence, abs=1e-3))


def on_page(text: str, confidence: float) -> str:
    return f"{text} (confidence {int(100 * confidence + 0.5)} %)"


def test_the_page_reads_again_at_another_rate_and_the_same_file(site, tmp_path):
    recognizer = Recognizer(site / "model_web.tflite")
    clips = (random_clip(60, seed) for seed in count())
    readings = ((clip, recognizer.read(clip), recognizer.read(clip, 60)) for clip in clips)
    clip, plain, at_60 = next(one for one in readings if one[1].text and one[2].text and one[1].text != one[2].text)
    untrusted = next(clip for clip in clips if recognizer.read(clip).reason == "not_trusted")
    path = tmp_path / "clip.npy"
    np.save(path, clip)
    with served(site) as address, Chromium(tmp_path / "profile") as page:

        def said() -> list[str]:
            """What the page has said since the last question, up to an answer."""
            page.wait("said.length > 0 && said.at(-1) !== 'reading …'")
            return page.value("said.splice(0)")

        page.open(f"{address}/index.html")
        page.wait(f"{ANSWER} === 'ready'")
        page.value(SAID)
        page.type("#fps", "60")
        assert said() == ["ready"]
        page.type("#fps", "")
        assert said() == ["ready"]
        page.choose("#file", path)
        page.wait("said.includes('reading …')")
        assert said() == ["ready", "reading …", on_page(plain.text, plain.confidence)]
        page.type("#fps", "60")
        assert said() == ["reading …", on_page(at_60.text, at_60.confidence)]
        page.type("#fps", "29,97")
        assert said() == ['"29,97" has a comma; write a point, as in 29.97']
        page.type("#fps", "abc")
        assert said() == ['"abc" is no number of frames a second']
        assert page.value("document.querySelector('output').className") == "error"
        page.type("#fps", " 29.97")
        assert said() == ["reading …", on_page(plain.text, plain.confidence)]
        assert page.value("document.querySelector('output').className") == ""
        np.save(path, untrusted)
        page.choose("#file", path)
        page.wait("said.includes('reading …')")
        assert said() == ["ready", "reading …", "no text: the model does not trust its reading of this clip"]


def of_any_length() -> bytes:
    """A file that takes clips of any length, as all but the one for browsers do."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, len(COLUMNS)), name="inputs")], autograph=False)
    def double(inputs: tf.Tensor) -> dict:
        return {"outputs": 2 * inputs}

    module = tf.Module()
    module.double = double
    return tf.lite.TFLiteConverter.from_concrete_functions([double.get_concrete_function()], module).convert()


def test_the_page_says_why_it_cannot_read(site, tmp_path):
    def folder(name: str) -> Path:
        copy = tmp_path / name
        shutil.copytree(site, copy, ignore=shutil.ignore_patterns("node_modules"))
        (copy / "node_modules").symlink_to(site / "node_modules")
        return copy

    (folder("no_model") / "model_web.tflite").unlink()
    (folder("no_modules") / "node_modules").unlink()
    (folder("cut_card") / "model_card.json").write_text("{")
    (folder("no_settings") / "inference_args.json").unlink()
    content = of_any_length()
    (folder("not_for_browsers") / "model_web.tflite").write_bytes(content)
    card = json.loads((site / "model_card.json").read_text())
    card["files"][0]["sha256"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "not_for_browsers/model_card.json").write_text(json.dumps(card))
    with served(tmp_path) as address, Chromium(tmp_path / "profile") as page:

        def message(url: str) -> str:
            page.open(url)
            page.wait("document.querySelector('output.error') !== null")
            assert page.value("document.querySelector('#file').disabled")
            return page.value(ANSWER)

        names = ["no_model", "no_modules", "cut_card", "no_settings", "not_for_browsers"]
        said = {name: message(f"{address}/{name}/index.html") for name in names}
        hint = page.value("document.querySelector('ul').innerText")
        from_disk = message((site / "index.html").as_uri())
    assert said["no_model"] == "model_web.tflite cannot be fetched: 404"
    assert said["no_modules"].startswith('the runtime cannot be loaded; run "npm ci"')
    assert said["no_settings"] == f"{address}/no_settings/inference_args.json cannot be fetched: 404"
    assert said["cut_card"].startswith("model_card.json cannot be read: ")
    assert said["not_for_browsers"].startswith("model_web.tflite cannot be used: it is not the file for browsers")
    assert "model_web.tflite, model_card.json and inference_args.json" in hint
    assert "python -m http.server" in from_disk
