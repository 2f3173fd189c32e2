"""Archives that are none, lie, lead outside, or would fill the disk."""

import io
import struct
import zipfile

from hostile.cases import RUINED, Case, Spoil, overwritten, spoiled

ARCHIVE = "asl.zip"
_END = b"PK\x05\x06"
_MEMBER = b"PK\x01\x02"  # in the directory at the end


def _zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _named(name: str) -> bytes:
    """A member whose name is written as it stands, whatever Python's writer thinks of it."""
    stand_in = "x" * len(name.encode())
    return _zipped({stand_in: b"x"}).replace(stand_in.encode(), name.encode())


def _with(name: str, **attributes: object) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(member, key, value)
        archive.writestr(member, b"/etc/passwd")
    return buffer.getvalue()


def _at_member(offset: int, layout: str, value: int) -> Spoil:
    """Another number in the directory's entry of the first member."""

    def spoil(content: bytes) -> bytes:
        place = content.index(_MEMBER) + offset
        return content[:place] + struct.pack(layout, value) + content[place + struct.calcsize(layout) :]

    return spoil


def _at_end(offset: int, layout: str, value: int) -> Spoil:
    def spoil(content: bytes) -> bytes:
        place = content.rindex(_END) + offset
        return content[:place] + struct.pack(layout, value) + content[place + struct.calcsize(layout) :]

    return spoil


def _local(offset: int, layout: str, value: int) -> Spoil:
    """Another number before the first member's data."""
    return lambda content: content[:offset] + struct.pack(layout, value) + content[offset + struct.calcsize(layout) :]


def _overlapping(content: bytes) -> bytes:
    """All members share the data of the first: a few bytes that unpack to any size."""
    begin = content.index(_MEMBER)
    parts = content[begin:].split(_MEMBER)
    return content[:begin] + _MEMBER.join(part[:38] + bytes(4) + part[42:] if part else part for part in parts)


def _twice(content: bytes) -> bytes:
    """Two members for one place."""
    return _zipped({"train.csv": b"a", "train.csw": b"b"}).replace(b"train.csw", b"train.csv")


_NAMES = (
    "../outside.txt", "train_landmarks/../../outside.txt", "/outside.txt", "//outside.txt", "C:\\outside.txt",
    "..\\outside.txt", "train_landmarks/..", "a\x00b", "./../outside.txt",
)  # fmt: skip
_ZIP: dict[str, Spoil | bytes] = {
    **RUINED,
    "cut off at the end": lambda content: content[:-1],
    "directory overwritten": lambda content: overwritten(content, (len(content) - 300) / len(content), 100),
    "end overwritten": lambda content: content[:-22] + b"\xff" * 22,
    "no members": _zipped({}),
    **{f"a member {name!r}": _named(name) for name in _NAMES},
    "a link": _with("train.csv", external_attr=0o120777 << 16),
    "a device": _with("train.csv", external_attr=0o060666 << 16),
    "a pipe": _with("train.csv", external_attr=0o010666 << 16),
    "two files for one place": _twice,
    "encrypted": _at_member(8, "<H", 1),
    "a method that nobody knows": _at_member(10, "<H", 77),
    "a version to come": _at_member(6, "<H", 255),
    "a size of 4 GB": _at_member(24, "<I", 0xFFFFFFFE),
    "a packed size of 4 GB": _at_member(20, "<I", 0xFFFFFFFE),
    "a size of 64 bits that is not there": _at_member(24, "<I", 0xFFFFFFFF),
    "another checksum": _at_member(16, "<I", 1),
    "a name of 65,535 letters": _at_member(28, "<H", 0xFFFF),
    "data behind the end": _at_member(42, "<I", 0xFFFFFFF0),
    "a directory of 4 GB": _at_end(12, "<I", 0xFFFFFFFE),
    "a directory behind the end": _at_end(16, "<I", 0xFFFFFFFE),
    "another name before the data": _local(30, "<4s", b"evil"),
    "a long name before the data": _local(26, "<H", 0xFFFF),
    "data of zeros": lambda content: bytes(content.index(_MEMBER)) + content[content.index(_MEMBER) :],
    "overlapping members": _overlapping,
    "a bomb of zeros": lambda _: _zipped({"train.csv": bytes(20 << 20)}, zipfile.ZIP_DEFLATED),
    "a bomb of bzip2": lambda _: _zipped({"train.csv": bytes(20 << 20)}, zipfile.ZIP_BZIP2),
    "a bomb of lzma": lambda _: _zipped({"train.csv": bytes(20 << 20)}, zipfile.ZIP_LZMA),
    "files that are missing": lambda _: _zipped({"train.csv": b"path\n"}),
}  # fmt: skip


def zip_cases() -> list[Case]:
    """The competition's archive, as the server sends it."""
    return spoiled("zip", "download", ARCHIVE, _ZIP)
