"""Small raw folders in the competition's layout, of a virtual person, for tests."""

import functools
import io
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from podium.data.shards import Packed, pack_shard
from podium.landmarks.mediapipe import RAW_COLUMNS, RAW_NAMES
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.landmarks import COLUMNS, NAMES
from podium.systems.fingerspelling.raw import open_raw, prepare

CSV_NAMES = {"train": "train.csv", "supplemental": "supplemental_metadata.csv", "test": "test.csv"}


def table(num_signers: int = 6, clips_per_signer: int = 4, split: str = "train", first_id: int = 1000) -> pd.DataFrame:
    """Rows for `write_raw`: one file per two signers, 20 frames and more per clip."""
    rows = []
    for number in range(num_signers * clips_per_signer):
        signer = number // clips_per_signer
        file_id = first_id * 10 + signer // 2
        rows.append(
            {
                "path": f"{split}_landmarks/{file_id}.parquet",
                "file_id": file_id,
                "sequence_id": first_id + number,
                "participant_id": 50 + signer,
                "phrase": f"phrase {number}" if split == "train" else f"sentence {number % 3}",
                "num_frames": 20 + 3 * (number % 7),
            }
        )
    return pd.DataFrame(rows)


@functools.cache
def _person() -> np.ndarray:
    """(543, 3) float32: one frame of a virtual person with both hands, each at its arm's wrist; of the 130 landmarks
    that are read, x has mean 0.5 and deviation 0.1, y 0.4 and 0.2, z is 0."""
    rng = np.random.default_rng(0)
    clip_TLC = record("a person", sample_person(rng), 9.0, rng, gaps=0)
    frame_LC = clip_TLC[np.flatnonzero(~np.isnan(clip_TLC[:, 522:]).any(axis=(1, 2)))[0]].copy()
    hand, wrist, other_wrist = slice(522, 543), 489 + 16, 489 + 15
    frame_LC[468:489] = frame_LC[hand] * [-1, 1, 1] + [0.8, 0, 0]
    frame_LC[wrist], frame_LC[other_wrist] = frame_LC[522], frame_LC[468]
    read_LC = frame_LC[[RAW_NAMES.index(name) for name in NAMES]]
    return (frame_LC - read_LC.mean(0)) / read_LC.std(0) * [0.1, 0.2, 0] + [0.5, 0.4, 0]


def landmarks(num_frames: int, seed: int) -> np.ndarray:
    """(num_frames, 1629) float32: a person who trembles, most in z; the left hand is missing in a stretch of frames."""
    rng = np.random.default_rng(seed)
    place = _person() + rng.normal(0, [0.005, 0.01, 0], 3)
    values = rng.normal(place, [0.001, 0.002, 1.0], (num_frames, 543, 3)).transpose(0, 2, 1).astype(np.float32)
    values[num_frames // 3 : num_frames // 2, :, 468:489] = np.nan
    return values.reshape(num_frames, 1629)


def landmark_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """What a parquet file of these rows holds: index sequence_id, "frame" and 1629 columns."""
    parts = []
    for row in rows.itertuples():
        part = pd.DataFrame(landmarks(row.num_frames, row.sequence_id), columns=RAW_COLUMNS[1:])
        part.insert(0, "frame", np.arange(row.num_frames, dtype=np.int16))
        part.index = pd.Index(np.full(row.num_frames, row.sequence_id), name="sequence_id")
        parts.append(part)
    return pd.concat(parts)


def write_raw(root: Path, rows: pd.DataFrame, split: str = "train") -> None:
    """Writes the csv and the parquet files of a split."""
    (root / f"{split}_landmarks").mkdir(parents=True)
    rows.drop(columns="num_frames").to_csv(root / CSV_NAMES[split], index=False)
    for file_id, of_file in rows.groupby("file_id"):
        clips = tuple(zip(of_file["sequence_id"], of_file["num_frames"], strict=True))
        (root / f"{split}_landmarks" / f"{file_id}.parquet").write_bytes(_parquet(clips))


@functools.lru_cache(maxsize=64)  # most tests write the same few
def _parquet(clips: tuple[tuple[int, int], ...]) -> bytes:
    content = io.BytesIO()
    landmark_frame(pd.DataFrame(clips, columns=["sequence_id", "num_frames"])).to_parquet(content)
    return content.getvalue()


def write_arrays(root: Path, rows: pd.DataFrame, split: str = "train") -> None:
    """Writes the same clips as `write_raw`, as prepared arrays: {split}_landmarks/{file_id}/{sequence_id}.npy."""
    for (file_id, sequence_id), clip in rows.groupby(["file_id", "sequence_id"]):
        folder = root / f"{split}_landmarks" / str(file_id)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{sequence_id}.npy", landmark_frame(clip)[COLUMNS].to_numpy())


def write_dataset(path: Path, root: Path, num_folds: int = 2, num_holdout: int = 1, **source) -> Path:
    """Writes a dataset file of kind local."""
    content = {
        "name": "small",
        "source": {"kind": "local", "root": str(root), **source},
        "folds": {"num_folds": num_folds, "num_holdout_participants": num_holdout},
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def pack(landmarks: Path, wanted: list[int], unused: set[int], file_id: int, out: Path, dtype="float32") -> Packed:
    """Packs a raw file as fingerspelling does."""
    return pack_shard(open_raw(landmarks), prepare, wanted, unused, file_id, out, dtype)


def write_clip(path: Path, x_TK: np.ndarray) -> Path:
    """A file of one clip (T, 390), of the kind that its suffix says; the columns of tables stand in reverse."""
    frame = pd.DataFrame(x_TK, columns=COLUMNS)[COLUMNS[::-1]]
    if path.suffix == ".npy":
        np.save(path, x_TK)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.assign(comment="nobody reads this").to_parquet(path)
    return path
