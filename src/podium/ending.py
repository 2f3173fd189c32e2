"""What a process does when it is asked to end: by Ctrl-C, or by SIGTERM as a cluster's scheduler sends it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def asked_to_end(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Gives SIGINT and SIGTERM to the handler, and afterwards to who had them before. For the main thread alone."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
