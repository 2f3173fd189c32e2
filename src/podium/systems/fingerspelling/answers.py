"""What goes into a fingerspelling file and what its outputs say."""

from podium.landmarks.remarks import MEANINGS, REASONS
from podium.systems.fingerspelling.agreement import agree
from podium.systems.fingerspelling.card import card
from podium.systems.fingerspelling.inputs import as_input, check_settings, is_own, open_clips
from podium.systems.fingerspelling.oof import import_labels, relabel
from podium.systems.fingerspelling.proof_clips import edge_clips, example, test_clips
from podium.systems.fingerspelling.readings import predictions, read, score

__all__ = [
    "MEANINGS", "REASONS", "agree", "as_input", "card", "check_settings", "edge_clips", "example", "import_labels",
    "is_own", "open_clips", "predictions", "read", "relabel", "score", "test_clips",
]  # fmt: skip
