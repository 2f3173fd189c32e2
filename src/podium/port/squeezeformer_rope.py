"""The twin of round 2's network.

Letters in tensor names: T frames, L landmarks, C coordinates, D width.
"""

import tensorflow as tf

from podium.landmarks import NUM_LANDMARKS, PARTS, SLOTS
from podium.port.attention import RotaryAttention, rotary_table
from podium.port.base import TWINS, Twin
from podium.port.encoder import Encoder
from podium.port.layers import FrontEnd, Linear, part_view


@TWINS.register("squeezeformer_rope")
class SqueezeformerRope(Twin):
    """Body parts by themselves beside the whole, rotary positions, a confidence head."""

    def build(self) -> None:
        """Front ends, encoder and confidence head."""
        config, weights = self.config, self.weights
        self.frontend = FrontEnd(weights.scope("frontend"), NUM_LANDMARKS, config.dim)
        self.parts = [
            FrontEnd(weights.scope(f"parts.{part}"), len(SLOTS[part]), config.dim // len(PARTS)) for part in PARTS
        ]
        tables_MK = rotary_table(self.max_frames, config.dim // config.num_heads)
        self.encoder = Encoder(
            weights.scope("encoder"),
            config,
            lambda scope: RotaryAttention(scope, config.dim, config.num_heads, tables_MK),
        )
        self.confidence = Linear(weights.scope("confidence"), config.dim, 1)

    def stages(self, x_TLC: tf.Tensor) -> dict[str, tf.Tensor]:
        """Both embeddings, each block, and the encoder's output."""
        whole_TD = self.frontend(x_TLC)
        parts_TD = tf.concat(
            [
                front_end(part_view(tf.gather(x_TLC, SLOTS[part], axis=1)))
                for part, front_end in zip(PARTS, self.parts, strict=True)
            ],
            axis=-1,
        )
        blocks = self.encoder(whole_TD + parts_TD)
        return {
            "mid/frontend": whole_TD,
            "mid/parts": parts_TD,
            **{f"mid/blocks.{i}": h_TD for i, h_TD in enumerate(blocks)},
            "encoder": blocks[-1],
        }

    def confidence_logit(self, e_TD: tf.Tensor) -> tf.Tensor:
        """Scalar, from the mean of the frames, or from the first frame alone as published."""
        is_published = self.config.choices.confidence_pooling == "published"
        summary_1D = e_TD[:1] if is_published else tf.reduce_mean(e_TD, axis=0, keepdims=True)
        return self.confidence(summary_1D)[0, 0]
