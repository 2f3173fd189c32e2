"""Weights that others have trained: reading their files, choosing a set of weights, and making it a network of ours."""

from podium.importing.files import read_tensors
from podium.importing.network import Imported, MisfitError, build, import_checkpoint, reference_clips
from podium.importing.sets import choose

__all__ = ["Imported", "MisfitError", "build", "choose", "import_checkpoint", "read_tensors", "reference_clips"]
