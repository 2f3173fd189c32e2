"""The twin of round 1's network.

Letters in tensor names: T frames, L landmarks, C coordinates, D width.
"""

from functools import partial

import tensorflow as tf

from podium.port.layers import Frames, FrontEnd
from podium.port.weights import Weights
from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS
from podium.systems.fingerspelling.twins.attention import RelativeAttention, offset_table, offsets_of
from podium.systems.fingerspelling.twins.base import TWINS, ReaderTwin
from podium.systems.fingerspelling.twins.encoder import Encoder


@TWINS.register("squeezeformer_relpos")
class SqueezeformerRelpos(ReaderTwin):
    """All landmarks as one image, relative positions; no confidence head."""

    def build_encoder(self, weights: Weights) -> None:
        """Front end and encoder."""
        config = self.config
        self.frontend = FrontEnd(weights.scope("frontend"), NUM_LANDMARKS, config.dim, self.frames_per_step)
        table_RD = offset_table(self.max_steps, config.dim)
        self.encoder = Encoder(weights.scope("encoder"), config, RelativeAttention, partial(offsets_of, table_RD))

    def stages(self, x_TCL: tf.Tensor, frames: Frames) -> dict[str, tf.Tensor]:
        """The embedding, each block, and the encoder's output."""
        whole_TD = self.frontend(x_TCL)
        blocks = self.encoder(whole_TD, frames)
        return {
            "mid/frontend": whole_TD,
            **{f"mid/blocks.{i}": h_TD for i, h_TD in enumerate(blocks)},
            "encoder": blocks[-1],
        }
