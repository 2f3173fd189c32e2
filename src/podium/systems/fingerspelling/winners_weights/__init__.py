"""Weights that others have trained: reading their files, choosing a set of weights, and making it a network of ours."""

from podium.systems.fingerspelling.winners_weights.files import read_tensors
from podium.systems.fingerspelling.winners_weights.network import build, import_checkpoint, reference_clips
from podium.systems.fingerspelling.winners_weights.sets import choose

__all__ = ["build", "choose", "import_checkpoint", "read_tensors", "reference_clips"]
