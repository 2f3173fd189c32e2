"""What all twins share, and the twins by name.

A twin is the inference half of a network in plain TensorFlow, for one clip without padding. Its parameters carry the
names of the torch state dict, see `podium.port.weights`.

Letters in tensor names: T frames, L landmarks, C coordinates, D width, S output positions, V vocabulary.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from podium.port.layers import Frames
from podium.port.weights import Weights, copy_weights
from podium.registry import Registry
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.twins.decoder import Decoder
from podium.systems.fingerspelling.twins.greedy import greedy


class Twin(tf.Module, ABC):
    """A network of the recipe's kind and size; all parameters are zero until they are copied or loaded.

    Attributes:
        weights: The parameters by name.
        exchangeable: Two tensors of every block, of one shape, whose exchange would be a fault.
        square: A tensor of every block that could be transposed by mistake.
        has_confidence: Whether the network tells how far a clip can be read.
    """

    exchangeable = ("ff1.linear1.weight", "ff2.linear1.weight")
    square = "ff1.linear2.weight"
    has_confidence = False

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.config = recipe.model
        self.max_frames = recipe.data.max_frames
        self.published = recipe.model.choices.generation == "published"
        self.weights = Weights()
        self.build()
        self.decoder = Decoder(self.weights.scope("decoder"), self.config.dim, self.config.decoder)
        # Makes them known to the SavedModel.
        self.parameters = list(self.weights.variables.values())

    @abstractmethod
    def build(self) -> None:
        """Makes everything but the decoder."""

    @abstractmethod
    def stages(self, x_TCL: tf.Tensor, frames: Frames) -> dict[str, tf.Tensor]:
        """What the encoder computes inside, each (T, D), in the order of computation; the last is "encoder".

        Args:
            x_TCL: (T, 3, 130), 0 < T ≤ max_frames, normalised, missing landmarks 0, and so are pads.
        """

    def encode(self, x_TCL: tf.Tensor, frames: Frames) -> tf.Tensor:
        """(T, 3, 130) → (T, D)."""
        return self.stages(x_TCL, frames)["encoder"]

    def confidence_logit(self, e_TD: tf.Tensor, frames: Frames) -> tf.Tensor | None:
        """Scalar logit of the clip being readable; None for a network without that head."""
        return None

    @tf.function(input_signature=[tf.TensorSpec([None, 130, 3], tf.float32)], autograph=False)
    def inside(self, x_TLC: tf.Tensor) -> dict[str, tf.Tensor]:
        """All that the network computes for a clip: its stages, "confidence_logit", "ids" (S,) and "logits" (S, V)."""
        frames = Frames(tf.shape(x_TLC)[0])
        seen = self.stages(tf.transpose(x_TLC, [0, 2, 1]), frames)
        logit = self.confidence_logit(seen["encoder"], frames)
        if logit is not None:
            seen["confidence_logit"] = logit
        ids_S, logits_SV, num_steps = greedy([self.decoder], [seen["encoder"]], frames, self.published)
        seen["ids"], seen["logits"] = ids_S[:num_steps], logits_SV[:num_steps]
        return seen


TWINS: Registry[type[Twin]] = Registry("TensorFlow twin of model")


def create(recipe: Recipe) -> Twin:
    """A twin with all parameters zero.

    Raises:
        UserError: The network has no twin.
    """
    return TWINS.get(recipe.model.name)(recipe)


def port(recipe: Recipe, state: Mapping[str, np.ndarray], origin: str) -> Twin:
    """The twin of a trained network.

    Args:
        state: Its torch state dict.
        origin: What error messages call the state.

    Raises:
        UserError: The state does not fit the recipe, or the network has no twin.
    """
    twin = create(recipe)
    copy_weights(twin.weights, state, origin)
    return twin
