"""Reference numbers of the original of `signs_llama`, and our network with its weights."""

import json
import re
from pathlib import Path

import numpy as np
import torch

from podium.config import CosineFloor, Lion, Training
from podium.systems.signs_llama.learner import SignLearner, make
from podium.systems.signs_llama.recipe import Data, DataChoices, Model, ModelChoices, Recipe

_NAMES = {
    r"^tail": "stem", r"^body\.layers": "blocks", r"attention\.qkv": "attention.query_key_value",
    r"attention\.proj": "attention.out", r"feed_forward\.fc1": "feed_forward.gate_up",
    r"feed_forward\.fc2": "feed_forward.down", r"ffn_norm": "feed_forward_norm", r"^body\.norm": "norm",
    r"^heads\.1": "head", r"^pos_enc": "positions", r"^cls_enc": "class_token",
}  # fmt: skip
_NOT_OURS = ("num_batches_tracked", "freqs_cis")
PUBLISHED = DataChoices(**dict.fromkeys(DataChoices.model_fields, "published"))


def ours(name: str) -> str:
    """The original's name of a tensor → ours."""
    for pattern, new in _NAMES.items():
        name = re.sub(pattern, new, name)
    return name


class Golden:
    """A file of reference numbers.

    Attributes:
        recipe: Of the network in it, with published choices and no dropout.
    """

    def __init__(self, path: Path, **optimizer: float) -> None:
        self._file = np.load(path)
        meta = json.loads(str(self._file["meta"]))
        published = dict.fromkeys(ModelChoices.model_fields, "published")
        self.recipe = Recipe(
            model=Model(
                name="llama", num_heads=meta["heads"], head_dim=meta["head_dim"], num_blocks=meta["layers"],
                p_dropout=0, p_head_dropout=0, choices=ModelChoices(**published),
            ),
            data=Data(max_frames=meta["max_len"], choices=PUBLISHED),
            optimizer=Lion(
                name="lion", weight_decay=1e-3, weight_decay_on="all", max_grad_norm=1.0,
                **{"learning_rate": 1e-4, **optimizer},
            ),
            schedule=CosineFloor(name="cosine_floor", warmup_epochs=0, floor=0.1),
            training=Training(epochs=1, device="cpu", ema_decay=0.9999, ema="published", max_loss_rise=None),
        )  # fmt: skip

    def __getitem__(self, key: str) -> np.ndarray:
        return self._file[key]

    def keys(self) -> list[str]:
        return self._file.files

    def state(self, prefix: str) -> dict[str, np.ndarray]:
        """Tensors below a key, under our names."""
        found = {key.removeprefix(prefix): self[key] for key in self.keys() if key.startswith(prefix)}
        return {ours(name): value.astype(np.float32) for name, value in found.items() if not name.endswith(_NOT_OURS)}

    def learner(self) -> SignLearner:
        learner = make(self.recipe)
        state = {name: torch.from_numpy(value) for name, value in self.state("w/").items()}
        learner.network.load_state_dict(state)
        return learner

    def training_batch(self, inputs: str, mixup: str) -> dict[str, torch.Tensor]:
        """A batch as `samples.collate` makes it, of what the original has mixed."""
        target_B = self[f"{inputs}label"]
        batch = {
            "x_BTF": self[f"{mixup}x"].astype(np.float32), "mask_BT": self[f"{mixup}mask"],
            "lam_B": self[f"{mixup}lam"], "target_B": target_B, "other_target_B": target_B[self[f"{mixup}partner"]],
        }  # fmt: skip
        return {name: torch.from_numpy(value) for name, value in batch.items()}
