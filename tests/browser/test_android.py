"""The Android example, compiled by Kotlin's compiler, reads clips as the library does.

Its interpreter is a stub that asks this test, which runs the file in LiteRT's runtime. The compiler comes with npm
(`PODIUM_KOTLIN` is the folder of its jar files; .ci/run installs it); Android itself is not needed.
"""

import os
import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from android_stubs import READER, STUBS
from planted import HABITS, virtual_clips
from project import ROOT
from small_networks import random_clip

from podium.storage.files import read_json, write_json
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS
from podium.systems.recognizer import Recognizer

SOURCES = sorted((ROOT / "examples/android/src/main/kotlin").rglob("*.kt"))
JARS = os.environ.get("PODIUM_KOTLIN")
MAX_FRAMES = 64

pytestmark = pytest.mark.skipif(
    not (JARS and shutil.which("java")), reason="no Kotlin compiler (set PODIUM_KOTLIN) or no Java"
)


def java(*words: object) -> list[str]:
    """A command; of small programs the first, quick compiler of Java is enough."""
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx700m", *map(str, words)]


@pytest.fixture(scope="module")
def classes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("android")
    for package, text in STUBS.items():
        (folder / f"{package}.kt").write_text(f"package {package}\n{text}")
    (folder / "Reader.kt").write_text(READER)
    compiler = ["-cp", f"{JARS}/*", "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-reflect", "-Werror"]
    out = folder / "classes"
    command = java(*compiler, "-d", out, *SOURCES, *folder.glob("*.kt"))
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return out


def clips_and_rates() -> list[tuple[np.ndarray, float | None]]:
    """Plausible clips, short and empty ones, with gaps and idle ends, at several rates."""
    rng = np.random.default_rng(5)
    clips = [change(clip, rng) for clip in virtual_clips(2) for change in HABITS.values()]
    clips += [random_clip(num_frames) for num_frames in (0, 1, 2, 20, 3 * MAX_FRAMES)]
    clips += [np.concatenate([np.full((9, len(COLUMNS)), np.nan, np.float32), clip]) for clip in clips[:2]]
    clips.append(np.full((20, len(COLUMNS)), np.nan, np.float32))
    clips.append(np.repeat(clips[0], 4, axis=0))  # who spells slowly
    rates = [None, 15.0, 60.0, 25.0, 29.97, 48.0]
    return [(np.ascontiguousarray(clip, ">f4"), rates[number % len(rates)]) for number, clip in enumerate(clips)]


def written(settings: dict, clips: list[tuple[np.ndarray, float | None]]) -> bytes:
    def text(words: str) -> bytes:
        return struct.pack(">H", len(words)) + words.encode()

    out = BytesIO()
    out.write(struct.pack(">i", len(COLUMNS)) + b"".join(map(text, COLUMNS)) + text(CHARACTERS))
    out.write(struct.pack(">idd", settings["min_frames"], settings["min_confidence"], settings["frame_rate"]))
    out.write(struct.pack(">?ii", settings["holds"] == "short", MAX_FRAMES, len(clips)))
    for clip, fps in clips:
        out.write(struct.pack(">di", np.nan if fps is None else fps, len(clip)) + clip.tobytes())
    return out.getvalue()


def answer(program: subprocess.Popen, model: Path) -> None:
    """Plays LiteRT's interpreter for a program until it ends."""
    run = Interpreter(str(model)).get_signature_runner("serving_default")
    while length := program.stdout.read(4):
        (num_frames,) = struct.unpack(">i", length)
        values = np.frombuffer(program.stdout.read(4 * num_frames * len(COLUMNS)), ">f4").astype(np.float32)
        outputs = run(inputs=values.reshape(num_frames, len(COLUMNS)))
        rows, confidence = (np.asarray(outputs[name], ">f4") for name in ("outputs", "confidence"))
        program.stdin.write(struct.pack(">i", rows.size) + rows.tobytes() + confidence.tobytes())
        program.stdin.flush()


def readings(data: bytes, number: int) -> list[tuple[str, str, float | None]]:
    stream = BytesIO(data)

    def text() -> str:
        return stream.read(struct.unpack(">H", stream.read(2))[0]).decode()

    found = [(text(), text(), struct.unpack(">f", stream.read(4))[0]) for _ in range(number)]
    return [(words, reason, None if np.isnan(confidence) else confidence) for words, reason, confidence in found]


@pytest.mark.parametrize("holds", ["all", "short"])
def test_the_example_reads_as_the_library(classes, phone_file, model, tmp_path, holds):
    settings = read_json(model / "inference_args.json") | {"holds": holds}
    write_json(tmp_path / "inference_args.json", settings)
    (tmp_path / "model.tflite").write_bytes(phone_file)
    clips = clips_and_rates()
    (tmp_path / "clips").write_bytes(written(settings, clips))
    path = f"{classes}{os.pathsep}{JARS}/kotlin-stdlib.jar"
    command = java("-cp", path, "podium.ReaderKt", tmp_path / "clips", tmp_path / "readings")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        answer(program, tmp_path / "model.tflite")
    assert program.returncode == 0
    recognizer = Recognizer(tmp_path / "model.tflite")
    expected = [recognizer.read(clip.astype(np.float32), fps=fps) for clip, fps in clips]
    found = readings((tmp_path / "readings").read_bytes(), len(clips))
    assert [one[:2] for one in found] == [(one.text, one.reason) for one in expected]
    assert {"no_frames", "no_hand", "too_short", "not_trusted", ""} <= {one.reason for one in expected}
    for (*_, confidence), one in zip(found, expected, strict=True):
        assert confidence == (None if one.confidence is None else pytest.approx(one.confidence, abs=1e-6))
