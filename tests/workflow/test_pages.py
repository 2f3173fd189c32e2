"""Every command of README and pages: run on the tiny experiment, planned, run by another test, or said why not.

The folder in which they run has the tiny experiment in the place of the demo.
"""

import re
import shlex
import shutil

import forked
import numpy as np
import pandas as pd
import pytest
from pages import PAGES, commands, fenced, unmarked
from project import ROOT, Project, copy_project

from podium.cli.main import _parser
from podium.systems.fingerspelling.landmarks import COLUMNS

MAKE = " ".join(re.findall(r"^(\w[\w -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)).split()
# What a reader fills in, and what stands there here.
STAND_INS = {
    "config/NAME.yaml": "config/test/tiny.yaml", "results/NAME": "results/demo",
    "results/student": "results/demo",
    "CLIPS": "clips", "FOLDER": "results/data/tiny/raw",
    "[--sequence ID]": "", "OUT.png": "out.png", "RECIPE": "tiny_round1",
}  # fmt: skip
RUN = {
    "podium predict CLIPS --model results/demo/export",
    "podium predict CLIPS --model results/NAME/export",
    "podium predict CLIPS --model results/student/export",
    "podium predict CLIPS --model results/demo/round2 --beam 8",
    "podium predict clips/ --model results/demo/export",
    "podium predict clips/ --model results/demo/round2 --beam 8",
    "podium predict me.parquet --model results/demo/export",
    "podium info results/demo/export/model.tflite",
    "podium report demo",
    "podium report demo other",
    "podium report demo winner",
    "podium diff demo winner",
    "podium diff demo other",
    "podium diff demo other --measured",
    "podium diff demo other --json",
    "podium data inspect FOLDER",
    "podium data inspect FOLDER --film OUT.png [--sequence ID]",
    "python -c \"import numpy; numpy.load('clip.npy').astype('<f4').tofile('clip.f32')\"",
    "python -c \"import podium; print(podium.pretrained())\"",
    "python examples/python/read_clip.py results/demo/export clip.npy",
    "python workflow/scripts/generate_corpus.py tables --system fingerspelling --dataset config/datasets/synthetic.yaml"
    " --out results/data/synthetic/raw",
    "python workflow/scripts/generate_corpus.py raw-file --system fingerspelling"
    " --dataset config/datasets/synthetic.yaml --split train --file-id 100000000"
    " --out results/data/synthetic/raw/train_landmarks/100000000.parquet",
}  # fmt: skip
# How a command begins → the test that runs it on small data.
ELSEWHERE = {
    "make run": "tests/workflow/conftest.py",
    "make test": "tests/consistency/test_files.py",
    "podium page": "tests/general/page/test_page_folder.py",
    "podium predict me.mp4": "tests/general/recognise/test_films.py",
    "podium landmarks": "tests/general/recognise/test_films.py",
    "podium predict yes.wav": "tests/systems/speech/test_speech_predict.py",
    "podium predict long.wav": "tests/systems/speech/test_speech_predict.py",
    "podium predict FOLDER --model results/speech/export": "tests/systems/speech/test_speech_predict.py",
    "podium import-checkpoint checkpoint_last_seed1.pth": "tests/systems/fingerspelling/test_importing.py",
    "podium import-checkpoint 195.hdf5": "tests/systems/speech/test_speech_twin.py",
    "podium keep": "tests/workflow/test_student_chain.py",
    "podium try": "tests/general/training/test_presets.py",
    "snakemake export": "tests/workflow/test_published_weights.py",
    "snakemake --cores all --logger-podium-off": "tests/workflow/test_run_console.py",
    "snakemake --unlock": "tests/slurm/test_interruptions.py",
    "snakemake --report": "tests/workflow/test_command.py",
    "python -m pytest tests/contract": "tests/contract/test_contract.py",
    "python -m pytest tests/consistency/test_walls.py": "tests/consistency/test_walls.py",
}
# How a command begins → why no test runs it.
NOT_RUN = {
    "source .venv/bin/activate": "the tests run in it",
    ".venv/bin/python -m pytest": "these tests themselves",
    "pip install": "installs; tests/general/test_install.py tries install.sh",
    "export PODIUM_SCRATCH=/local/scratch": "a cluster's own disk; tests/slurm sets it",
    "make install": "the tests run in what it has installed",
    "make model": "an hour and a half",
    "make chaos": "a hundred runs that are killed; tests/workflow/test_knocks.py does a part",
    "make speech": "installs; .ci/run does it before the tests",
    "make test-image": "builds an image, as root",
    "podium predict CLIPS --model results/signs_llama/export": "the tests make no file of signs; tests/contract runs"
    " the command for the toy, and tests/systems/signs_llama/test_answers.py has the line of a sign",
    "tensorboard": "a server of somebody else's",
    "python benchmarks/": "measures for minutes; speed is no test",
    "python docs/": "draws a picture that is committed",
}


def begins(command: str, table: dict[str, str]) -> list[str]:
    """The entries that are whole words at the beginning of a command, or a folder there."""
    starts = [start for start in table if command.startswith(start)]
    return [start for start in starts if start.endswith("/") or command[len(start) :][:1] in ("", " ")]


def is_planned(command: str) -> bool:
    return command.startswith("snakemake") and not begins(command, ELSEWHERE)


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory) -> Project:
    """The finished tiny experiment under the names that pages use, with clips."""
    root = tmp_path_factory.mktemp("pages") / "podium"
    shutil.copytree(finished.root, root, symlinks=True)
    shutil.copytree(ROOT / "examples/python", root / "examples/python")
    for name in ("demo", "winner", "other"):
        (root / "results" / name).symlink_to("tiny")
    raw = root / "results/data/tiny/raw"
    (raw.parent.parent / "synthetic").mkdir()
    shutil.copytree(raw, raw.parent.parent / "synthetic/raw")
    table = pd.read_parquet(next((raw / "test_landmarks").glob("*.parquet")))
    clip = table.loc[[table.index[0]]]
    np.save(root / "clip.npy", clip[COLUMNS].to_numpy(np.float32))
    clip.reset_index(drop=True).to_parquet(root / "me.parquet")
    clip.to_parquet(root / "landmarks.parquet")
    (root / "clips").mkdir()
    shutil.copy(root / "landmarks.parquet", root / "clips")
    for name in ("model.tflite", "inference_args.json", "model_card.json"):
        shutil.copy(root / "results/tiny/export" / name, root)
    return Project(root)


def filled(command: str) -> list[str]:
    for word, stand_in in STAND_INS.items():
        command = command.replace(word, stand_in)
    return shlex.split(command)


def execute(command: list[str], project: Project):
    words = command[1:] if command[0] == "python" else command
    return forked.run(words, project.root, project.environment)


def test_every_command_has_a_place():
    for command, page in commands().items():
        places = [command in RUN, bool(begins(command, ELSEWHERE)) and command not in RUN,
                  bool(begins(command, NOT_RUN)), is_planned(command)]  # fmt: skip
        assert sum(places) == 1, f"{page}: `{command}` must be in one of RUN, ELSEWHERE and NOT_RUN"
    for start in {**ELSEWHERE, **NOT_RUN}:
        assert any(begins(command, {start: ""}) for command in commands()), f"no page says {start}"
    assert commands().keys() >= RUN, "no page says these any more"
    assert all((ROOT / place).exists() for place in ELSEWHERE.values())


def test_commands_stand_in_blocks():
    assert {page.name: unmarked(page) for page in PAGES if unmarked(page)} == {}


def test_words_of_every_command_are_known():
    """Targets of make, options of scripts, and all that `podium` takes, whether the command is run or not."""
    for command in commands():
        first, *words = filled(command)
        if first == "make":
            assert words[0] in MAKE, command
        elif first == "podium":
            _parser().parse_args(words)
        elif first == "python" and words[0].endswith(".py"):
            source = (ROOT / words[0]).read_text()
            assert [word for word in words if word.startswith("--") and word not in source] == [], command


@pytest.mark.parametrize("command", sorted(RUN))
def test_run(folder, command):
    outcome = execute(filled(command), folder)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Project:
    return copy_project(tmp_path_factory.mktemp("plans") / "podium")


# Cores, resources and what a reader fills in change no plan.
PLANS = {
    re.sub(r" (--cores|--resources) \S+| -n\b", "", " ".join(filled(one))): one for one in commands() if is_planned(one)
}


@pytest.mark.parametrize("plan", sorted(PLANS))
def test_plan(clean, plan):
    outcome = forked.run([*filled(PLANS[plan]), "-n"], clean.root, clean.environment)
    assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-2000:]
    assert "Job stats:" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("page", "number"),
    [(page.name, number) for page in PAGES for number in range(len(fenced(page, "python")))],
)
def test_python(folder, page, number):
    (path,) = (one for one in PAGES if one.name == page)
    outcome = forked.run(["-c", fenced(path, "python")[number]], folder.root, folder.environment)
    assert outcome.returncode == 0, outcome.stderr


def test_figures_of_the_comparison_stand_on_their_pages():
    section = (ROOT / "README.md").read_text().split("## How it compares")[1].split("\n## ")[0]
    rows = re.findall(r"^\| .* \| (.*) \| (.*) \| \[\w+\]\((.*?)#.*\) \|$", section, re.MULTILINE)
    assert len(rows) == 4
    for *cells, page in rows:
        text = (ROOT / page).read_text()
        for figure in re.findall(r"\d[\d,.]*\d", " ".join(cells)):
            assert re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d])", text), f"{page} does not say {figure}"
