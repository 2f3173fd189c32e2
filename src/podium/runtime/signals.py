"""What a process does when it is asked to end: by Ctrl-C, a closed terminal, or SIGTERM from a cluster's scheduler."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def asked_to_end(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Gives such signals to the handler, and afterwards to who had them before. For the main thread alone.

    A signal that is ignored stays so: `nohup` means it.
    """
    wanted = (number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN)
    before = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
