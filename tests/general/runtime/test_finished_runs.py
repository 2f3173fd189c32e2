"""Results of a training that ended while nobody waited."""

from pathlib import Path

import pytest

from podium.runtime import finished_runs as kept


@pytest.fixture
def run(tmp_path) -> tuple[Path, Path]:
    """A state folder, and a finished training's results."""
    state, out = tmp_path / "state", tmp_path / "out"
    for folder in (state, out):
        folder.mkdir()
    for name in ("recipe.json", "history.csv", "model.safetensors"):
        (out / name).write_text(name)
    (out / "evaluation.json").write_text("of another stage")
    return state, out


def test_what_is_kept_outlives_the_results(run):
    state, out = run
    kept.keep(state, out, "f1")
    for path in out.iterdir():
        path.unlink()
    assert kept.take(state, out, "f1")
    assert {path.name: path.read_text() for path in out.iterdir()} == {
        name: name for name in ("recipe.json", "history.csv", "model.safetensors")
    }


def test_results_of_anything_else_are_not_taken(run):
    state, out = run
    kept.keep(state, out, "f1")
    (out / "model.safetensors").write_text("newer")
    assert not kept.take(state, out, "f2")
    assert (out / "model.safetensors").read_text() == "newer"


def test_known_results_are_forgotten(run):
    state, out = run
    (state / "state-1.pt").touch()
    kept.keep(state, out, "f1")
    kept.forget(state)
    assert not kept.take(state, out, "f1")
    assert [path.name for path in state.iterdir()] == ["state-1.pt"], "the state of another run stays"
    kept.forget(state / "absent")


def test_kept_results_are_of_one_fingerprint(run):
    state, out = run
    kept.keep(state, out, "f1")
    assert not kept.take(state, out, "f2") and kept.take(state, out, "f1")


def test_a_disk_without_hard_links(run, monkeypatch):
    def refuse(*_):
        raise OSError("no hard links here")

    monkeypatch.setattr("os.link", refuse)
    state, out = run
    kept.keep(state, out, "f1")
    (out / "model.safetensors").unlink()
    assert kept.take(state, out, "f1")
    assert (out / "model.safetensors").read_text() == "model.safetensors"
