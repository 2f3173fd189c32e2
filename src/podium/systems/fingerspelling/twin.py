"""The TensorFlow side of fingerspelling: the twin of each network, and the graph of the file."""

from podium.systems.fingerspelling.graph import assemble
from podium.systems.fingerspelling.twins import make

__all__ = ["assemble", "make"]
