"""What a run costs: wall-clock time and the memory of a whole process tree; and on which processor."""

import platform
import threading
import time
from pathlib import Path

import psutil


class UsageMeter:
    """Samples the memory of this process and all its descendants until `stop`.

    Proportional set size if the system tells it (shared pages count once), resident set size elsewhere.

    Attributes:
        started: Seconds since the epoch.
        peak_bytes: The largest sum seen so far.
    """

    def __init__(self, interval_seconds: float = 3.0) -> None:
        self.peak_bytes = 0
        self.started = time.time()
        self._interval = interval_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> str:
        """Ends the sampling; returns one readable line."""
        self._stopped.set()
        self._thread.join()
        seconds = round(time.time() - self.started)
        return f"wall clock {seconds // 60} min {seconds % 60} s, peak memory {self.peak_bytes / 2**30:.1f} GiB"

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stopped.wait(self._interval):
            total = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    memory = process.memory_full_info()
                    total += getattr(memory, "pss", memory.rss)
                except psutil.Error:  # it has ended meanwhile
                    continue
            self.peak_bytes = max(self.peak_bytes, total)


def processor() -> str:
    """The processor's model, if the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
