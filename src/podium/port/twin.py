"""What every twin is: the inference half of a network in TensorFlow, for one clip, with faults to plant in it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import tensorflow as tf

from podium.port.weights import Weights, copy_weights

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Fault:
    """A fault that keeps all shapes right, which a proof must find and name.

    Attributes:
        kind: What happens to the tensors.
        tensors: Two of one shape to be swapped, or one square one to be transposed.
        place: The first stage that is off then, as `Twin.inside` calls it.
    """

    kind: Literal["swapped", "transposed"]
    tensors: tuple[str, ...]
    place: str


class Twin(tf.Module, ABC):
    """A network of a recipe; all parameters are zero until they are copied or loaded.

    A subclass declares its parameters in `build`, under the names of the torch state dict.

    Attributes:
        recipe: How the network was trained.
        weights: The parameters by name.
        parameters: The same as a list, which makes them known to a SavedModel.
        training_only: First parts of the names of torch's tensors that only training uses.

    Raises:
        TypeError: A fault of `faults` cannot be planted, or there is none: nothing would prove that the proof works.
    """

    training_only: tuple[str, ...] = ()

    def __init__(self, recipe: Any) -> None:
        super().__init__()
        self.recipe = recipe
        self.weights = Weights()
        self.build()
        self.parameters = list(self.weights.variables.values())
        if problem := self._problem_of_faults():
            raise TypeError(f"the twin {type(self).__name__} {problem}")

    @abstractmethod
    def build(self) -> None:
        """Makes the layers and declares the parameters."""

    @property
    @abstractmethod
    def faults(self) -> list[Fault]:
        """Faults to plant, at least one."""

    @abstractmethod
    def inside(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """All stages of a clip by the names of ``reference.npz``: a `tf.function` with a signature.

        Args:
            x: The clip as ``x`` in ``reference.npz``, or as ``raw`` if that has no ``x``.
        """

    def comparable(self, expected: Arrays, found: Arrays) -> tuple[Arrays, Arrays]:
        """What of two clips' stages can be compared; here all. If a choice differs, what follows it may differ."""
        return expected, found

    def port(self, state: Arrays, origin: str) -> Self:
        """Fills all parameters from a torch state dict; returns itself.

        Args:
            origin: What error messages call the state.

        Raises:
            UserError: The state does not fit the recipe.
        """
        copy_weights(self.weights, state, origin, self.training_only)
        return self

    def _problem_of_faults(self) -> str:
        if not self.faults:
            return "names no fault to plant; give it one, so that the proof of its port can be proven"
        variables = self.weights.variables
        for fault in self.faults:
            for name in fault.tensors:
                if name not in variables:
                    return f"plants a fault in {name}, which it does not have; name a tensor of its own in `faults`"
            shapes = [tuple(variables[name].shape) for name in fault.tensors]
            told = " and ".join(fault.tensors)
            if fault.kind == "swapped" and (len(shapes) != 2 or shapes[0] != shapes[1]):
                return f"cannot swap {told} of shapes {shapes}; name two of one shape in `faults`"
            if fault.kind == "transposed" and (len(shapes) != 1 or shapes[0] != shapes[0][::-1] or len(shapes[0]) < 2):
                return f"cannot transpose {told} of shapes {shapes}; name one square tensor in `faults`"
        return ""
