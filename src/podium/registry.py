"""Names in YAML files → things in Python."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from podium.errors import UserError


def nearest(name: str, known: list[str]) -> str:
    """The end of an error message: the nearest known name, or all of them."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(sorted(known))}"


def import_all(package: str, path: Iterable[str]) -> None:
    """Imports all modules of a package, each of which registers itself: to be called with its own two names."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")


T = TypeVar("T")


class Registry(Generic[T]):
    """A dictionary that is filled by a decorator and explains a miss.

    Args:
        kind: What is registered, in the singular; used in error messages ("augmentation").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: makes the decorated object known under ``name``."""

        def decorate(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self.kind} '{name}' is registered twice")
            self._entries[name] = entry
            return entry

        return decorate

    def get(self, name: str) -> T:
        """The entry of that name.

        Raises:
            UserError: There is none; the message holds the nearest name.
        """
        if name not in self._entries:
            raise UserError(f"unknown {self.kind} '{name}': {nearest(name, self.names())}")
        return self._entries[name]

    def entries(self) -> dict[str, T]:
        """All that is registered, in the order of the names."""
        return {name: self._entries[name] for name in self.names()}

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._entries)
