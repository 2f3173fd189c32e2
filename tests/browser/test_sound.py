"""The page for spoken words: its rules for sounds against the library's; a file and the microphone in Chromium."""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile
import speech
import torch
from chromium import CHROMIUM, Chromium
from project import ROOT
from sites import served

from podium import Recognizer
from podium.audio import clip_files
from podium.export.formats import make_file
from podium.page.building import build
from podium.systems.speech import answers, twin
from podium.systems.speech.inputs import HOP, LONGEST_CLIP
from podium.systems.speech.plan import Settings

RATE = clip_files.RATE
NODE = shutil.which("node")
FAKE_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
STATUS, PROBLEM, TEXT = (f"document.querySelector('#{place}').textContent" for place in ("status", "problem", "text"))
PERCENT = "document.querySelector('#percent').textContent"


def sounds() -> list[np.ndarray]:
    """Of many lengths, and with what is told of them."""
    rng = np.random.default_rng(3)
    found = [0.1 * rng.normal(size=size) for size in (1, 8000, RATE, RATE + 1, LONGEST_CLIP, LONGEST_CLIP + 1, 40_000)]
    found += [np.zeros(RATE), 0.1 * rng.normal(size=RATE) + 0.3, np.clip(3 * rng.normal(size=RATE), -1, 1)]
    found += [2.0 * rng.normal(size=RATE), np.full(RATE, 0.01)]
    return [one.astype(np.float32) for one in found]


@pytest.mark.skipif(not NODE, reason="no node, which comes with npm")
def test_the_page_cuts_and_doubts_sounds_as_the_library_does(tmp_path):
    (tmp_path / "lengths.json").write_text(json.dumps([len(one) for one in sounds()]))
    np.concatenate(sounds()).tofile(tmp_path / "samples.f32")
    script = Path(__file__).with_name("sound_rules.mjs")
    command = [NODE, script, ROOT / "examples/browser", tmp_path / "lengths.json", tmp_path / "samples.f32"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    answer = json.loads(outcome.stdout)
    told = set()
    for x_S, found in zip(sounds(), answer["sounds"], strict=True):
        assert tuple(found["doubts"]) == clip_files.doubts(x_S)
        if len(x_S) <= LONGEST_CLIP:
            cut, remarks = clip_files.one_second(clip_files.Sound(x_S, ()))
            begins_N, x_NW = [0.0], cut[None]
        else:
            (begins_N, x_NW), remarks = clip_files.windows(x_S, HOP), ()
        assert [one["begin"] for one in found["clips"]] == pytest.approx(list(begins_N))
        assert all(tuple(one["remarks"]) == tuple(remarks) for one in found["clips"])
        ends = [x_W[np.flatnonzero(x_W)[-1]] if x_W.any() else 0 for x_W in x_NW]
        assert [(one["first"], one["last"]) for one in found["clips"]] == list(zip(x_NW[:, 0], ends, strict=True))
        told |= {*found["doubts"], *remarks}
    assert told == set(answer["meanings"]) - {"mixed_down"}
    assert answer["meanings"].items() <= clip_files.MEANINGS.items()


@pytest.fixture(scope="module")
def sound_site(tmp_path_factory, packages) -> Path:
    """The page with a small network that hears."""
    folder = tmp_path_factory.mktemp("speech")
    torch.manual_seed(0)
    recipe = speech.recipe()
    state = {name: value.numpy() for name, value in speech.make(recipe).network.state_dict().items()}
    graph = twin.assemble([twin.make(recipe).port(state, "a test")], Settings().model_dump())
    content = make_file(graph, "web")
    (folder / "model_web.tflite").write_bytes(content)
    card = {"files": [{"file": "model_web.tflite", "sha256": sha256(content).hexdigest()}]}
    card |= {key: answers.card(Settings().model_dump(), [recipe.model_dump()])[key] for key in ("input", "output")}
    (folder / "model_card.json").write_text(json.dumps(card))
    (folder / "inference_args.json").write_text(json.dumps({"system": "speech"}))
    build(folder / "page", folder)
    return folder / "page"


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")
def test_the_page_hears_what_python_hears(sound_site, tmp_path):
    x_S = np.concatenate([speech.chirp(word, 0, 0) for word in ("yes", "no", "go")])
    film, broken = tmp_path / "words.wav", tmp_path / "broken.wav"
    soundfile.write(film, x_S, RATE, "FLOAT")
    broken.write_bytes(b"no sound")
    recognizer = Recognizer(sound_site / "model_web.tflite")
    expected = recognizer.read(x_S[-RATE:])
    flags = (*FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={film}")
    with served(sound_site) as address, Chromium(tmp_path / "profile", *flags) as page:
        page.open(f"{address}/index.html")
        assert "yes, left, no" in page.wait(f"{STATUS}.startsWith('ready') && {STATUS}")
        page.choose("#file", film)
        page.wait(f"{STATUS} === 'done'")
        assert page.value(TEXT) == expected.text
        assert page.value(PERCENT) == f"{int(100 * expected.confidence + 0.5)} %"
        page.choose("#file", broken)
        assert page.wait(PROBLEM).startswith("broken.wav is damaged or no sound (")
        page.click("#start")
        page.wait(f"{STATUS} === 'listening'")
        page.wait(f"{PERCENT} !== '–'")
        page.click("#start")
        page.wait(f"{STATUS} === 'done'")
        assert page.value("document.querySelector('#start').textContent") == "Start microphone"
        assert {url.split("/")[2] for url in page.requests if url.startswith("http")} == {address.split("/")[2]}
