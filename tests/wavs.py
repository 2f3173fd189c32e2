"""Wav files of every dialect, byte by byte."""

import struct
from pathlib import Path

import numpy as np

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def tone(num_samples: int = 16_000, rate: int = 16_000, hz: float = 440.0, level: float = 0.5) -> np.ndarray:
    """(S,) float64 sine."""
    return level * np.sin(2 * np.pi * hz * np.arange(num_samples) / rate)


def coded(x_SC: np.ndarray, bits: int, is_float: bool = False) -> bytes:
    """Samples as a data chunk has them."""
    x_SC = np.atleast_2d(x_SC.T).T
    if is_float:
        return x_SC.astype(f"<f{bits // 8}").tobytes()
    whole = np.round(x_SC * (2 ** (bits - 1) - 1)).astype("<i4")
    if bits == 8:
        return (whole + 128).astype("u1").tobytes()
    if bits == 24:
        return whole.reshape(-1, 1).view("u1")[:, :3].tobytes()
    return whole.astype(f"<i{bits // 8}").tobytes()


def chunk(name: bytes, content: bytes, stated: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if stated is None else stated) + content + b"\0" * (len(content) % 2)


def fmt(bits: int = 16, channels: int = 1, rate: int = 16_000, tag: int = PCM) -> bytes:
    block = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)


def extensible(bits: int, channels: int = 1, rate: int = 16_000, tag: int = PCM) -> bytes:
    guid = struct.pack("<H", tag) + bytes.fromhex("000000001000800000aa00389b71")
    return fmt(bits, channels, rate, EXTENSIBLE) + struct.pack("<HHI", 22, bits, 0) + guid


def wav(
    path: Path, form: bytes, data: bytes, before: bytes = b"", behind: bytes = b"", stated: int | None = None
) -> Path:
    """Writes a file of the chunks fmt, ``before``, data, ``behind``."""
    body = b"WAVE" + chunk(b"fmt ", form) + before + chunk(b"data", data, stated) + behind
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path
