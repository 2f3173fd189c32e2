"""The command ``podium predict``, as most tests of recognition call it."""

import json

import pytest


@pytest.fixture
def predict(podium, model, capsys):
    """Calls the command, which must succeed; returns its JSON and what it said beside."""

    def call(*words):
        capsys.readouterr()
        done = podium("predict", *words, "--model", model, "--format", "json")
        assert done.code == 0, done.err
        return json.loads(done.out, parse_constant=pytest.fail), done.err

    return call
