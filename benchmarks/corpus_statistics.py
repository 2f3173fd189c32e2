"""Prints figures of corpora in the competition's layout side by side, as a markdown table.

python benchmarks/corpus_statistics.py real=../shared/real/wide virtual=results/data/synthetic/raw
"""

import argparse

from podium.errors import UserError, run
from podium.systems.fingerspelling.corpus.statistics import describe, read_clips


def main() -> None:
    """One column per NAME=FOLDER."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", metavar="NAME=FOLDER")
    columns = {}
    for corpus in parser.parse_args().corpora:
        name, _, folder = corpus.partition("=")
        clips = read_clips(folder)
        if not clips:
            raise UserError(f"{folder or corpus}: no train_landmarks/*.parquet; give each corpus as NAME=FOLDER")
        columns[name] = describe(clips)
    print("| figure | " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for figure in next(iter(columns.values())):
        values = (columns[name][figure] for name in columns)
        print(
            f"| {figure} | "
            + " | ".join(f"{value:.4f}" if abs(value) < 0.01 else f"{value:.3g}" for value in values)
            + " |"
        )


if __name__ == "__main__":
    run(main)
