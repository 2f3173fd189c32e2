"""The twin of round 2's network."""

from functools import partial

from podium.port.attention import RotaryAttention, rotary_table, rotation_of
from podium.port.base import TWINS
from podium.port.encoder import Encoder
from podium.port.parts_reader import PartsReader
from podium.port.weights import Weights


@TWINS.register("squeezeformer_rope")
class SqueezeformerRope(PartsReader):
    """A Squeezeformer with rotary positions."""

    def make_encoder(self, weights: Weights) -> Encoder:
        """Blocks that share one rotation."""
        tables_MK = rotary_table(self.max_frames, self.config.dim // self.config.num_heads)
        return Encoder(weights, self.config, RotaryAttention, partial(rotation_of, tables_MK))
