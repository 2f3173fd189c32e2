"""What idle ends and other frame rates cost a file, with and without what `podium.Recognizer` does about them.

    python benchmarks/clip_timing.py --model results/demo/export --raw results/data/synthetic/raw

Scores of the first hidden clips: as they are; with idle frames at both ends (nobody seen, or hands down); and as a
camera of another rate sees them. "file" is the bare file as a host runs it, "library" is `Recognizer.read`.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from podium import Recognizer
from podium.landmarks.timing import resample
from podium.recognise.tflite import TfliteFile
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.readings import host_text, read
from podium.systems.fingerspelling.score import normalized_score

HANDS = [column for column, name in enumerate(COLUMNS) if "hand" in name]
FRAME_RATE = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("results/demo/export"), help="folder with model.tflite")
    parser.add_argument("--raw", type=Path, default=Path("results/data/synthetic/raw"), help="with test.csv")
    parser.add_argument("--clips", type=int, default=500)
    arguments = parser.parse_args()
    clips, phrases = read_clips(arguments.raw, arguments.clips)
    file, library = TfliteFile(arguments.model / "model.tflite"), Recognizer(arguments.model)

    def row(name: str, change: Callable[[np.ndarray], np.ndarray], fps: float | None = None) -> None:
        changed = [change(clip) for clip in clips]
        alone = normalized_score(phrases, [host_text(read(file.answer(clip))) for clip in changed])
        by_library = normalized_score(phrases, [library.read(clip, fps).text for clip in changed])
        print(f"| {name} | {alone:.3f} | {by_library:.3f} |", flush=True)

    print("| clips | file | library |\n|---|---|---|")
    row("as they are", lambda clip: clip)
    for num_idle in (4, 8, 30):
        row(f"{num_idle} idle frames at each end, nobody seen", lambda clip, n=num_idle: with_idle(clip, n, False))
    row("30 idle frames at each end, hands down", lambda clip: with_idle(clip, 30, True))
    for fps in (15, 20, 24, 60, 120):
        row(f"{fps} frames a second", lambda clip, fps=fps: resample(clip, FRAME_RATE, fps), fps)


def read_clips(raw: Path, num_clips: int) -> tuple[list[np.ndarray], list[str]]:
    """The first hidden clips, (T, 390) float32 each, and their phrases."""
    rows = pd.read_csv(raw / "test.csv", dtype={"phrase": str}, keep_default_na=False).head(num_clips)
    clips, phrases = [], []
    for path, of_file in rows.groupby("path", sort=False):
        frames = pd.read_parquet(raw / path)[COLUMNS]
        clips += [frames.loc[[one]].to_numpy(np.float32) for one in of_file["sequence_id"]]
        phrases += of_file["phrase"].tolist()
    return clips, phrases


def with_idle(clip: np.ndarray, num_frames: int, is_seen: bool) -> np.ndarray:
    """The clip between frames without hands; of the person, if seen, the first frame."""
    idle = np.repeat(clip[:1], num_frames, axis=0)
    idle[:, HANDS if is_seen else slice(None)] = np.nan
    return np.concatenate([idle, clip, idle])


if __name__ == "__main__":
    main()
