"""The twin of round 2's network."""

from podium.port.attention import RotaryAttention, rotary_table
from podium.port.base import TWINS
from podium.port.encoder import Encoder
from podium.port.parts_reader import PartsReader
from podium.port.weights import Weights


@TWINS.register("squeezeformer_rope")
class SqueezeformerRope(PartsReader):
    """A Squeezeformer with rotary positions."""

    def make_encoder(self, weights: Weights) -> Encoder:
        """Blocks that share one table of rotations."""
        config = self.config
        tables_MK = rotary_table(self.max_frames, config.dim // config.num_heads)
        return Encoder(weights, config, lambda scope: RotaryAttention(scope, config.dim, config.num_heads, tables_MK))
