"""What learns to read fingerspelling, and what its networks say together."""

from podium.systems.fingerspelling.assembly import assemble, search
from podium.systems.fingerspelling.learning import make
from podium.systems.fingerspelling.unlabelled import label
from podium.systems.fingerspelling.winners_weights.network import import_checkpoint

__all__ = ["assemble", "import_checkpoint", "label", "make", "search"]
