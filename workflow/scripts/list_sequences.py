"""Checks the csv files of a dataset and writes the table of its sequences."""

import argparse

from podium.config import load
from podium.data import sources
from podium.data.sequences import list_sequences
from podium.data.unseen import trained_share
from podium.errors import run
from podium.storage.files import atomic_path, write_json
from podium.systems import part


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--system", required=True, help="the recogniser that it is for")
    parser.add_argument("--dataset", required=True, help="dataset YAML")
    parser.add_argument("--out", required=True, help="table to write (.parquet)")
    parser.add_argument("--skipped", required=True, help="report to write: rows left out, by reason (.json)")
    arguments = parser.parse_args()
    plan = part(arguments.system, "plan")
    table, report = list_sequences(sources.create(load(plan.Dataset, arguments.dataset), plan.SOURCES))
    with atomic_path(arguments.out) as table_path, atomic_path(arguments.skipped) as report_path:
        table.to_parquet(table_path, index=False)
        write_json(report_path, report)
    num_skipped = len(report["skipped_sequences"])
    print(f"num_sequences={len(table)} num_skipped={num_skipped}")
    for split, reasons in report["skipped"].items():
        print(f"skipped of {split}: {', '.join(f'{number} {reason}' for reason, number in reasons.items())}")
    if share := trained_share(report["test_signers"]):
        print(f"the test part is not hidden: {share}")


if __name__ == "__main__":
    run(main)
