"""What all twins share, and the twins by name.

A twin is the inference half of a network in plain TensorFlow, for one clip without padding. Its parameters carry the
names of the torch state dict, see `podium.port.weights`.

Letters in tensor names: T frames, L landmarks, C coordinates, D width, S output positions, V vocabulary.
"""

from abc import abstractmethod

import tensorflow as tf

from podium.port.layers import Frames
from podium.port.twin import Arrays, Fault, Twin
from podium.port.weights import Weights
from podium.registry import Registry
from podium.systems.fingerspelling.agreement import first_difference
from podium.systems.fingerspelling.tensors import TRAINING_ONLY
from podium.systems.fingerspelling.twins.decoder import Decoder
from podium.systems.fingerspelling.twins.greedy import greedy


class ReaderTwin(Twin):
    """A network of the recipe's kind and size.

    A subclass makes everything but the decoder in `build_encoder`. It sets `exchangeable` and `square` if its blocks
    have other tensors than the defaults: a twin without them cannot be built.

    Attributes:
        exchangeable: Two tensors of every block, of one shape, whose exchange would be a fault.
        square: A tensor of every block that could be transposed by mistake.
        has_confidence: Whether the network tells how far a clip can be read.
    """

    training_only = TRAINING_ONLY
    exchangeable = ("ff1.linear1.weight", "ff2.linear1.weight")
    square = "ff1.linear2.weight"
    has_confidence = False

    def build(self) -> None:
        """Makes the encoder, what stands around it, and the decoder."""
        self.config = self.recipe.model
        self.max_frames = self.recipe.data.max_frames
        self.frames_per_step = self.recipe.model.frames_per_step
        self.max_steps = -(-self.max_frames // self.frames_per_step)
        self.published = self.recipe.model.choices.generation == "published"
        self.build_encoder(self.weights)
        self.decoder = Decoder(self.weights.scope("decoder"), self.config.dim, self.config.decoder)

    @abstractmethod
    def build_encoder(self, weights: Weights) -> None:
        """Makes everything but the decoder."""

    @property
    def faults(self) -> list[Fault]:
        """Two kinds in the encoder, and one in the decoder."""
        last, attention = f"blocks.{self.config.num_blocks - 1}", "decoder.layers.0.cross_attention"
        return [
            Fault("swapped", tuple(f"encoder.{last}.{name}" for name in self.exchangeable), f"mid/{last}"),
            Fault("swapped", (f"{attention}.k_proj.weight", f"{attention}.v_proj.weight"), "logits"),
            Fault("transposed", (f"encoder.blocks.0.{self.square}",), "mid/blocks.0"),
        ]

    def comparable(self, expected: Arrays, found: Arrays) -> tuple[Arrays, Arrays]:
        """Logits of a greedy decoding are comparable up to the first step that chose differently."""
        parted = first_difference(found["ids"], expected["ids"])
        cut = {} if parted is None else {"logits": slice(parted + 1)}
        return tuple({name: value[cut.get(name, ...)] for name, value in one.items()} for one in (expected, found))

    @abstractmethod
    def stages(self, x_TCL: tf.Tensor, frames: Frames) -> dict[str, tf.Tensor]:
        """What the encoder computes inside, each (steps, D), in the order of computation; the last is "encoder".

        Args:
            x_TCL: (T, 3, 130), 0 < T ≤ max_frames, normalised, missing landmarks 0, and so are pads.
            frames: `steps` of its frames.
        """

    def steps(self, frames: Frames) -> Frames:
        """The rows of the encoder, of a clip of so many frames."""
        return frames if self.frames_per_step == 1 else frames.slower(self.frames_per_step)

    def encode(self, x_TCL: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(T, 3, 130) → (steps, D), see `stages`."""
        return self.stages(x_TCL, frames)["encoder"]

    def confidence_logit(self, e_TD: tf.Tensor, frames: Frames) -> tf.Tensor | None:
        """Scalar logit of the clip being readable; None for a network without that head."""
        return None

    @tf.function(input_signature=[tf.TensorSpec([None, 130, 3], tf.float32)], autograph=False)
    def inside(self, x_TLC: tf.Tensor) -> dict[str, tf.Tensor]:
        """All that the network computes for a clip: its stages, "confidence_logit", "ids" (S,) and "logits" (S, V)."""
        frames = self.steps(Frames(tf.shape(x_TLC)[0]))
        seen = self.stages(tf.transpose(x_TLC, [0, 2, 1]), frames)
        logit = self.confidence_logit(seen["encoder"], frames)
        if logit is not None:
            seen["confidence_logit"] = logit
        ids_S, logits_SV, num_steps = greedy([self.decoder], [seen["encoder"]], frames, self.published)
        seen["ids"], seen["logits"] = ids_S[:num_steps], logits_SV[:num_steps]
        return seen


TWINS: Registry[type[ReaderTwin]] = Registry("TensorFlow twin of model")
