"""Where the console writes: a terminal, whose last lines change, or a file, which only grows."""

import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

FIRST_QUIET_S, LONGEST_QUIET_S = 120, 600
LOOK_S = 5


class Lines:
    """Plain lines, for a file or a pipe.

    If nothing was written for two minutes (in long runs: for a tenth of their time, at most ten minutes), it writes
    what is under way.

    Args:
        line: What is under way, as one line; "" if nothing is.
        now: A clock, in seconds.
    """

    def __init__(self, line: Callable[[], str], now: Callable[[], float], stream: TextIO | None = None) -> None:
        self._line, self._now, self._stream = line, now, stream or sys.stderr
        self._started = self._written = now()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def write(self, line: str) -> None:
        """Writes a line."""
        self._written = self._now()
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def write_if_quiet(self) -> None:
        """Writes what is under way, if nothing was written for long."""
        now = self._now()
        patience = min(LONGEST_QUIET_S, max(FIRST_QUIET_S, (now - self._started) / 10))
        if now - self._written >= patience and (line := self._line()):
            self.write(line)

    def end(self) -> None:
        """Nothing is under way any more."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self.write_if_quiet()


class Terminal:
    """Lines that stay, and below them what is under way, with a bar.

    Args:
        view: What is under way, as lines.
        share: How much of the run is over, from 0 to 1.
    """

    def __init__(self, view: Callable[[], list[str]], share: Callable[[], float], stream: TextIO | None = None) -> None:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        def picture() -> Any:
            lines = [Text(line, no_wrap=True, overflow="ellipsis") for line in view()]
            return Group(*lines, ProgressBar(total=1.0, completed=share(), width=60)) if lines else Text("")

        self._text = Text
        self._console = Console(file=stream, stderr=stream is None, highlight=False)
        self._live = Live(
            get_renderable=picture, console=self._console, refresh_per_second=1, transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )  # fmt: skip
        self._live.start()

    def write(self, line: str) -> None:
        """Writes a line that stays."""
        self._console.print(self._text(line), soft_wrap=True)

    def end(self) -> None:
        """Takes away what is under way."""
        self._live.stop()
