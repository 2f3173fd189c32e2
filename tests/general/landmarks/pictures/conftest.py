"""The file of models that MediaPipe takes: fetched once, into the user's cache, as the command does."""

import os

import pytest

from podium.errors import UserError
from podium.landmarks.pictures.task_file import holistic_task


@pytest.fixture(scope="session")
def task():
    """Where it lies. Skips without a network, but not in CI."""
    try:
        return holistic_task()
    except UserError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
