"""Malformed files against the real commands: one line, exit code 2, nothing written, nothing executed, no gigabytes.

Most run in a process of their own beside the tests (`hostile.worker`), under a limit of memory; a sample starts anew.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hostile.commands import COMMANDS
from hostile.corpus import all_cases, count_table
from hostile.machine import PATIENCE_S, ROOT, Ending, Machine, Place
from hostile.sound import write_sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kaggle_server import TOKEN, KaggleServer

CASES = all_cases()
ADDRESS_SPACE = 8 << 30  # bytes, of a whole process with its libraries
# Where a download may leave what it has fetched: for the next run, or checked files.
FETCHED = ("fetched/.download.lock", "fetched/archives/")
# Files and commands for random damage: what comes out is sound, or is said to be bad.
READ_BY = {
    f"raw/train_landmarks/{COMMANDS['predict raw'][2].split('/')[-1]}": ["pack", "predict raw", "inspect raw"],
    "clips/clip.parquet": ["predict parquet"],
    "clips/clip.npy": ["predict npy"],
    "clips/clip.csv": ["predict csv"],
    "raw/train.csv": ["list", "inspect raw"],
    "network/recipe.json": ["predict npy", "info network"],
    "network/model.safetensors": ["predict npy", "info network"],
    "export/model.tflite": ["predict file", "info file"],
    "original.pth": ["import"],
    "original.npz": ["import npz"],
    "dataset.yaml": ["list"],
    "recipe.yaml": ["import"],
    "data/index.parquet": ["merge", "inspect data"],
    "data/manifest.json": ["inspect data"],
    "asl.zip": ["download"],
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_sound(folder)
    return folder


@pytest.fixture(scope="module")
def server():
    with KaggleServer({}) as server:
        yield server


@pytest.fixture(scope="module")
def machine(server, tmp_path_factory):
    credentials = {"KAGGLE_API_TOKEN": TOKEN, "HOME": str(tmp_path_factory.mktemp("home"))}
    machine = Machine({**server.environment, **credentials})
    yield machine
    machine.close()


def assert_one_line(ending: Ending, words: str = "") -> None:
    """Exit code 2; the last line says what is wrong, and no other does. Logs and bars may stand before."""
    assert ending.code == 2, ending
    lines = [line.rsplit("\r", 1)[-1] for line in ending.err.rstrip("\n").split("\n")]
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:], ending.err
    assert "Traceback" not in ending.err and len(lines) < 10, ending.err
    assert words in lines[-1] and len(lines[-1]) < 1200 and lines[-1].isprintable()


def assert_untouched(place: Place, before: dict, sound: Path) -> None:
    """No file is new, gone or changed. What a download has unpacked is whole."""
    after = place.listing()
    for name in before.keys() | after.keys():
        if name.startswith("fetched/raw/"):
            assert place.read(name) == (sound / name.removeprefix("fetched/")).read_bytes(), name
        elif not name.startswith(FETCHED):
            assert before.get(name) == after.get(name), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_line_and_nothing_else(case, sound, server, machine, tmp_path):
    place = Place(sound, tmp_path / "place")
    case.prepare(place)
    server.files["asl.zip"] = place.read("asl.zip")
    before = place.listing()
    ending = machine.run(COMMANDS[case.command], place.folder)
    assert_one_line(ending, case.words)
    assert_untouched(place, before, sound)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("try", "port")])
def test_sound_files_are_read(command, sound, server, machine, tmp_path):
    """Control: under the same limits, in the same process."""
    place = Place(sound, tmp_path / "place")
    server.files["asl.zip"] = place.read("asl.zip")
    assert machine.run(COMMANDS[command], place.folder).code == 0


SAMPLE = (
    "parquet, pack: cut in half",
    "yaml, list: 2^100 merges",
    ".pth, import: calls os.system",
    "csv, list: UTF-16",
)


@pytest.mark.parametrize("case", [case for case in CASES if str(case) in SAMPLE], ids=str)
def test_a_process_of_its_own(case, sound, tmp_path):
    place = Place(sound, tmp_path / "place")
    case.prepare(place)
    before = place.listing()
    name, *words = COMMANDS[case.command]
    start = ["-m", "podium"] if name == "podium" else [str(ROOT / f"workflow/scripts/{name}.py")]
    done = subprocess.run(
        [sys.executable, *start, *words], cwd=place.folder, capture_output=True, text=True, timeout=PATIENCE_S,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
    )  # fmt: skip
    assert_one_line(Ending(done.returncode, done.stdout, done.stderr), case.words)
    assert_untouched(place, before, sound)


def test_the_sample_is_there():
    assert {str(case) for case in CASES} >= set(SAMPLE)


damage = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4)


@pytest.mark.parametrize("file", READ_BY)
def test_random_damage(file, sound, server, machine, tmp_path_factory):
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    @given(damage=damage, end=st.floats(0, 1) | st.just(1.0), is_near_end=st.booleans())
    def check(damage, end, is_near_end):
        place = Place(sound, tmp_path_factory.mktemp("damage") / "place")
        content = bytearray(place.read(file))
        span = min(len(content), 2000) if is_near_end else len(content)  # where most formats keep what they promise
        for share, value in damage:
            content[len(content) - span + int(share * span)] = value
        place.write(file, bytes(content[: int(end * len(content)) or 1]))
        server.files["asl.zip"] = place.read("asl.zip")
        for command in READ_BY[file]:
            before = place.listing()
            ending = machine.run(COMMANDS[command], place.folder)
            if ending.code:
                assert_one_line(ending)
                assert_untouched(place, before, sound)
            assert ending.code in (0, 2) and not (place.folder / "marker").exists()

    check()


def test_a_limit_is_a_limit(sound, machine, tmp_path):
    """Control: a clip of 100 MB does not fit into 50 MB."""
    place = Place(sound, tmp_path / "place")
    np.save(place.new("clips/clip.npy"), np.zeros((65_000, 390), np.float32))
    ending = machine.run(COMMANDS["predict npy"], place.folder, headroom_mb=50)
    assert ending.code == 2 and "Cannot allocate memory" in ending.err


def test_documentation_counts_the_cases():
    assert count_table() in (ROOT / "docs/bad_input.md").read_text(encoding="utf-8")
    assert len(CASES) >= 200
