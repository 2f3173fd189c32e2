"""The columns of the tables of a dataset, in order; that of the label has the name that a system gives it.

What `podium.storage.tables.read_table` makes sure of goes by these names.
"""

KEY = ["file_id", "sequence_id"]  # of a clip, within a split
FOLDS = ["participant_id", "num_sequences", "num_supplemental", "fold"]  # folds.parquet
FOLD_OF = ["participant_id", "fold"]  # what is needed of it
SHARD = [*KEY, "offset", "num_frames"]  # beside each shard; behind them what `prepare` has measured
TRAINED = ["split", *KEY, "participant_id", "offset", "num_frames"]  # what any training needs of its table
PREDICTIONS = [*KEY, "prediction", "score"]  # what stages learn from, in oof.parquet


def raw(label: str) -> list[str]:
    """Of the csv files that come with the raw data."""
    return ["path", *KEY, "participant_id", label]


def sequences(label: str) -> list[str]:
    """Of sequences.parquet."""
    return ["split", *raw(label)]


def told(label: str) -> list[str]:
    """Of both sequences.parquet and index.parquet: whose clip it is, and what it shows."""
    return ["split", *KEY, "participant_id", label]


def predicted(label: str) -> list[str]:
    """Of oof.parquet; behind them prediction and score."""
    return [*KEY, "participant_id", label, "num_frames"]


def tested(label: str) -> list[str]:
    """Of predictions.csv; behind them prediction and score."""
    return ["sequence_id", "participant_id", label]


def index(label: str) -> list[str]:
    """Of index.parquet; behind them what `prepare` has measured."""
    return [*told(label), "offset", "num_frames"]
