"""Fixtures for every test."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference numbers and real data beside the project; tests that need it skip without it."""
    folder = Path(os.environ.get("PODIUM_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is absent (set PODIUM_SHARED to its place)")
    return folder
