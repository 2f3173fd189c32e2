"""The twin of round 2's network."""

from functools import partial

from podium.port.weights import Weights
from podium.systems.fingerspelling.twins.attention import RotaryAttention, rotary_table, rotation_of
from podium.systems.fingerspelling.twins.base import TWINS
from podium.systems.fingerspelling.twins.encoder import Encoder
from podium.systems.fingerspelling.twins.parts_reader import PartsReader


@TWINS.register("squeezeformer_rope")
class SqueezeformerRope(PartsReader):
    """A Squeezeformer with rotary positions."""

    def make_encoder(self, weights: Weights) -> Encoder:
        """Blocks that share one rotation."""
        tables_MK = rotary_table(self.max_steps, self.config.dim // self.config.num_heads)
        return Encoder(weights, self.config, RotaryAttention, partial(rotation_of, tables_MK))
