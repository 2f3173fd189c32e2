"""What the numbers in an experiment's files mean, each in a sentence: for the report, and for docs/metrics.md."""

from collections.abc import Mapping

from podium.systems import part
from podium.systems.extras import has_part

# Keys of metrics.json, of a training or of labels; of evaluation.json, of a member or of the file; and columns of
# history.csv. A system may tell more, or otherwise, in its module ``metrics``.
METRICS: dict[str, dict[str, str]] = {
    "Scores": {
        "score": "the share of clips that are read right, from 0 to 1",
        "reason": "why there is no score, which is then null",
        "num_right": "clips that are read right",
        "score_of_participant": "the score of each person's clips",
        "worst": "the clips with the lowest scores: label, prediction, score",
        "formats": "of each format that was exported: score, clips that it could not read, size",
    },
    "What was scored, and on what": {
        "num_training_rows": "clips that the training learned from",
        "num_validation_rows": "clips that the training was scored on: those of its fold, or of the people held out",
        "validation_was_trained_on": "whether these are among the clips that it learned from, since no people are held"
        " out; such a score says nothing of other people",
        "num_sequences": "clips that were scored",
        "num_unread": "clips that are not there, or that the file refuses, such as too long ones; they count as wrong",
        "num_without_frames": "clips of which no frame is left once the empty ones are dropped",
        "size_mb": "size of the file, in millions of bytes",
    },
    "Training": {
        "epoch": "passes over the training clips that are finished",
        "learning_rate": "that of the epoch's last step",
        "gradient_norm": "length of the gradient before it is clipped, mean over the epoch's steps",
        "loss": "what training makes small, mean over the epoch's batches, with the weights of that moment",
        "loss_…, …_loss": "its parts",
        "validation_loss": "cross-entropy of the labels of the clips that it is scored on: clips as they are, nothing"
        " hidden, mixed or smoothed, and none of the loss's other parts. Look at when it begins to rise, not at its"
        " distance from `loss`",
    },
}
# Where they stand: a file below the experiment's folder → what it is about.
FILES = {
    "{stage}/{run}/metrics.json": "a training, scored by torch on clips that it has not learned from, if there are any",
    "{stage}/{run}/history.csv": "the same, a row per epoch; a score is empty if the epoch was not validated",
    "{how}/metrics.json": "the labels that earlier stages give to the clips of a later one",
    "{stage}/{run}/evaluation.json": "a network of the file alone, scored by torch on the hidden test",
    "export/evaluation.json": "the exported file, run by TFLite on the hidden test",
}


def own_metrics(system: str) -> Mapping[str, str]:
    """What a system tells beside `METRICS`, or otherwise: a key → its meaning."""
    return part(system, "metrics").METRICS if has_part(system, "metrics") else {}


def meanings(system: str) -> dict[str, str]:
    """All keys that files of a system may hold → their meanings."""
    return {key: meaning for group in METRICS.values() for key, meaning in group.items()} | dict(own_metrics(system))
