"""A small competition, its archive, and a machine that downloads it."""

import pytest
import raw_folder
from kaggle_machine import Machine, zipped


@pytest.fixture(scope="session")
def competition(tmp_path_factory) -> dict[str, bytes]:
    """Files of a small competition, about 8 MB."""
    folder = tmp_path_factory.mktemp("competition")
    raw_folder.write_raw(folder, raw_folder.table())
    raw_folder.write_raw(folder, raw_folder.table(4, 2, "supplemental", 2000), "supplemental")
    (folder / "character_to_prediction_index.json").write_text("{}")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


@pytest.fixture(scope="session")
def archive(competition) -> bytes:
    return zipped(competition)


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)
