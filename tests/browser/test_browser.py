"""The file for browsers in a real one: headless Chromium with LiteRT's own runtime for the web."""

import hashlib
import io
import json
import shutil
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from chromium import CHROMIUM, Chromium
from planted import FAULTS, virtual_clips
from sites import answer_of, served
from small_networks import random_clip

from podium import Recognizer
from podium.landmarks.remarks import REASONS
from podium.recognise.readings import Reading
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS

MAX_FRAMES = 64  # of the fixture's networks; the file takes twice as many
PROBLEM = "document.querySelector('#problem').textContent"
SAID = """(() => {
  window.said = [];
  for (const place of ['#status', '#problem']) {
    const element = document.querySelector(place);
    const listener = () => element.textContent && said.push(element.textContent);
    new MutationObserver(listener).observe(element, {childList: true});
  }
})()"""
LENGTHS = [0, 1, 14, 15, 64, 65, 127, 128, *np.linspace(16, 126, 48).astype(int)]

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")


def npy(clip: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, clip)
    return buffer.getvalue()


def read_in_browser(site: Path, files: list[bytes], rates: list[float | None], profile: Path) -> dict:
    """What the page sends back after reading the .npy files, each at its rate."""
    names = [f"clip{number}.npy" for number in range(len(files))]
    for name, content in zip(names, files, strict=True):
        (site / name).write_bytes(content)
    told = [{"name": name, "fps": fps} for name, fps in zip(names, rates, strict=True)]
    (site / "clips.json").write_text(json.dumps(told))
    return answer_of(site, "read_clips.html", profile)


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


def on_page(reading: Reading) -> list[str]:
    """What the page shows of a reading."""
    return [reading.text or f"no text: {REASONS[reading.reason]}", f"{int(100 * reading.confidence + 0.5)} %"]


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

        def shown() -> list[str]:
            return page.value("['#text', '#percent'].map((one) => document.querySelector(one).textContent)")

        page.open(f"{address}/index.html")
        page.wait("document.querySelector('#problem').textContent.startsWith('holistic.task cannot be fetched: 404')")
        page.value(SAID)
        page.choose("#file", path)
        assert said() == ["reading …", "done"] and shown() == on_page(plain)
        assert page.value("document.querySelector('#clips').open"), "the field for the rate shows"
        page.type("#fps", "60")
        assert said() == ["reading …", "done"] and shown() == on_page(at_60)
        page.type("#fps", "29,97")
        assert said() == ['"29,97" has a comma; write a point, as in 29.97'] and shown() == ["", "–"]
        page.type("#fps", "abc")
        assert said() == ['"abc" is no number of frames a second']
        page.type("#fps", " 29.97")
        assert said() == ["reading …", "done"] and shown() == on_page(plain)
        np.save(path, untrusted)
        page.choose("#file", path)
        assert said() == ["reading …", "done"] and shown() == on_page(recognizer.read(untrusted, 29.97))
        assert page.value("document.querySelector('#copy').disabled")


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
            page.wait(f"({PROBLEM}) !== ''")
            assert page.value("document.querySelector('#file').disabled")
            return page.value(PROBLEM)

        names = ["no_model", "no_modules", "cut_card", "no_settings", "not_for_browsers"]
        said = {name: message(f"{address}/{name}/index.html") for name in names}
        from_disk = message((site / "index.html").as_uri())
    assert said["no_model"].startswith("model_web.tflite cannot be fetched: 404; ")
    assert said["no_model"].endswith("beside this page")
    assert said["no_modules"].startswith('the runtime cannot be loaded; run "npm ci"')
    assert said["no_settings"].startswith(f"{address}/no_settings/inference_args.json cannot be fetched: 404; ")
    assert said["cut_card"].startswith("model_card.json cannot be read: ")
    assert said["not_for_browsers"].startswith("model_web.tflite cannot be used: it is not the file for browsers")
    assert "podium page" in from_disk and "python -m http.server" in from_disk
