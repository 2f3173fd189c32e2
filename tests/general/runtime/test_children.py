"""Children of tests obey signals, whatever the tests themselves were started with."""

import signal
import subprocess
import sys

import pytest
from children import default_signals, nohup

from podium.runtime.signals import ENDING


@pytest.fixture(params=ENDING, ids=lambda number: number.name)
def ignored(request):
    """A signal that this process ignores, as it does behind `nohup` and `&`."""
    before = signal.signal(request.param, signal.SIG_IGN)
    yield request.param
    signal.signal(request.param, before)


def test_a_child_obeys_what_the_tests_ignore(ignored):
    words = [sys.executable, "-c", "import signal; print(signal.getsignal(int(input())) == signal.SIG_IGN)"]
    for signals, expected in ((None, "True"), (default_signals, "False"), (nohup, str(ignored != signal.SIGTERM))):
        done = subprocess.run(words, input=f"{ignored:d}", capture_output=True, text=True, preexec_fn=signals)
        assert done.stdout.strip() == expected
