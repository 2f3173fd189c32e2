"""From folders of wav files to shards. Knows numpy, no framework.

A clip is one second at 16 kHz. A shard holds it as 50 frames of 20 ms: T = 50, K = 320 float32 samples in [-1, 1], not
standardised. ``x_TK.reshape(-1)`` is the waveform (16000,), a view. So `INPUT_COLUMNS` are 320 names and a clip's
``num_frames`` is 50. Frames of one sample each would be packed 100 times slower, and noise recordings of more than
eight seconds would exceed `podium.data.recordings.MAX_FRAMES`. Recordings below `NOISE` keep their length in whole
frames: they are no clips, but what clips are mixed with.

Legend: T frames of 20 ms, K the samples of a frame, S samples.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from podium.audio.clip_files import num_samples, one_second, read_sound
from podium.audio.wav import WavError, read_header
from podium.data.recordings import PreparedClip, Recordings
from podium.systems.speech.labels import NOISE
from podium.systems.speech.layout import CLIP_FRAMES, FRAME_SAMPLES
from podium.systems.speech.names import clip_id, folders_of, wav_names


class WavFolders(Recordings):
    """The wav files of some folders, by the ids of `podium.systems.speech.names.clip_id`, in the order of their names.

    Files that cannot be used are in `refused` by the reasons of `podium.audio.wav.PROBLEMS`.

    Args:
        path: Of the folders, see `podium.systems.speech.names.folders_of`. One called `NOISE` holds recordings of any
            length, each other one clips of a second.

    Raises:
        UserError: One is no folder.
    """

    num_columns = FRAME_SAMPLES
    absence = "not_in_folder"
    extra_columns: list[str] = []

    def __init__(self, path: str | Path) -> None:
        folders = folders_of(path)
        self._paths = {clip_id(folder.name, name): folder / name for folder in folders for name in wav_names(folder)}
        self.unreadable: list[int] = []
        self.refused, self.remarks = {}, {}
        self._num_frames = {one: self._length(one, file) for one, file in self._paths.items()}

    def num_frames(self) -> dict[int, int]:
        """Frames of each recording; 0 of one that is refused."""
        return self._num_frames

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields ids (T,) int64, all equal, and samples (T, 320) float32 of each recording that is not refused."""
        for one, path in self._paths.items():
            if one in self.refused:
                continue
            num_frames = self._num_frames[one]
            try:
                sound = read_sound(path) if _is_noise(path) else one_second(read_sound(path))
                x_TK, self.remarks[one] = sound.x_S[: num_frames * FRAME_SAMPLES].reshape(num_frames, -1), sound.remarks
            except WavError:  # only its samples tell, and it has its place in the shard: `prepare` refuses it
                x_TK = np.full((num_frames, FRAME_SAMPLES), np.nan, dtype=np.float32)
            yield np.full(num_frames, one), x_TK

    def _length(self, one: int, path: Path) -> int:
        try:
            header = read_header(path)
            frames = num_samples(header) // FRAME_SAMPLES if _is_noise(path) else CLIP_FRAMES
            if frames == 0:
                raise WavError(path, "no_samples")
            return frames
        except WavError as error:
            self.refused[one] = error.problem
            return 0


def _is_noise(path: Path) -> bool:
    return path.parent.name == NOISE


def open_raw(path: str | Path) -> WavFolders:
    """The wav files of some folders; see `WavFolders`."""
    return WavFolders(path)


def prepare(x_TK: np.ndarray) -> PreparedClip:
    """What is stored of a clip: the clip as it is.

    Args:
        x_TK: (T, 320) float32, T ≥ 1.

    Returns:
        With the columns ``level`` (root mean square) and ``peak``. A clip with numbers that are not finite is refused.
    """
    if not np.isfinite(x_TK).all():
        return PreparedClip(x_TK, problem="not_finite")
    x_S = x_TK.reshape(-1)
    columns = {"level": float(np.sqrt(np.mean(np.square(x_S, dtype=np.float64)))), "peak": float(np.abs(x_S).max())}
    return PreparedClip(x_TK, columns)
