"""Prints how fast the virtual corpus is written, by one process, parquet files included.

OMP_NUM_THREADS=1 python benchmarks/corpus.py [--frames-per-character 9.6] [--sequences 500]

One thread per process, as Snakemake sets it for the rule; more of them only wait for each other.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from podium.systems.fingerspelling.corpus.corpus import file_ids, plan_corpus, write_raw_file
from podium.systems.fingerspelling.corpus.section import SyntheticSource


def main() -> None:
    """Writes a corpus into a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--frames-per-character", type=float, default=9.6)
    parser.add_argument("--max-characters", type=int, default=31)
    arguments = parser.parse_args()
    source = SyntheticSource(
        kind="synthetic", num_train_sequences=arguments.sequences, num_supplemental_sequences=0,
        num_test_sequences=0, num_train_signers=20, num_test_signers=1,
        max_characters=arguments.max_characters, mean_frames_per_character=arguments.frames_per_character,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as root:
        start = time.perf_counter()
        plan = plan_corpus(source)
        for file_id in file_ids(source, "train"):
            write_raw_file(plan, "train", file_id, Path(root, "train_landmarks", f"{file_id}.parquet"))
        seconds = time.perf_counter() - start
        folder = os.path.join(root, "train_landmarks")
        num_bytes = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))
    per_second, kilobytes = arguments.sequences / seconds, num_bytes / arguments.sequences / 1e3
    print(f"sequences={arguments.sequences} per_second={per_second:.1f} kb_per_sequence={kilobytes:.0f}")


if __name__ == "__main__":
    main()
