"""What is wrong with the data of a folder; none of it stops the inspection."""

from typing import NamedTuple

import pandas as pd

from podium.data.columns import KEY
from podium.data.sequences import trained_recordings, trained_signers
from podium.data.sources.base import Source
from podium.landmarks import remarks
from podium.landmarks.inspect.folders import Split
from podium.landmarks.inspect.inspection import Inspection

NUM_EXAMPLES = 3
# The order in which problems are told; names as in docs/bad_input.md if packing knows the problem too.
_OF_ROWS = {
    "other_layout": "landmarks in a layout that cannot be inspected",
    "unreadable_file": "files that cannot be read",
    "signer_in_test_too": "signers of test who are in train or supplemental, too: scores on test are then not of unseen"
    " people; keep each signer in one part",
    "recording_in_test_too": "recordings of test that are in train or supplemental, too; remove them from one part",
    "missing_file": "landmark files that the table names and that are not there",
    "odd_path": "rows whose path does not lead to the file of their file_id",
    "duplicate_id": "sequence ids that the table repeats, or that lie in more than one file",
    "not_in_parquet": "rows whose sequence is in no parquet file",
    "no_file": "rows whose sequence has no npy file",
    "not_in_shard": "rows whose sequence is in no shard",
    "not_in_csv": "sequences that no row names",
}
_OF_CLIPS = {
    "all_nan": "sequences without a single landmark",
    "infinite_value": "sequences with an infinite coordinate",
    "no_hand": "sequences in which no hand is ever found",
    "repeated_frames": "sequences with numbers in the column 'frame' more than once, as of several people or clips",
    "odd_frames": "sequences with something else than whole numbers in the column 'frame'",
}

Problems = dict[str, list[int | str]]


class Absence(NamedTuple):
    """Why a row's landmarks are not in its file."""

    reason: str
    unreadable: set[int]  # told as unreadable already


def find_problems(
    split: Split, clips: pd.DataFrame, absences: dict[int, Absence], problems: Problems, inspection: Inspection
) -> None:
    """Fills ``problems``. Rows of files that were not read are not looked for."""
    problems["other_layout"] = [split.other_layout] if split.other_layout else []
    is_empty = clips["filled"] == 0
    problems["all_nan"] = clips.loc[is_empty, "sequence_id"].tolist()
    problems["infinite_value"] = clips.loc[clips["infinite"] > 0, "sequence_id"].tolist()
    problems["no_hand"] = clips.loc[(clips["hand"] == 0) & ~is_empty, "sequence_id"].tolist()
    is_short = clips["num_frames"] < inspection.short_frames
    problems[_short(inspection)] = clips.loc[is_short, "sequence_id"].tolist()
    repeated = set(clips.loc[clips["sequence_id"].duplicated(), "sequence_id"])
    if split.table is not None:
        table = split.table
        repeated |= set(table.loc[table["sequence_id"].duplicated(), "sequence_id"])
        problems["missing_file"] = [] if split.is_unmade else split.absent_files
        if "path" in table:
            expected = [Source.pattern.format(split=split.name, file_id=file_id) for file_id in table["file_id"]]
            problems["odd_path"] = table.loc[table["path"] != expected, "sequence_id"].tolist()
        labels = inspection.labels
        for sequence_id, label in table[["sequence_id", labels.column]].itertuples(index=False):
            if problem := labels.problem(label):
                problems.setdefault(problem, []).append(sequence_id)
        _compare(table, clips, absences, problems)
    problems["duplicate_id"] = sorted(repeated)


def find_trained(
    test: Split, trained: list[Split], clips: dict[str, pd.DataFrame], problems: Problems, label: str
) -> None:
    """Adds signers and recordings of the test part that the trained parts hold, too.

    Args:
        clips: The sequences of each split, with the ``digest`` of their values.
    """
    digests = pd.concat([clips[split.name].loc[clips[split.name]["filled"] > 0, "digest"] for split in trained])
    of_test = clips[test.name]
    recordings = set(of_test.loc[(of_test["filled"] > 0) & of_test["digest"].isin(digests), "sequence_id"])
    tables = [split.table for split in trained if split.table is not None]
    if test.table is not None and tables:
        problems["signer_in_test_too"] = trained_signers(pd.concat(tables), test.table)
        recordings |= set(trained_recordings(pd.concat(tables), test.table, label))
    problems["recording_in_test_too"] = sorted(recordings)


def _compare(table: pd.DataFrame, clips: pd.DataFrame, absences: dict[int, Absence], problems: Problems) -> None:
    both = table[KEY].drop_duplicates().merge(clips[KEY], on=KEY, how="outer", indicator="side")
    problems["not_in_csv"] = both.loc[both["side"] == "right_only", "sequence_id"].tolist()
    for file_id, sequence_id in both.loc[both["side"] == "left_only", KEY].itertuples(index=False):
        absence = absences.get(file_id)
        if absence and sequence_id not in absence.unreadable:
            problems.setdefault(absence.reason, []).append(sequence_id)


def meanings(inspection: Inspection) -> dict[str, str]:
    """Kinds of problems → what each means, in the order in which they are told."""
    short = {_short(inspection): f"sequences shorter than {inspection.short_frames} frames"}
    return {**_OF_ROWS, **inspection.labels.problems, **_OF_CLIPS, **remarks.MEANINGS, **short}


def _short(inspection: Inspection) -> str:
    return f"under_{inspection.short_frames}_frames"


def listed(problems: Problems, inspection: Inspection) -> list[dict]:
    """Problems that exist, in the order of `meanings`."""
    return [
        {"kind": kind, "number": len(found), "examples": [_plain(one) for one in found[:NUM_EXAMPLES]], "meaning": text}
        for kind, text in meanings(inspection).items()
        if (found := problems.get(kind))
    ]


def _plain(example: int | str) -> int | str:
    return " ".join(example.split()) if isinstance(example, str) else int(example)
