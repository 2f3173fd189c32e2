"""Round 2 of the 1st-place solution: a Squeezeformer with rotary positions behind the front ends of all body parts."""

from podium.systems.fingerspelling.networks.attention import RotaryAttention, rotary_table
from podium.systems.fingerspelling.networks.encoder import Encoder
from podium.systems.fingerspelling.networks.parts_reader import PartsReader
from podium.systems.fingerspelling.networks.registry import MODELS
from podium.systems.fingerspelling.recipe import Model


@MODELS.register("squeezeformer_rope")
class SqueezeformerRope(PartsReader):
    """9.7 M parameters at the winners' size, of which 8.6 M read and the others only teach."""

    def make_encoder(self, config: Model) -> Encoder:
        """Blocks that share one table of rotations."""
        return Encoder(
            config,
            lambda: RotaryAttention(config.dim, config.num_heads),
            lambda num_frames, device: rotary_table(num_frames, config.dim // config.num_heads, device),
        )
