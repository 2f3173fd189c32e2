"""The checked table of sequences: which rows of the csv files are used, and why the others are not."""

import functools
import itertools
from pathlib import Path

import pandas as pd

from podium.data import columns
from podium.data.labels import Labels
from podium.data.sources import Source
from podium.data.sources.base import extra_columns
from podium.errors import UserError
from podium.storage.files import file_digest


def list_sequences(source: Source) -> tuple[pd.DataFrame, dict]:
    """Checks all rows of a source. A label that cannot be learned costs a row, ambiguous ids stop the run.

    Returns:
        The table: `podium.data.columns.sequences`, rows in the order of the csv files, splits in the order train,
        supplemental, test.
        The report, for JSON: ``num_sequences`` and ``skipped`` per split (reason → number), ``skipped_sequences``
        (each with its ids, its reason and its label), ``ignored_columns`` per csv file, and ``test_signers``: the
        ``number`` of the test part's people, which of them are ``trained_on``, and which ``recordings_trained_on``;
        None without a test part.

    Raises:
        UserError: A sequence id stands twice in a split, a path is not the one of its file id, a file id is unknown
            to the source, or no row of "train" is left.
    """
    rows = pd.concat(
        [frame.assign(split=split) for split, frame in source.read().items()], ignore_index=True
    )
    labels = source.labels
    _check_ids(rows, source)
    is_open = rows["skipped"] == ""
    rows.loc[is_open, "skipped"] = rows.loc[is_open, labels.column].map(labels.problem)
    is_used = rows["skipped"] == ""
    table = rows.loc[is_used, columns.sequences(labels.column)].reset_index(drop=True)
    if not (table["split"] == "train").any():
        reason = _first_reason(rows, labels)
        raise UserError(f"{source.csv('train')} holds no usable row ({reason}); see docs/bad_input.md")
    skipped = rows[~is_used]
    report = {
        "num_sequences": {split: int((table["split"] == split).sum()) for split in source.read()},
        "skipped": {
            split: frame["skipped"].value_counts().sort_index().to_dict() for split, frame in skipped.groupby("split")
        },
        "skipped_sequences": skipped[["split", *columns.KEY, "skipped", labels.column]].to_dict("records"),
        "ignored_columns": {path: extra for path in source.tables() if (extra := extra_columns(path, labels.column))},
        "test_signers": _test_signers(table, _copied_recordings(source, table), labels.column),
    }
    return table, report


def _test_signers(table: pd.DataFrame, copied: set[int], label: str) -> dict | None:
    """``number`` of the test part's people; ``trained_on``, those of them in other parts; ``recordings_trained_on``,
    sequence ids. None if there is no test part."""
    is_test = table["split"] == "test"
    trained, test = table[~is_test], table[is_test]
    if test.empty:
        return None
    return {
        "number": int(test["participant_id"].nunique()),
        "trained_on": trained_signers(trained, test),
        "recordings_trained_on": sorted(copied.union(trained_recordings(trained, test, label))),
    }


def _copied_recordings(source: Source, table: pd.DataFrame) -> set[int]:
    """Sequence ids of the test part whose raw file is a copy of a trained file in which the same id is used.

    Files are read only if two of them have the same size. Files that are not there (yet) are no copies.
    """
    places = {
        (split, file_id): path
        for split, file_id in table[["split", "file_id"]].drop_duplicates().itertuples(index=False)
        if (path := Path(source.raw_file(split, file_id))).is_file()
    }
    by_size: dict[int, list[tuple[str, int]]] = {}
    for key, path in places.items():
        by_size.setdefault(path.stat().st_size, []).append(key)
    digest = functools.cache(lambda key: file_digest(places[key]))
    ids = table.groupby(["split", "file_id"])["sequence_id"].agg(set)
    copied: set[int] = set()
    for keys in by_size.values():
        for one, other in itertools.product(keys, keys):
            if one[0] == "test" != other[0] and places[one] != places[other] and digest(one) == digest(other):
                copied |= ids[one] & ids[other]
    return copied


def trained_signers(trained: pd.DataFrame, test: pd.DataFrame) -> list[int]:
    """Participants of both tables, ascending."""
    return sorted(set(trained["participant_id"].tolist()) & set(test["participant_id"].tolist()))


def trained_recordings(trained: pd.DataFrame, test: pd.DataFrame, label: str) -> list[int]:
    """Sequence ids that both tables give to the same person with the same label, ascending."""
    keys = columns.tested(label)
    return sorted(set(test[keys].merge(trained[keys], on=keys)["sequence_id"].tolist()))


def _first_reason(rows: pd.DataFrame, labels: Labels) -> str:
    rows = rows[rows["split"] == "train"]
    if rows.empty:
        return "it has no rows"
    label, reason = rows.iloc[0][[labels.column, "skipped"]]
    advice = labels.advice(label) if reason in labels.problems else ""
    return f"the first is {reason}: '{label}'" + (f"; {advice}" if advice else "")


def _check_ids(rows: pd.DataFrame, source: Source) -> None:
    is_repeated = rows.duplicated(["split", "sequence_id"])
    if is_repeated.any():
        first = rows[is_repeated].iloc[0]
        raise UserError(
            f"the csv of split '{first['split']}' in {source.root} names sequence_id {first['sequence_id']} more than"
            f" once ({int(is_repeated.sum())} row(s) too many in all); ids must be unique"
        )
    for split, frame in rows.groupby("split", sort=False):
        known = set(source.file_ids(split))
        for path, file_id in frame[["path", "file_id"]].drop_duplicates().itertuples(index=False):
            if file_id not in known:
                raise UserError(f"split '{split}' names file_id {file_id}, which its source does not have")
            if path != source.csv_path(split, file_id):
                expected = f"{source.root}/{source.csv_path(split, file_id)}"
                raise UserError(f"split '{split}': the path '{path}' of file_id {file_id} should lead to {expected}")
