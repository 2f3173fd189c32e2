"""All cases, and the table of their numbers."""

from collections import Counter

from hostile.arrays import checkpoint_cases, npy_cases, safetensors_cases, tflite_cases
from hostile.cases import Case
from hostile.tables import csv_cases, parquet_cases
from hostile.texts import json_cases, yaml_cases
from hostile.zips import zip_cases

FORMATS = (parquet_cases, csv_cases, json_cases, yaml_cases, npy_cases, zip_cases, safetensors_cases, checkpoint_cases,
           tflite_cases)  # fmt: skip


def all_cases() -> list[Case]:
    """Every case, format by format."""
    return [case for cases in FORMATS for case in cases()]


def count_table() -> str:
    """Cases by format, as Markdown."""
    counts = Counter(case.format for case in all_cases())
    commands = {one: len({case.command for case in all_cases() if case.format == one}) for one in counts}
    rows = [f"| {one} | {number} | {commands[one]} |" for one, number in counts.items()]
    total = f"| **all** | **{sum(counts.values())}** | |"
    return "\n".join(["| format | cases | commands that read them |", "|---|---:|---:|", *rows, total]) + "\n"
