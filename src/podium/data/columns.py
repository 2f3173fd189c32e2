"""The columns of the tables of a dataset, in order; that of the label has the name that a system gives it.

What `podium.storage.tables.read_table` makes sure of goes by these names.
"""

KEY = ["file_id", "sequence_id"]  # of a clip, within a split
FOLDS = ["participant_id", "num_sequences", "num_supplemental", "fold"]  # folds.parquet
SHARD = [*KEY, "offset", "num_frames"]  # beside each shard; behind them what `prepare` has measured


def raw(label: str) -> list[str]:
    """Of the csv files that come with the raw data."""
    return ["path", *KEY, "participant_id", label]


def sequences(label: str) -> list[str]:
    """Of sequences.parquet."""
    return ["split", *raw(label)]


def told(label: str) -> list[str]:
    """Of both sequences.parquet and index.parquet: whose clip it is, and what it shows."""
    return ["split", *KEY, "participant_id", label]


def index(label: str) -> list[str]:
    """Of index.parquet; behind them what `prepare` has measured."""
    return [*told(label), "offset", "num_frames"]
