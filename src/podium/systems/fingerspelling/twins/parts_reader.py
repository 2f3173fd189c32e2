"""What the twins of round 2's networks share: all but the encoder.

Letters in tensor names: T frames, behind the front ends their steps, L landmarks, C coordinates, D width.
"""

from abc import abstractmethod
from collections.abc import Callable

import tensorflow as tf

from podium.port.layers import Frames, FrontEnd, Linear, part_view, take_landmarks
from podium.port.weights import Weights
from podium.systems.fingerspelling.landmarks import NUM_LANDMARKS, PARTS, SLOTS
from podium.systems.fingerspelling.twins.base import ReaderTwin


class PartsReader(ReaderTwin):
    """Body parts by themselves beside the whole, and a confidence head."""

    has_confidence = True

    @abstractmethod
    def make_encoder(self, weights: Weights) -> Callable[[tf.Tensor, Frames], list[tf.Tensor]]:
        """(T, D) → what each layer makes of it; the last is the encoder's output."""

    def build_encoder(self, weights: Weights) -> None:
        """Front ends, encoder and confidence head."""
        config, rate = self.config, self.frames_per_step
        self.frontend = FrontEnd(weights.scope("frontend"), NUM_LANDMARKS, config.dim, rate)
        self.parts = [
            FrontEnd(weights.scope(f"parts.{part}"), len(SLOTS[part]), config.dim // len(PARTS), rate) for part in PARTS
        ]
        self.encoder = self.make_encoder(weights.scope("encoder"))
        self.confidence = Linear(weights.scope("confidence"), config.dim, 1)

    def stages(self, x_TCL: tf.Tensor, frames: Frames) -> dict[str, tf.Tensor]:
        """Both embeddings, each block, and the encoder's output."""
        whole_TD = self.frontend(x_TCL)
        parts_TD = tf.concat(
            [
                front_end(part_view(take_landmarks(x_TCL, SLOTS[part])))
                for part, front_end in zip(PARTS, self.parts, strict=True)
            ],
            axis=-1,
        )
        blocks = self.encoder(whole_TD + parts_TD, frames)
        return {
            "mid/frontend": whole_TD,
            "mid/parts": parts_TD,
            **{f"mid/blocks.{i}": h_TD for i, h_TD in enumerate(blocks[: self.config.num_blocks])},
            "encoder": blocks[-1],
        }

    def confidence_logit(self, e_TD: tf.Tensor, frames: Frames) -> tf.Tensor:
        """Scalar, from the mean of the steps, or from the first one alone as published."""
        is_published = self.config.choices.confidence_pooling == "published"
        summary_1D = e_TD[:1] if is_published else frames.mean(e_TD)
        return tf.reshape(self.confidence(summary_1D), [])
