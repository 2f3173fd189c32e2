"""Prints what packing one landmark file of the competition's size costs, beside the 1st-place solution's way.

python benchmarks/preprocessing.py [--sequences 1000] [--repeats 3] [--folder DIR]

Writes the virtual signer's clips into one parquet file of 1,630 columns, once as a single row group and once in row
groups of 10,000 rows. Then, by turns and each in a process of its own: our pack_shard.py, into float32 and float16; and
the other way, pandas.read_parquet of the whole frame and one npy of 390 columns for each sequence. The files are not in
the page cache when a job starts. What two jobs at once need is measured too. Medians over the repeats; about 4 GB of
memory (for making the file and for pandas) and 8 GB of disk.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACK_SHARD = Path(__file__).parents[1] / "workflow/scripts/pack_shard.py"
ROW_GROUPS = {"one": None, "10,000 rows": 10_000}
WAYS = ("float32 shard", "float16 shard", "pandas and npy")
NUM_FILES, NUM_SEQUENCES = 121, 120_000  # of the whole competition
FRAMES_PER_CHARACTER = 10.6  # makes about 165 frames per sequence
FILE_ID = 7


def make(folder: Path, num_sequences: int) -> None:
    """Writes the parquet files, and the table that pack_shard.py asks for."""
    import numpy as np
    import pandas as pd

    from podium.landmarks.mediapipe import RAW_COLUMNS
    from podium.storage.files import write_json
    from podium.systems.fingerspelling.corpus.clip import record
    from podium.systems.fingerspelling.corpus.person import sample_person
    from podium.systems.fingerspelling.corpus.phrases import training_phrase

    rng = np.random.default_rng(0)
    people = [sample_person(np.random.default_rng(seed)) for seed in range(20)]
    clips = []
    for number in range(num_sequences):
        clip_FL3 = record(training_phrase(rng, 3, 31), people[number % len(people)], FRAMES_PER_CHARACTER, rng)
        clips.append(clip_FL3.astype(np.float32).transpose(0, 2, 1).reshape(len(clip_FL3), -1))
    lengths = [len(clip) for clip in clips]
    frame = pd.DataFrame(np.concatenate(clips), columns=RAW_COLUMNS[1:])
    clips.clear()
    frame.insert(0, "frame", np.concatenate([np.arange(length, dtype=np.int16) for length in lengths]))
    ids = np.arange(num_sequences)
    frame.index = pd.Index(np.repeat(ids, lengths), name="sequence_id")
    for name, rows in ROW_GROUPS.items():
        frame.to_parquet(folder / f"{name}.parquet", row_group_size=rows)
    table = pd.DataFrame({"split": "train", "file_id": FILE_ID, "sequence_id": ids})
    table.to_parquet(folder / "sequences.parquet")
    write_json(folder / "sequences.json", {"skipped_sequences": []})
    print(f"num_sequences={num_sequences} num_frames={len(frame)} num_columns={frame.shape[1]}")


def whole_frame(parquet: Path, out: Path) -> None:
    """All columns of all sequences into memory, then one npy per sequence."""
    import numpy as np
    import pandas as pd

    from podium.systems.fingerspelling.landmarks import COLUMNS

    out.mkdir()
    for sequence_id, frame in pd.read_parquet(parquet).groupby(level=0, sort=False):
        np.save(out / f"{sequence_id}.npy", frame[COLUMNS].to_numpy(dtype=np.float32))


def command(way: str, parquet: Path, out: Path) -> list[str]:
    """The job that does ``parquet`` in one of `WAYS`; all it writes lies under ``out``."""
    if way == "pandas and npy":
        return [sys.executable, __file__, "whole_frame", str(parquet), str(out)]
    arguments = {"system": "fingerspelling",
                 "landmarks": parquet, "table": parquet.parent / "sequences.parquet", "split": "train",
                 "file-id": FILE_ID, "dtype": way.split()[0], "out": out / f"{FILE_ID}.npy"}  # fmt: skip
    return [sys.executable, str(PACK_SHARD), *(str(part) for key in arguments for part in (f"--{key}", arguments[key]))]


def run(way: str, parquet: Path, num_jobs: int = 1) -> dict[str, float]:
    """Runs equal jobs at once.

    Returns:
        seconds until the last has ended; of the first, cpu_seconds, peak_mb of memory, read_mb by system calls, and
        written_mb.
    """
    with open(parquet, "rb") as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    outs = [parquet.parent / f"out{number}" for number in range(num_jobs)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    jobs = [subprocess.Popen(command(way, parquet, out), stdout=subprocess.DEVNULL, env=environment) for out in outs]
    cpu_seconds, peaks, reads = [], [], []
    for job in jobs:
        os.waitid(os.P_PID, job.pid, os.WEXITED | os.WNOWAIT)  # its counters can be read until it is reaped
        counters = dict(line.split(": ") for line in Path(f"/proc/{job.pid}/io").read_text().splitlines())
        _, status, usage = os.wait4(job.pid, 0)
        if status:
            raise SystemExit(f"{way}: the job failed")
        cpu_seconds.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss * 1024 / 1e6)
        reads.append(int(counters["rchar"]) / 1e6)
    seconds = time.perf_counter() - start
    written = [path.stat().st_size for path in outs[0].rglob("*")]
    for out in outs:
        shutil.rmtree(out)
    return {
        "seconds": seconds, "cpu_seconds": cpu_seconds[0], "peak_mb": peaks[0], "read_mb": reads[0],
        "written_mb": sum(written) / 1e6,
    }  # fmt: skip


def compare(parquet: Path, num_sequences: int, repeats: int) -> dict[str, dict[str, float]]:
    """Runs all ways by turns and prints a line for each. Returns the medians by way."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(repeats):
        for way in WAYS:
            one, two = run(way, parquet), run(way, parquet, num_jobs=2)
            runs[way].append({**one, "seconds_of_two": two["seconds"]})
    medians = {
        way: {key: statistics.median(one[key] for one in of_way) for key in of_way[0]} for way, of_way in runs.items()
    }
    for way, of_way in medians.items():
        print(
            f"| {parquet.stem} | {way} | {of_way['seconds']:.1f} | {num_sequences / of_way['seconds']:.0f}"
            f" | {medians['pandas and npy']['seconds'] / of_way['seconds']:.1f} | {of_way['seconds_of_two']:.1f}"
            f" | {of_way['cpu_seconds']:.1f} | {of_way['peak_mb']:.0f} | {of_way['read_mb']:.0f}"
            f" | {of_way['written_mb']:.0f} |"
        )
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help="where a temporary folder is made; its disk is measured along")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        # In a process of its own: a child's peak memory begins with that of the process that starts it.
        subprocess.run([sys.executable, __file__, "make", name, str(arguments.sequences)], check=True)
        os.sync()  # what has not reached the disk stays in the page cache
        sizes = {group: (folder / f"{group}.parquet").stat().st_size / 1e6 for group in ROW_GROUPS}
        print("file_mb=" + ",".join(f"{size:.0f}" for size in sizes.values()) + "\n")
        print("| row groups | way | seconds | sequences/s | ratio | s, two jobs | CPU s | peak MB | read MB | out MB |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        medians = {
            group: compare(folder / f"{group}.parquet", arguments.sequences, arguments.repeats) for group in ROW_GROUPS
        }
    of_group = medians["one"]
    scale = NUM_SEQUENCES / arguments.sequences
    print(f"\nThe whole competition ({NUM_FILES} files of one row group, {NUM_SEQUENCES:,} sequences):\n")
    print(f"| way | minutes, one job | minutes, two at once | GB (raw: {sizes['one'] * scale / 1e3:.0f}) |")
    print("|---|---|---|---|")
    for way, of_way in of_group.items():
        one, two = of_way["seconds"] * scale / 60, of_way["seconds_of_two"] / 2 * scale / 60
        print(f"| {way} | {one:.0f} | {two:.0f} | {of_way['written_mb'] * scale / 1e3:.1f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["whole_frame"]:
        whole_frame(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
