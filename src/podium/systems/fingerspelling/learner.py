"""What learns to read fingerspelling: one network of the registry."""

from podium.systems.fingerspelling.assembly import Assembly as assemble
from podium.systems.fingerspelling.networks.checkpoint import load_model as load

__all__ = ["assemble", "load"]
