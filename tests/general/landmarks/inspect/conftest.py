"""A small dataset in two layouts, for `podium data inspect`."""

import shutil

import pytest
from inspected import ROWS, write_prepared
from raw_folder import write_raw


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inspect") / "raw"
    write_raw(folder, ROWS)
    return folder


@pytest.fixture(scope="session")
def prepared(raw, tmp_path_factory):
    return write_prepared(raw, tmp_path_factory.mktemp("inspect"))


@pytest.fixture
def copy(raw, tmp_path):
    """A raw folder to spoil."""
    return shutil.copytree(raw, tmp_path / "raw")
