"""Weights of a twin: the tensors of torch under the names of torch, laid out for TensorFlow.

There is no table of names. A twin declares each parameter under the name of the torch state dict, with torch's shape
and the kind of kernel it is; the kind decides how the axes are laid out. Copying is then a dictionary copy.

Letters in shapes: O output channels, I input channels, X×Y kernel of an image convolution, K taps along time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from podium.errors import UserError
from podium.storage.files import atomic_path


@dataclass(frozen=True)
class Layout:
    """How a kind of tensor is laid out here, and the way back."""

    to_tensorflow: Callable[[np.ndarray], np.ndarray]
    to_torch: Callable[[np.ndarray], np.ndarray]


LAYOUTS = {
    "plain": Layout(lambda a: a, lambda a: a),  # vectors and tables
    "linear": Layout(lambda a_OI: a_OI.T, lambda a_IO: a_IO.T),
    "conv2d": Layout(lambda a_OIXY: a_OIXY.transpose(2, 3, 1, 0), lambda a_XYIO: a_XYIO.transpose(3, 2, 0, 1)),
    "conv1d": Layout(lambda a_OIK: a_OIK.transpose(2, 1, 0), lambda a_KIO: a_KIO.transpose(2, 1, 0)),
    "pointwise": Layout(lambda a_OI1: a_OI1[:, :, 0].T, lambda a_IO: a_IO.T[:, :, None]),
    "depthwise": Layout(lambda a_O1K: a_O1K.T[..., None], lambda a_K1O1: a_K1O1[..., 0].T),
}


class Weights:
    """Declares the parameters of a twin.

    Args:
        prefix: Put before every name.
        variables: Shared by all scopes of one twin; filled by `declare`.
    """

    def __init__(self, prefix: str = "", variables: dict[str, tf.Variable] | None = None) -> None:
        self.prefix = prefix
        self.variables: dict[str, tf.Variable] = {} if variables is None else variables
        self.layouts: dict[str, str] = {}

    def scope(self, name: str) -> "Weights":
        """The parameters below ``name``."""
        child = Weights(f"{self.prefix}{name}.", self.variables)
        child.layouts = self.layouts
        return child

    def declare(self, name: str, shape: tuple[int, ...], layout: str = "plain") -> tf.Variable:
        """A parameter, zero until `copy_weights` fills it.

        Args:
            shape: In torch.
            layout: A key of `LAYOUTS`.
        """
        name = self.prefix + name
        if name in self.variables:
            raise ValueError(f"parameter '{name}' is declared twice")
        value = np.ascontiguousarray(LAYOUTS[layout].to_tensorflow(np.zeros(shape, np.float32)))
        self.variables[name], self.layouts[name] = tf.Variable(value, name=name, trainable=False), layout
        return self.variables[name]

    def torch_shape(self, name: str) -> tuple[int, ...]:
        """Shape of a declared parameter in torch."""
        return LAYOUTS[self.layouts[name]].to_torch(self.variables[name].numpy()).shape

    def to_torch(self, name: str) -> np.ndarray:
        """Value of a parameter in torch's layout."""
        return LAYOUTS[self.layouts[name]].to_torch(self.variables[name].numpy())


def copy_weights(
    weights: Weights, state: Mapping[str, np.ndarray], origin: str, training_only: tuple[str, ...] = ()
) -> None:
    """Fills every declared parameter from the torch tensor of the same name.

    Args:
        state: The torch state dict.
        origin: What error messages call the state.
        training_only: First parts of the names of tensors that are passed over.

    Raises:
        UserError: A tensor is missing, left over, or has another shape; all of them are listed.
    """
    state = {name: value for name, value in state.items() if not name.startswith(training_only)}
    problems = [f"missing {name}" for name in weights.variables if name not in state]
    problems += [f"left over {name}" for name in state if name not in weights.variables]
    problems += [
        f"{name} has shape {state[name].shape}, not {weights.torch_shape(name)}"
        for name in weights.variables
        if name in state and state[name].shape != weights.torch_shape(name)
    ]
    if problems:
        raise UserError(f"{origin} does not fit the TensorFlow twin: {'; '.join(sorted(problems))}")
    for name, variable in weights.variables.items():
        variable.assign(LAYOUTS[weights.layouts[name]].to_tensorflow(state[name]))


def load_torch_state(path: str | Path) -> dict[str, np.ndarray]:
    """Tensors of a safetensors file by name.

    Raises:
        UserError: The file is absent or damaged, or holds something else than finite floating-point numbers.
    """
    try:
        state = load_file(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; train the network first") from None
    except (SafetensorError, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is not a safetensors file ({error}); make it again") from None
    odd = [
        name
        for name, values in state.items()
        if not (values.dtype.kind == "f" or values.size == 1)  # a single whole number counts something
        or not np.isfinite(values).all()
    ]
    if odd:
        raise UserError(f"{path}: {odd[0]} does not hold finite floating-point numbers; make it again")
    return state


def save_variables(weights: Weights, path: str | Path) -> None:
    """Writes the parameters in TensorFlow's layout, under their names, as safetensors."""
    with atomic_path(path) as partial:
        values = {name: np.ascontiguousarray(value.numpy()) for name, value in weights.variables.items()}
        partial.write_bytes(save(values))


def load_variables(weights: Weights, path: str | Path) -> None:
    """Reads what `save_variables` wrote.

    Raises:
        UserError: Names or shapes are not those of the twin.
    """
    values = load_torch_state(path)
    shapes = {name: value.shape for name, value in values.items()}
    if shapes != {name: tuple(variable.shape) for name, variable in weights.variables.items()}:
        raise UserError(f"{path} belongs to another network; run the port again")
    for name, variable in weights.variables.items():
        variable.assign(values[name])
