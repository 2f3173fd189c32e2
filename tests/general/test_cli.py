"""The command ``podium``, as it is called."""

import json
import os
import shutil
import subprocess
import sys

import forked
import pytest
from bound import lines, open_folder, survey
from project import ROOT
from raw_folder import table, write_raw

import podium as package


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Two files of eight sequences each, 1000 … 1015."""
    folder = tmp_path_factory.mktemp("cli") / "raw"
    write_raw(folder, table(num_signers=4, clips_per_signer=4))
    return folder


def podium(*arguments: object) -> subprocess.CompletedProcess:
    return forked.run(["podium", *arguments], ROOT, os.environ | {"PYTHONPATH": str(ROOT / "src")})


def inspect(*arguments: object) -> subprocess.CompletedProcess:
    return podium("data", "inspect", *arguments)


def test_version():
    assert podium("--version").stdout == f"podium {package.__version__}\n"


def test_start_waits_for_nothing_large():
    """Whoever mistypes a word should not wait for pandas."""
    code = "import sys, podium.cli.main; print(sorted({'numpy', 'pandas', 'torch', 'tensorflow'} & set(sys.modules)))"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert outcome.stdout == "[]\n"


@pytest.mark.parametrize(("words", "choices"), [([], "data"), (["data"], "inspect")])
def test_help_names_the_commands(words, choices):
    outcome = podium(*words, "--help")
    assert outcome.returncode == 0 and choices in outcome.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["predict", "clips", "--modle", "x"], "podium predict: error: unknown: --modle x; did you mean --model?"),
        (["data", "inspect", "folder", "--zzz"], "podium data inspect: error: unknown: --zzz"),
    ],
)
def test_unknown_option(words, told):
    outcome = podium(*words)
    *usage, last = outcome.stderr.splitlines()
    assert outcome.returncode == 2 and last == told and usage[0].startswith(f"usage: {told.partition(':')[0]} ")


def test_a_single_picture(tmp_path):
    picture = tmp_path / "me.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    outcome = podium("predict", picture)
    assert outcome.returncode == 2
    assert f"{picture} is a single picture; give a folder of pictures with numbers in their names" in outcome.stderr


def test_text_and_film(raw, tmp_path):
    outcome = inspect(raw, "--film", tmp_path / "film.png", "--sequence", 1002, "--num-frames", 3)
    assert outcome.returncode == 0 and outcome.stderr == ""
    assert "  sequences        16\n" in outcome.stdout and "none found" in outcome.stdout
    assert outcome.stdout.endswith(f"film of sequence 1002 (train): {tmp_path}/film.png\n")
    assert (tmp_path / "film.png").stat().st_size > 0


def test_names_that_a_terminal_would_obey(raw, tmp_path):
    folder = shutil.copytree(raw, tmp_path / "a\x1b[31m")
    next(folder.glob("*/*.parquet")).write_bytes(b"")
    outcome = inspect(folder)
    assert "unreadable_file" in outcome.stdout and all(line.isprintable() for line in outcome.stdout.splitlines())


def test_prints_json(raw):
    outcome = inspect(raw, "--json", "--max-files", 1)
    assert outcome.returncode == 0
    assert json.loads(outcome.stdout, parse_constant=pytest.fail) == survey(open_folder(raw), max_files=1)[0]


def test_for_a_reader_who_has_seen_enough(raw):
    outcome = subprocess.run(
        f"{sys.executable} -m podium data inspect {raw} | true", shell=True, capture_output=True, text=True
    )
    assert outcome.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{empty}"], "error: {empty} holds nothing that can be inspected; looked for train.csv"),
        (["{empty}/absent"], "error: {empty}/absent is not a folder"),
        (["{raw}", "--sequence", 3], "error: --sequence says what to draw; add --film"),
        (["{empty}/absent", "--film", "{empty}"], "error: {empty} does not end as a picture does"),
        (["{empty}/absent", "--film", "{raw}/train.csv/x.png"], "error: {raw}/train.csv cannot be written: not a"),
    ],
)
def test_on_bad_input(raw, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    places = {"empty": tmp_path / "empty", "raw": raw}
    outcome = inspect(*(str(one).format(**places) for one in arguments))
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr.count("\n") == 1 and outcome.stderr.startswith(message.format(**places))


@pytest.mark.parametrize("options", ["--json", ""])
def test_the_report_comes_before_an_unknown_sequence(raw, tmp_path, options):
    command = f"{sys.executable} -m podium data inspect {raw} --film {tmp_path}/x.png --sequence 3 {options} 2>&1"
    outcome = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True)
    *report, error = outcome.stdout.splitlines()
    assert outcome.returncode == 2 and list(tmp_path.iterdir()) == []
    assert error.startswith(f"error: {raw} holds no landmarks of sequence 3")
    expected = survey(open_folder(raw))[0]
    assert json.loads("\n".join(report)) == expected if options else report == list(lines(expected))


def test_needs_a_count(raw):
    outcome = inspect(raw, "--num-frames", 0)
    assert outcome.returncode == 2 and "'0' is not a whole number from 1 on" in outcome.stderr
    outcome = inspect(raw, "--num-frames", 601)
    assert outcome.returncode == 2 and "at most 600" in outcome.stderr
