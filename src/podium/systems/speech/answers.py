"""What goes into a file and what its outputs say."""

from podium.systems.speech.card import card
from podium.systems.speech.inputs import MEANINGS, REASONS, as_input, check_settings, is_own, open_clips
from podium.systems.speech.proof_clips import agree, edge_clips, example, test_clips
from podium.systems.speech.pseudo import relabel
from podium.systems.speech.readings import predictions, read, score

__all__ = [
    "MEANINGS", "REASONS", "agree", "as_input", "card", "check_settings", "edge_clips", "example", "is_own",
    "open_clips", "predictions", "read", "relabel", "score", "test_clips",
]  # fmt: skip
