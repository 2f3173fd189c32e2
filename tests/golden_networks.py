"""Reference numbers of the 1st-place solution's own networks, and ours with their weights."""

import json

import numpy as np
import torch
from fingerspelling import model_section, recipe_of

from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.original import from_original
from podium.systems.fingerspelling.recipe import ConvolutionChoices, Decoder, RopeChoices
from podium.systems.fingerspelling.winners_weights import build

NAMES = {"cfg1": "squeezeformer_relpos", "cfg2": "squeezeformer_rope"}
CHOICES = {"cfg1": ConvolutionChoices, "cfg2": RopeChoices}


class Golden:
    """One file of reference numbers, and our network with its weights.

    Attributes:
        recipe: The network's, in `published` mode.
        state: The weights under the original's names.
        batch: What the original was given.
    """

    def __init__(self, folder, cfg: str) -> None:
        load = {part: np.load(folder / f"golden_{cfg}_tiny{part}.npz") for part in ("", "_mid", "_train")}
        self.main, self.mid, self.train = load.values()
        self.cfg = cfg
        meta = json.loads(str(self.main["meta"]))
        is_relpos = NAMES[cfg] == "squeezeformer_relpos"
        model = model_section(
            NAMES[cfg],
            dim=meta["dim"],
            num_blocks=meta["layers"],
            num_heads=meta["heads"],
            kernel_size=meta["kernel"],
            p_dropout=0,
            **({"p_attention_dropout": 0} if is_relpos else {}),
            p_mask_input=0,
            decoder=Decoder(
                num_layers=meta["decoder"]["layers"],
                num_heads=meta["decoder"]["heads"],
                ff_dim=meta["decoder"]["ffn"],
                p_dropout=0,
                p_activation_dropout=0,
                p_attention_dropout=0,
            ),
            choices=dict.fromkeys(CHOICES[cfg].model_fields, "published"),
        )
        self.recipe = recipe_of(model, data={"max_frames": meta["max_len"]})
        self.config = model
        self.state = self.part(self.main, "w/")
        self.batch = {
            "x_BTLC": torch.from_numpy(self.main["in/input"]),
            "mask_BT": torch.from_numpy(self.main["in/input_mask"]) > 0,
            "labels_BS": torch.from_numpy(self.main["in/token_ids"]),
            "score_B": torch.from_numpy(self.main["in/score"]),
        }

    def part(self, file: np.lib.npyio.NpzFile, prefix: str) -> dict[str, np.ndarray]:
        """Arrays whose keys begin with the prefix, under the original's names."""
        return {key.removeprefix(prefix): file[key] for key in file.files if key.startswith(prefix)}

    def ours(self, file: np.lib.npyio.NpzFile, prefix: str) -> dict[str, torch.Tensor]:
        """Likewise, under our names."""
        arrays = from_original(self.part(file, prefix), self.config)
        return {name: torch.from_numpy(value) for name, value in arrays.items()}

    def network(self) -> SignReader:
        return build(self.state, self.recipe, "the reference")
