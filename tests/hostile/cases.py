"""What a case is, and the ways to spoil a file whatever its format."""

from collections.abc import Callable
from dataclasses import dataclass

from hostile.machine import Place

Spoil = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Case:
    """A file spoiled in one way, and the command that reads it.

    Attributes:
        format: Of the spoiled file.
        command: A key of `hostile.commands.COMMANDS`.
        prepare: Spoils a sound folder.
        words: What the message must say.
    """

    format: str
    command: str
    name: str
    prepare: Callable[[Place], object]
    words: str = ""

    def __str__(self) -> str:
        return f"{self.format}, {self.command}: {self.name}"


def spoiled(format: str, command: str, file: str, ways: dict[str, Spoil | bytes | str], words: str = "") -> list[Case]:
    """A case for each way to spoil a file. Bytes and texts take its place."""

    def prepare(way: Spoil | bytes | str) -> Callable[[Place], object]:
        return lambda place: place.write(file, way(place.read(file)) if callable(way) else way)

    return [Case(format, command, name, prepare(way), words) for name, way in ways.items()]


def overwritten(content: bytes, begin: float, num_bytes: int, value: int = 0xFF) -> bytes:
    """Content with some bytes replaced, from a share of its length on."""
    start = int(begin * len(content))
    return content[:start] + bytes([value]) * num_bytes + content[start + num_bytes :]


# A file of any binary format is none any more. Texts of these formats lose their sense, too.
RUINED: dict[str, Spoil | bytes] = {
    "empty": b"",
    "one byte": b"\x00",
    "zeros": bytes(4096),
    "noise": bytes(range(128, 256)) * 40,
    "a web page": b"<!DOCTYPE html><html><body>Sign in</body></html>\n" * 50,
    "head alone": lambda content: content[:12],
    "cut in half": lambda content: content[: len(content) // 2],
    "without its head": lambda content: content[16:],
    "head overwritten": lambda content: overwritten(content, 0, 16),
}
