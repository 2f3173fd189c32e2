"""npy and npz files, safetensors, checkpoints and .tflite files that are none, lie, or hold code."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import torch

from hostile.cases import RUINED, Case, Spoil, overwritten, spoiled
from hostile.commands import ARRAYS, SHARD
from hostile.machine import Place

MARKER = "touch marker"


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, (MARKER,)


class Calling:
    """Calls anything when it is unpickled."""

    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def _npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode("latin1") + b"\n"
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + data


def _header(shape: str, descr: str = "'<f4'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def _saved(array: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


_NPY = {
    **RUINED,
    "2^60 frames": _npy(_header("(1152921504606846976, 390)"), bytes(1560)),
    "2^63 values": _npy(_header("(9223372036854775807, 390)"), bytes(1560)),
    "10^12 frames and no data": _npy(_header("(1000000000000, 390)")),
    "fewer than no frames": _npy(_header("(-5, 390)"), bytes(1560)),
    "a shape of text": _npy(_header("'abc'"), bytes(1560)),
    "frames by halves": _npy(_header("(1.5, 390)"), bytes(1560)),
    "true frames": _npy(_header("(True, 390)"), bytes(780)),
    "deep brackets": _npy(_header("(" * 4000 + ")" * 4000)),
    "brackets that never close": _npy(_header("(" * 4000)),
    "many signs": _npy(_header("(" + "-" * 8000 + "1, 390)")),
    "a long sum": _npy(_header("(" + "1+" * 4000 + "1, 390)")),
    "a call": _npy(_header("__import__('os').system('touch marker')")),
    "a header of 4 GB": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100,
    "a version to come": b"\x93NUMPY\x09\x00" + bytes(100),
    "an unknown type": _npy(_header("(2, 390)", "'<q9'"), bytes(3120)),
    "an endless type": _npy(_header("(2, 390)", "'V99999999999999999999'"), bytes(3120)),
    "a type of lists": _npy(_header("(2, 390)", "[('a', [('b', '<f4')])]"), bytes(3120)),
    "a type of commas": _npy(_header("(2, 390)", "'f4,f4,(9999999,999)f8'"), bytes(3120)),
    "a key of its own": _npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 390), 'more': 1}", bytes(3120)),
    "a header of NUL bytes": _npy("\x00" * 100),
    "a header not ASCII": _npy("\xff" * 100),
    "objects": _saved(np.array([Evil()] * 390, dtype=object)[None], allow_pickle=True),
    "a pickle": pickle.dumps(Evil()),
    "text": _saved(np.full((30, 390), "0.5")),
    "records": _saved(np.zeros((30, 390), [("x", "<f4")])),
    "whole numbers": _saved(np.zeros((30, 390), np.int64)),
    "complex numbers": _saved(np.zeros((30, 390), np.complex64)),
    "other columns": _saved(np.zeros((30, 389), np.float32)),
    "three axes": _saved(np.zeros((30, 130, 3), np.float32)),
    "no axes": _saved(np.float32(1)),
    "no frames": _saved(np.zeros((0, 390), np.float32)),
    "the last byte missing": lambda content: content[:-1],
}
_SHARDS = ("empty", "zeros", "head alone", "2^60 frames", "deep brackets", "many signs", "objects", "other columns")


def npy_cases() -> list[Case]:
    """Clips, folders of arrays, shards."""
    cases = spoiled("npy", "predict npy", "clips/clip.npy", _NPY)
    for name, way in _NPY.items():
        cases.append(Case("npy", "pack arrays", name, _all_arrays(way), "none of its 6 npy files"))
    for command in ("train", "try", "predict shard"):
        ways = {name: _NPY[name] for name in _SHARDS}
        cases += spoiled("npy", command, f"{SHARD}.npy", {**ways, "cut in half": _NPY["cut in half"]}, f"{SHARD}.npy")
    return cases


def _all_arrays(way: Spoil | bytes) -> Callable[[Place], object]:
    def prepare(place: Place) -> None:
        for path in sorted((place.folder / ARRAYS).iterdir()):
            name = str(path.relative_to(place.folder))
            place.write(name, way(place.read(name)) if callable(way) else way)

    return prepare


def _tensors(edit: Callable[[dict], object]) -> Spoil:
    """Another header of a safetensors file; its data stay."""

    def spoil(content: bytes) -> bytes:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        text = json.dumps(edit(header) or header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]

    return spoil


def _first(header: dict) -> dict:
    return header[min(name for name in header if name != "__metadata__")]


_SAFETENSORS = {
    **RUINED,
    "a header of 2^60 bytes": lambda content: (2**60).to_bytes(8, "little") + content[8:],
    "a header of 2^64 bytes": lambda content: b"\xff" * 8 + content[8:],
    "a deep header": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "a header that is a list": b"\x02" + bytes(7) + b"[]",
    "a header that is empty": b"\x02" + bytes(7) + b"{}",
    "2^60 values": _tensors(lambda header: _first(header).update(shape=[2**60])),
    "2^128 values": _tensors(lambda header: _first(header).update(shape=[2**32] * 4)),
    "fewer values than none": _tensors(lambda header: _first(header).update(shape=[-1])),
    "an unknown type": _tensors(lambda header: _first(header).update(dtype="F33")),
    "whole numbers": _tensors(lambda header: _first(header).update(dtype="I32")),
    "places before the data": _tensors(lambda header: _first(header).update(data_offsets=[-4, 0])),
    "places behind the data": _tensors(lambda header: _first(header).update(data_offsets=[2**40, 2**40 + 4])),
    "places in reverse": _tensors(lambda header: _first(header).update(data_offsets=[8, 4])),
    "no places": _tensors(lambda header: _first(header).pop("data_offsets") and None),
    "a tensor less": _tensors(lambda header: {**header, "__metadata__": {"x": 1}}),
    "names of another network": _tensors(lambda header: {f"x{name}": one for name, one in header.items()}),
    "more at its end": lambda content: content + bytes(100),
    "values that are no numbers": lambda content: overwritten(content, 0.3, len(content) // 4),
    "the last byte missing": lambda content: content[:-1],
}
_TOLD = {  # `podium info` tells shapes, not whether they are those of the recipe
    "whole numbers", "names of another network", "values that are no numbers", "a header that is empty",
}  # fmt: skip


def safetensors_cases() -> list[Case]:
    """Weights."""
    name = "network/model.safetensors"
    cases = spoiled("safetensors", "predict npy", name, _SAFETENSORS, "model.safetensors")
    cases += spoiled("safetensors", "port", name, _SAFETENSORS, "model.safetensors")
    told = {kind: way for kind, way in _SAFETENSORS.items() if kind not in _TOLD}
    return cases + spoiled("safetensors", "info network", name, told, "model.safetensors")


def _torch(content: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def _deep(depth: int) -> list:
    content: list = []
    for _ in range(depth):
        content = [content]
    return content


def _members(edit: Callable[[str, bytes], bytes], method: int = zipfile.ZIP_STORED) -> Spoil:
    """Other contents of a zip file's members."""

    def spoil(content: bytes) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", method) as target:
            for name in source.namelist():
                target.writestr(name, edit(name, source.read(name)))
        return buffer.getvalue()

    return spoil


def _of_pickle(replacement: Callable[[bytes], bytes]) -> Spoil:
    return _members(lambda name, content: replacement(content) if name.endswith("data.pkl") else content)


def _billion_laughs() -> bytes:
    """Pickle's own: each list holds the one before ten times."""
    content: list = ["ha"] * 10
    for _ in range(9):
        content = [content] * 10
    return pickle.dumps(content, 2)


_WIDE = torch.zeros(1, dtype=torch.float16).expand(2**20, 2**20)  # 2 TB out of two bytes
_EVIL = {
    "os.system": Evil(),
    "eval": Calling(eval, "__import__('os').system('touch marker')"),
    "exec": Calling(exec, "__import__('os').system('touch marker')"),
    "open": Calling(open, "marker", "w"),
    "getattr": Calling(getattr, "text", "upper"),
    "torch.load": Calling(torch.load, "original.pth"),
    "a module to fetch": Calling(torch.hub.load, "somebody/something", "model"),
}
_PTH = {
    **RUINED,
    **{f"calls {name}": _torch({"model": {"a": torch.zeros(1), "b": one}}) for name, one in _EVIL.items()},
    **{f"calls {name}, plain pickle": pickle.dumps(one) for name, one in list(_EVIL.items())[:3]},
    **{
        f"calls {name}, of old": _torch({"b": one}, _use_new_zipfile_serialization=False)
        for name, one in list(_EVIL.items())[:3]
    },
    "calls at another place": _of_pickle(lambda _: pickle.dumps(Evil(), 2)),
    "an empty pickle": _of_pickle(lambda _: b""),
    "a pickle cut off": _of_pickle(lambda content: content[: len(content) // 2]),
    "a pickle without a stack": _of_pickle(lambda _: b"\x80\x02......"),
    "a text of 2^31 characters": _of_pickle(lambda _: b"\x80\x02X\xff\xff\xff\x7f" + b"a" * 100),
    "a number of 2^31 bytes": _of_pickle(lambda _: b"\x80\x02\x8b\xff\xff\xff\x7f" + b"a" * 100),
    "a memo at 2^32": _of_pickle(lambda _: b"\x80\x02]r\xff\xff\xff\xff."),
    "10^10 items in 100": _of_pickle(lambda _: _billion_laughs()),
    "deep lists": _torch(_deep(300)),
    "tensors without data": _members(lambda name, content: b"" if "/data/" in name else content),
    "tensors of other data": _members(lambda name, content: content * 2 if "/data/" in name else content),
    "members that are packed": _members(lambda name, content: bytes(1 << 20), zipfile.ZIP_DEFLATED),
    "2 TB out of two bytes": _torch({"model": {"aux_fc.weight": _WIDE}}),
    "a list": _torch([torch.zeros(2)]),
    "a number": _torch(5),
    "a state without tensors": _torch({"model": {}}),
    "names that are numbers": _torch({"model": {1: torch.zeros(2)}}),
    "a tensor that is sparse": _torch({"model": {"a": torch.zeros(2, 2).to_sparse()}}),
    "a tensor that is nowhere": _torch({"model": {"a": torch.zeros(2, 2, device="meta")}}),
    "complex numbers": _torch({"model": {"aux_fc.weight": torch.zeros(1, 32, dtype=torch.complex64)}}),
    "bfloat16 of another shape": _torch({"model": {"aux_fc.weight": torch.zeros(7, dtype=torch.bfloat16)}}),
}
_NPZ = {
    **RUINED,
    "objects": lambda content: _with_member(content, "aux_fc.bias", _NPY["objects"]),
    "2^60 frames": lambda content: _with_member(content, "aux_fc.bias", _NPY["2^60 frames"]),
    "deep brackets": lambda content: _with_member(content, "aux_fc.bias", _NPY["deep brackets"]),
    "many signs": lambda content: _with_member(content, "aux_fc.bias", _NPY["many signs"]),
    "10 GB in a hundred kilobytes": lambda content: _zeros(10 << 30),
    "no arrays": lambda content: _with_member(b"", "readme.txt", b"hello"),
    "an array alone": _NPY["whole numbers"],
    "a pickle": pickle.dumps(Evil()),
    "text": lambda content: _with_member(content, "aux_fc.bias", _NPY["text"]),
    "members damaged": lambda content: overwritten(content, 0.3, 5000),
}


def _with_member(content: bytes, name: str, member: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        if content:
            with zipfile.ZipFile(io.BytesIO(content)) as source:
                for other in source.namelist():
                    if other != f"{name}.npy":
                        target.writestr(other, source.read(other))
        target.writestr(f"{name}.npy" if content else name, member)
    return buffer.getvalue()


def _zeros(num_bytes: int) -> bytes:
    """An npz file that promises any size, and unpacks to 128 MB."""
    buffer, chunk = io.BytesIO(), bytes(1 << 24)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        with target.open("aux_fc.bias.npy", "w", force_zip64=True) as member:
            member.write(_npy(_header(f"({num_bytes // 4},)")))
            for _ in range(8):
                member.write(chunk)
    return buffer.getvalue()


def checkpoint_cases() -> list[Case]:
    """Weights of others."""
    return spoiled(".pth", "import", "original.pth", _PTH, "original.pth") + spoiled(
        ".npz", "import npz", "original.npz", _NPZ, "original.npz"
    )


_TFLITE = {
    **RUINED,
    "another identifier": lambda content: content[:4] + b"TFL9" + content[8:],
    "a root beyond the end": lambda content: b"\xff\xff\xff\x7f" + content[4:],
    "a root of zeros": lambda content: bytes(4) + content[4:],
    **{f"overwritten {n:,} bytes from its end": (lambda content, n=n: content[:-n] + b"\xff" * 4 + content[4 - n :])
       for n in range(100, 1000, 60)},
    **{f"cut at {share:.0%}": (lambda content, share=share: content[: int(share * len(content))])
       for share in (0.1, 0.7, 0.99)},
}  # fmt: skip


def tflite_cases() -> list[Case]:
    """Exported files."""
    cases = []
    for command in ("predict file", "info file", "evaluate file"):
        cases += spoiled(".tflite", command, "export/model.tflite", _TFLITE, "model.tflite")
    return cases
