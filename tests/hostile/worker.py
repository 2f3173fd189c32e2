"""Runs Podium's commands one after the other in this process, each under a limit of memory.

A line of JSON comes in (``words``, ``folder``, ``headroom_mb``), a line goes out (``code``, ``out``, ``err``). A
process per command would take seconds to import what it needs; this one, beside the tests, may be killed by what it
reads.
"""

import json
import os
import resource
import runpy
import sys
import tempfile
import time
import traceback
from pathlib import Path

from project import ROOT

SCRIPTS = ROOT / "workflow/scripts"


def main() -> None:
    """Serves until the input ends."""
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")  # imports close the usual ones
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        _import_all()
        for line in requests:
            request = json.loads(line)
            for stream in (out, err):
                stream.seek(0)
                stream.truncate()
            os.chdir(request["folder"])
            code = _run(request["words"], request["headroom_mb"])
            answer = {"code": code, "out": _content(out), "err": _content(err)}
            print(json.dumps(answer), file=answers, flush=True)


def _import_all() -> None:
    """What commands import takes address space that is not theirs."""
    import kaggle  # noqa: F401
    import matplotlib.figure  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import tensorflow  # noqa: F401
    import torch

    import podium.export.evaluation
    import podium.landmarks.inspect.survey
    import podium.port
    import podium.recognise.model_info
    import podium.recognise.predictions
    import podium.systems.fingerspelling.winners_weights
    import podium.training.run  # noqa: F401

    pyarrow.array([1.0])  # its allocator takes a gigabyte of addresses at once
    torch.set_num_threads(1)
    time.sleep = lambda seconds: None  # between attempts of a download


def _run(words: list[str], headroom_mb: int) -> int | str:
    """The exit code of a command, or the traceback of what no command may raise."""
    name, *rest = words
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + headroom_mb * 2**20, limits[1]))
    try:
        if name == "podium":
            from podium.cli.main import main as command

            sys.argv = words
            command()
        else:
            sys.argv = [f"{name}.py", *rest]
            runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
        return 0
    except SystemExit as error:
        return error.code or 0
    except BaseException:
        return traceback.format_exc()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _content(stream) -> str:
    sys.stdout.flush()
    sys.stderr.flush()
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


if __name__ == "__main__":
    main()
