"""Several networks as one, as the exported file computes them: what that file is held against.

Letters in tensor names: B batch, T frames, K columns (390), L landmarks, C coordinates, S output positions,
V vocabulary, D width.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from podium.errors import UserError
from podium.landmarks.normalise import normalise, resize
from podium.systems.fingerspelling.distillation import MAX_BEAM
from podium.systems.fingerspelling.learning import observe_encoder
from podium.systems.fingerspelling.networks import beam
from podium.systems.fingerspelling.networks.base import SignReader, tidy_ids
from podium.systems.fingerspelling.networks.decoder import greedy
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.text import END, LABEL_LENGTH, PAD, VOCAB_SIZE


class Assembly:
    """Raw landmarks → text, by the mean of several networks.

    Args:
        networks: On the CPU, in evaluation mode.
        recipes: How each was trained, all with the same data.max_frames.
        settings: What the file has built in: clips of fewer than ``min_frames`` (1), or whose averaged logit means less
            than ``min_confidence`` (0), get the dummy phrase.
        beam_width: Beginnings of a text that `answer` and `answer_batch` keep, see `networks.beam`; 1 reads greedily,
            as the file does.

    Raises:
        UserError: The networks do not go together.
    """

    def __init__(
        self,
        networks: Sequence[SignReader],
        recipes: Sequence[Recipe],
        settings: Mapping[str, Any],
        beam_width: int = 1,
    ) -> None:
        if len(networks) != len(recipes) or len({recipe.data.max_frames for recipe in recipes}) != 1:
            raise UserError("give a recipe for every model, all with the same data.max_frames")
        if len({network.config.frames_per_step for network in networks}) != 1:
            raise UserError("the networks take different numbers of frames as one step; give them one recipe")
        if beam_width > 1 and not beam.can_read(networks):
            raise UserError(
                "these networks share neither a backward decoder nor a CTC head, and a beam alone can make them worse;"
                " leave the beam out, or train with model.ctc_weight"
            )
        self.networks, self.beam_width = networks, beam_width
        self.max_frames = recipes[0].data.max_frames
        self.min_frames = settings.get("min_frames", 1)
        self.min_confidence = settings.get("min_confidence", 0.0)

    @torch.no_grad()
    def answer(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Reads one clip, by itself and without padding. A single network without a beam decodes as its recipe says.

        Args:
            x: (T, 390) float32, NaN kept; T may be 0.

        Returns:
            "ids", see `answers.read`, none for a clip that is too short; and "confidence" () if
            a network has a head for it and has looked.
        """
        if len(x) < self.min_frames:
            return {"ids": np.zeros(0, np.int64)}
        if len(self.networks) == 1 and self.beam_width == 1:
            return _named(*self.networks[0].generate(*self._batch(x)))
        ids_BS, confidence_B = self._read(*self._batch(x if len(x) else np.full((1, x.shape[1]), np.nan)))
        if confidence_B is not None and confidence_B[0] < self.min_confidence:
            ids_BS = ids_BS[:, :0]
        return _named(ids_BS, confidence_B)

    @torch.no_grad()
    def inside(self, x: np.ndarray) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Reads one clip as the file does, by itself and without padding.

        Args:
            x: (T, 390) float32, NaN kept; T may be 0.

        Returns:
            Outputs: "ids" (33,) and "logits" (33, 63), of which the first "num_steps" count, none of a clip that is too
            short or not trusted; "confidence", 1 without a head; "is_dummy". And stages: the networks' input "x"
            (T, 390), all x, all y, all z, and what each computes of it as "{network}/{stage}", each (steps, D), in
            order.
        """
        is_too_short = len(x) < self.min_frames
        if len(x) == 0:
            x = np.full((1, x.shape[1]), np.nan, np.float32)
        x_BTLC, mask_BT = self._batch(x)
        x_TLC = x_BTLC[0].numpy()
        stages = {"x": x_TLC.transpose(0, 2, 1).reshape(len(x_TLC), -1)}
        encodings, head_logits = [], []
        steps_BT = self.networks[0].steps(mask_BT)
        for index, network in enumerate(self.networks):
            seen = observe_encoder(network, x_BTLC, mask_BT)
            encodings.append(seen["encoder"])
            logit_B = network.confidence_logit(seen["encoder"], steps_BT)
            head_logits += [] if logit_B is None else [logit_B]
            stages |= {f"{index}/{stage}": value_BTD[0].numpy() for stage, value_BTD in seen.items()}
        confidence = float(torch.stack(head_logits).mean().sigmoid()) if head_logits else 1.0
        num_steps, ids_S, logits_SV = 0, np.full(LABEL_LENGTH, PAD), np.zeros((LABEL_LENGTH, VOCAB_SIZE), np.float32)
        if not is_too_short and confidence >= self.min_confidence:
            decoders = [network.decoder for network in self.networks]
            ids, logits = (value[0].numpy() for value in greedy(decoders, encodings, steps_BT, published=False))
            num_steps = len(ids)
            ids_S[:num_steps], logits_SV[:num_steps] = ids, logits
        outputs = {
            "num_steps": num_steps,
            "ids": ids_S,
            "logits": logits_SV,
            "confidence": confidence,
            "is_dummy": num_steps == 0 or bool(ids_S[0] == END),
        }
        return outputs, stages

    @torch.no_grad()
    def answer_batch(self, x_BTLC: torch.Tensor, mask_BT: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Reads clips of the networks' input, whatever their length and confidence.

        Returns:
            ids (B, 33) as `decode` takes them; and the confidence (B,), 1 without a head.
        """
        ids_BS, confidence_B = self._read(x_BTLC, mask_BT)
        return ids_BS, torch.ones(len(x_BTLC)) if confidence_B is None else confidence_B

    def _read(self, x_BTLC: torch.Tensor, mask_BT: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        encodings = [network.encode(x_BTLC, mask_BT) for network in self.networks]
        steps_BT = self.networks[0].steps(mask_BT)
        pairs = zip(self.networks, encodings, strict=True)
        logits = [network.confidence_logit(e_BTD, steps_BT) for network, e_BTD in pairs]
        logits = [logit_B.float() for logit_B in logits if logit_B is not None]
        confidence_B = torch.stack(logits).mean(0).sigmoid() if logits else None
        if self.beam_width > 1:
            return beam.read(self.networks, encodings, steps_BT, self.beam_width), confidence_B
        raw_BS, _ = greedy([network.decoder for network in self.networks], encodings, steps_BT, published=False)
        return tidy_ids(raw_BS, published=False), confidence_B

    def _batch(self, x: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        x_TLC = np.ascontiguousarray(resize(normalise(np.asarray(x, np.float32)), self.max_frames))
        x_BTLC = torch.from_numpy(x_TLC)[None]
        return x_BTLC, torch.ones(x_BTLC.shape[:2], dtype=torch.bool)


def _named(ids_BS: torch.Tensor, confidence_B: torch.Tensor | None) -> dict[str, np.ndarray]:
    """The first clip's answer."""
    return {"ids": ids_BS[0].numpy(), **({} if confidence_B is None else {"confidence": confidence_B[0].numpy()})}


assemble = Assembly


def search(
    networks: Sequence[SignReader], recipes: Sequence[Recipe], settings: Mapping[str, Any], width: int
) -> Assembly:
    """What reads with a beam, and so better and later than the file.

    Args:
        settings: As `Assembly` takes them.
        width: From 2 to `distillation.MAX_BEAM`.

    Raises:
        UserError: The networks do not go together, or the width is none of these.
    """
    if not 2 <= width <= MAX_BEAM:
        raise UserError(f"a beam has 2 to {MAX_BEAM} beginnings, not {width}; without one, networks read greedily")
    return Assembly(networks, recipes, settings, width)
