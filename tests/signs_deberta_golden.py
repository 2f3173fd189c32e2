"""Reference numbers of the original of `signs_deberta`, and our networks with its weights."""

import json
import re
from pathlib import Path

import numpy as np
import torch

from podium.systems.signs_deberta.network import Mix, SignNetwork
from podium.systems.signs_deberta.recipe import Model, ModelChoices, Size

_NAMES = {
    r"^type_embed\.": "points.type_embedding.", r"^landmark_embed\.": "points.point_embedding.",
    r"^type_norm": "points.type_norm", r"^landmark_norm": "points.point_norm",
    r"^pos_cnn\.0": "points.conv1", r"^pos_cnn\.1": "points.conv2", r"^pos_dense": "points.motion",
    r"^dense\.": "points.linear.",
    r"^(left_hand|right_hand|lips|face)_mlp": r"groups.\1", r"^full_mlp": "full", r"^landmark_mlp": "frame",
    r"^(groups\.\w+|full|frame)\.0": r"\1.linear", r"^(groups\.\w+|full|frame)\.1": r"\1.norm",
    r"\.attention\.self\.(\w+)_proj": r".attention.\1", r"\.attention\.output\.dense": ".attention.out",
    r"\.attention\.output\.LayerNorm": ".attention_norm", r"\.intermediate\.dense": ".up",
    r"\.layer\.0\.output\.dense": ".layer.0.down", r"\.layer\.0\.output\.LayerNorm": ".layer.0.norm",
    r"^(frame_transformer_\d)\.LayerNorm": r"\1.attention.positions_norm",
    r"\.rel_embeddings": ".attention.positions", r"\.layer\.0\.": ".", r"^logits": "head",
}  # fmt: skip


def ours(name: str) -> str:
    """The original's name of a tensor → ours."""
    for pattern, new in _NAMES.items():
        name = re.sub(pattern, new, name)
    return re.sub(r"^frame_transformer_(\d)", lambda found: f"layers.{int(found[1]) - 1}", name)


def model(student: dict, distilled: dict, choice: str = "published", **more) -> Model:
    """The networks' section, without dropout; sizes as the golden files state them."""
    sizes = [
        Size(dense_dim=one["dense"], layer_dims=[one["dims"][0][0], *(dims[1] for dims in one["dims"])],
             dropout_factors=[1] * len(one["dims"]))
        for one in (student, distilled)
    ]  # fmt: skip
    choices = ModelChoices(**dict.fromkeys(ModelChoices.model_fields, choice))
    return Model(name="deberta", student=sizes[0], distilled=sizes[1], p_dropout=0, choices=choices, **more)


class Golden:
    """A file of reference numbers."""

    def __init__(self, path: Path) -> None:
        self._file = np.load(path)
        self.meta = json.loads(str(self._file["meta"]))

    def __getitem__(self, key: str) -> np.ndarray:
        return self._file[key]

    def tensor(self, key: str) -> torch.Tensor:
        return torch.from_numpy(self[key])

    def keys(self) -> list[str]:
        return self._file.files

    def state(self, prefix: str) -> dict[str, np.ndarray]:
        """Tensors below a key, under our names."""
        found = {key.removeprefix(prefix): self[key] for key in self.keys() if key.startswith(prefix)}
        return {
            ours(name): value.astype(np.float32)
            for name, value in found.items()
            if not name.endswith("num_batches_tracked")
        }

    def load(self, network: SignNetwork, prefix: str) -> None:
        network.load_state_dict({name: torch.from_numpy(value) for name, value in self.state(prefix).items()})

    def network(self, choice: str = "published") -> SignNetwork:
        """The network of the weights ``w/``, in evaluation mode."""
        config = model(self.meta, self.meta, choice)
        network = SignNetwork(config, config.student, self.meta["L"])
        self.load(network, "w/")
        return network.eval()

    def inputs(self, prefix: str, more: str = "") -> tuple[torch.Tensor, torch.Tensor]:
        """x_BTCN and mask_BT.

        Args:
            more: Below which key the mask is, if another.
        """
        x_BTCN = torch.stack([self.tensor(f"{prefix}{axis}") for axis in "xyz"], dim=2)
        return x_BTCN, self.tensor(f"{more or prefix}mask") > 0

    def mix(self, prefix: str, layer: int, row: int | None = None) -> Mix:
        """Before a layer, which the original counts from 1."""
        partner_B, share_B = self.tensor(f"{prefix}perm"), self.tensor(f"{prefix}coefs")
        if row is not None:
            partner_B, share_B = partner_B[row], share_B[row]
        return Mix(partner_B, share_B, layer - 1)
