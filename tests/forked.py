"""Commands in processes of their own that need not import what they use: each is forked from one that has it.

Snakemake and torch take one to two seconds to import, which is most of what a plan or a tiny training takes. The package
itself is imported by each process, from where its environment says. How a process begins is for tests that start one.
"""

import atexit
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from multiprocessing import get_context, set_start_method
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["snakemake.cli", "snakemake.profiles", "snakemake.report.html_reporter", "snakemake_executor_plugin_slurm",
     "smart_open", "yte", "pydantic", "pandas", "pyarrow.parquet", "torch", "torch._dynamo", "safetensors.torch"]
)


def run(
    words: Sequence[object], folder: Path, environment: Mapping[str, str], timeout: float | None = None
) -> CompletedProcess[str]:
    """As `subprocess.run` does it with ``snakemake …``, ``SCRIPT.py …`` or ``-c CODE …``; output is captured."""
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
        words: ``snakemake …``, ``SCRIPT.py …`` or ``-c CODE …``.
        folder: Where it runs.
        environment: The whole of it.
        out: A file, or a pipe with a name, for its output.
        errors: The same for its messages.
        before: What the process does first; to be named in a module.
    """
    arguments = ([str(word) for word in words], folder, dict(environment), out, errors, before)
    process = _CONTEXT.Process(target=_become, args=arguments)
    process.start()
    return process


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
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), stream.fileno())
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
        case ["snakemake" | "podium" as name, *_]:
            sys.argv = words
            return import_module(f"{name}.cli" if name == "snakemake" else f"{name}.cli.main").main()
        case ["-c", code, *arguments]:
            sys.argv = ["-c", *arguments]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case [script, *_]:
            sys.argv = words
            sys.path.insert(0, str(Path(script).parent))
            runpy.run_path(script, run_name="__main__")
