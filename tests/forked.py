"""Commands in processes of their own that need not import what they use: each is forked from one that has it.

Snakemake, torch and TensorFlow take one to three seconds to import, most of what a plan or a tiny stage takes. The
package itself is imported by each process, from where its environment says. How a process begins is for tests that
start one with `subprocess`.
"""

import atexit
import json
import os
import runpy
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from multiprocessing import get_context, set_start_method
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory, mkdtemp
from types import ModuleType

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["snakemake.cli", "snakemake.profiles", "snakemake.report.html_reporter", "snakemake_executor_plugin_slurm",
     "smart_open", "yte", "pydantic", "pandas", "pyarrow.parquet", "torch", "torch._dynamo", "safetensors.torch",
     "matplotlib.pyplot", "tensorflow"]
)  # fmt: skip
_REQUEST_BYTES = 1 << 20
_STARTING = threading.Lock()
# Stands as `python` before the real one: asks for the job, passes on its signals, ends as it ends. Killed itself, it
# takes the job along.
_PYTHON = """#!{real} -IS
import json, os, signal, socket, sys
words = sys.argv[1:]
if words[:2] == ["-m", "snakemake"]:  # so Snakemake starts itself on another machine
    words = words[1:]
elif words == [] or words[0].startswith("-"):
    os.execv({real!r}, [{real!r}, *words])
job = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
job.connect({place!r})
ignored = []
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    if signal.getsignal(number) == signal.SIG_IGN:
        ignored.append(int(number))
    else:
        signal.signal(number, lambda number, _: job.send(bytes([number])))
job.send(json.dumps([words, os.getcwd(), dict(os.environ), os.getpid(), ignored]).encode())
os._exit((job.recv(1) or b"\\1")[0])
"""


def run(
    words: Sequence[object], folder: Path, environment: Mapping[str, str], timeout: float | None = None
) -> CompletedProcess[str]:
    """As `subprocess.run` does it with ``snakemake …``, ``podium …``, ``SCRIPT.py …`` or ``-c CODE …``; output is
    captured."""
    with TemporaryDirectory() as place:
        files = [Path(place, "out"), Path(place, "errors")]
        process = start(words, folder, environment, *files)
        process.join(timeout)
        if process.is_alive():
            process.kill()
            raise TimeoutExpired(list(words), timeout)
        out, errors = (file.read_text(encoding="utf-8") for file in files)
    return CompletedProcess(list(words), process.exitcode, out, errors)


def start(
    words: Sequence[object],
    folder: Path,
    environment: Mapping[str, str],
    out: Path,
    errors: Path,
    before: Callable[[], object] | None = None,
) -> ForkServerProcess:
    """Starts a command, in a process group of its own, and returns at once.

    Args:
        words: As in `run`.
        folder: Where it runs.
        environment: The whole of it.
        out: A file, or a pipe with a name, for its output.
        errors: The same for its messages.
        before: What the process does first; to be named in a module.
    """
    arguments = ([str(word) for word in words], folder, dict(environment), out, errors, before)
    process = _CONTEXT.Process(target=_become, args=arguments)
    with _STARTING:  # else the process would first run the script that this one was started with
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main
    return process


@cache
def python_folder() -> Path:
    """A folder for `PATH` whose ``python SCRIPT.py …`` and ``python -m snakemake …`` are processes of this kind.

    For the jobs of a workflow.
    """
    folder = Path(mkdtemp(prefix="forked"))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(folder / "jobs"))
    listener.listen()
    (folder / "python").write_text(_PYTHON.format(real=sys.executable, place=str(folder / "jobs")))
    (folder / "python").chmod(0o755)
    threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    return folder


def _serve(listener: socket.socket) -> None:
    while True:
        job, _ = listener.accept()
        threading.Thread(target=_attend, args=(job,), daemon=True).start()


def _attend(job: socket.socket) -> None:
    """A job from its request to its end."""
    with job:
        if not (request := job.recv(_REQUEST_BYTES)):
            return
        words, folder, environment, asker, ignored = json.loads(request)
        streams = Path(f"/proc/{asker}/fd")
        process = start(words, folder, environment, streams / "1", streams / "2", partial(_obey, ignored))
        while process.sentinel not in wait([process.sentinel, job]):
            if number := job.recv(1):
                os.kill(process.pid, number[0])
            else:
                process.kill()
                process.join()
                return
        process.join()
        job.send(bytes([process.exitcode if process.exitcode >= 0 else 128 - process.exitcode]))


def _obey(ignored: list[int]) -> None:
    """Signals as whoever asked has them, and not as whoever has started the tests (`nohup make test &`)."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in ignored else usual)


def _become(
    words: list[str],
    folder: Path,
    environment: dict[str, str],
    out: Path,
    errors: Path,
    before: Callable[[], object] | None,
) -> None:
    os.setpgrp()
    set_start_method(None, force=True)  # what the command starts itself, it starts as ever
    for stream, file in ((sys.stdout, out), (sys.stderr, errors)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), stream.fileno())
    if before:
        before()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    installed = [place for place in sys.path if place.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [*environment.get("PYTHONPATH", "").split(os.pathsep), *installed]
    try:
        code = _execute(words)
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()  # as any process does it, once nothing is under way; those of multiprocessing do not
    sys.exit(code)


def _execute(words: list[str]) -> int | None:
    match words:
        case ["snakemake", *_]:
            sys.argv, sys.executable = words, shutil.which("python")
            return import_module("snakemake.cli").main()
        case ["podium", *_]:
            sys.argv = words
            return import_module("podium.cli.main").main()
        case ["-c", code, *arguments]:
            sys.argv = ["-c", *arguments]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case [script, *_]:
            sys.argv = words
            sys.path.insert(0, str(Path(script).parent))
            runpy.run_path(script, run_name="__main__")
