"""Processes that a test starts, and sends signals to."""

import signal

from podium.runtime.signals import ENDING


def default_signals() -> None:
    """For `preexec_fn`: children obey signals even if whoever started the tests ignores them (`nohup make test &`)."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def nohup() -> None:
    """For `preexec_fn`: as a shell without job control starts `nohup COMMAND &`."""
    default_signals()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
