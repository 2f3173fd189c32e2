"""A raw folder, and a place of its own for each test."""

import pytest
from raw_folder import write_raw
from workplace import Workplace


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good") / "raw"
    write_raw(folder, Workplace.rows)
    return folder


@pytest.fixture
def place(tmp_path, raw):
    return Workplace(tmp_path, raw)


@pytest.fixture
def listed(place):
    assert place.run("list_sequences").returncode == 0
    return place
