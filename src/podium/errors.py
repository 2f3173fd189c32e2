"""Errors that a user can fix, and how a command ends on them."""

import argparse
import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

MAX_MESSAGE = 1000  # characters; what is wrong stands at the beginning, what to do at the end


class UserError(Exception):
    """Bad input. The message is one line: what is wrong, where, and what to do about it."""


class ClipError(UserError):
    """A clip that cannot be read; others can."""


class MisfitError(UserError):
    """Weights do not fit a recipe.

    Attributes:
        problems: All of them, of which the message may be too short to name every one.
    """

    def __init__(self, origin: str, problems: list[str]) -> None:
        super().__init__(f"{origin} does not fit the recipe, {len(problems)} problem(s): {'; '.join(problems)}")
        self.problems = problems


@contextmanager
def explained_by(file: str) -> Iterator[None]:
    """Puts the file that is wrong in front of what is wrong with it."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{file}: {error}") from None


def run(main: Callable[[], None]) -> None:
    """Runs a command's ``main``. A `UserError` ends it with one line on stderr and exit code 2.

    A full disk counts as bad input too: it is the user who can make room; and so does a place that cannot be written or
    is something else than expected. Ctrl-C ends it without a word. Anything else is a bug and keeps its traceback.
    """
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except UserError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno in UNUSABLE and error.filename:
            _stop(f"{error.filename} cannot be used: {error.strerror.lower()}; fix that")
        if error.errno not in DISK_FULL:
            raise
        place = f" while writing {error.filename}" if error.filename else ""
        _stop(f"no space left on the disk{place}; make room and run again")
    except RuntimeError as error:  # of torch, which meets a full disk and then stumbles over its own half file
        hidden = error.__context__
        if not (isinstance(hidden, OSError) and hidden.errno in DISK_FULL):
            raise
        _stop("no space left on the disk; make room and run again")


def _stop(message: str) -> NoReturn:
    """In one piece, since others write there, too."""
    sys.stderr.write(f"error: {one_line(message)}\n")
    raise SystemExit(2) from None


def one_line(error: object) -> str:
    """A message as it is printed: on one line, not endless, and with nothing in it that a terminal would obey."""
    text = printable(" ".join(str(error).split()))
    if len(text) > MAX_MESSAGE:
        return f"{text[: MAX_MESSAGE * 3 // 4]} … {text[-MAX_MESSAGE // 4 :]}"
    return text


def printable(text: str) -> str:
    """The text with nothing in it that ends a line or that a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def natural(text: str) -> int:
    """For argparse: a whole number from 0 to 2³² − 1, as seeds are."""
    if not text.isdecimal() or len(text) > 10 or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{one_line(text)}' is no whole number from 0 to {2**32 - 1}")
    return int(text)


DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
UNUSABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}
