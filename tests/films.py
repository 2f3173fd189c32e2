"""Makes short videos and sounds for tests, with PyAV."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 96, 64


def pictures(number: int, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """Pictures (height, width, 3) without a person: white in the top left corner, red left, blue right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 255
    picture[: height // 3, : width // 4] = 255
    return [picture] * number


def write_video(
    path: Path,
    frames: Sequence[np.ndarray],
    rate: int = 30,
    codec: str = "libx264",
    times_ms: Sequence[int] | None = None,
    rotation: int = 0,
) -> Path:
    """Writes a video.

    Args:
        times_ms: When each picture is shown; None shows them at an even rate.
        rotation: Degrees anticlockwise by which a player is to turn it, as phones note it.
    """
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2] if len(frames) else (HEIGHT, WIDTH)
        stream.pix_fmt = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        container.start_encoding()  # a video of no frames has a head, too
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if times_ms is None else times_ms[number]
            frame.time_base = Fraction(1, rate) if times_ms is None else Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """Writes a second of silence without pictures."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
