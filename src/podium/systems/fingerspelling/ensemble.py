"""Several networks as one reader, as the exported file computes them: what that file is held against.

Letters in tensor names: B batch, T frames, K columns (390), L landmarks, C coordinates, S output positions,
V vocabulary, D width.
"""

import numpy as np
import torch

from podium.landmarks.normalise import normalise, resize
from podium.systems.fingerspelling.learner import observe_encoder
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.networks.decoder import greedy
from podium.systems.fingerspelling.text import END, VOCAB_SIZE


class Ensemble:
    """Raw landmarks → logits of the text, by the mean of several networks.

    Args:
        networks: On the CPU, in evaluation mode.
        max_frames: To which longer clips are shortened.
        min_frames: Shorter clips get the dummy phrase.
        min_confidence: Clips whose averaged logit means less than this get it too.
    """

    def __init__(self, networks: list[SignReader], max_frames: int, min_frames: int, min_confidence: float) -> None:
        self.networks = networks
        self.max_frames = max_frames
        self.min_frames = min_frames
        self.min_confidence = min_confidence

    @torch.no_grad()
    def inside(self, raw_TK: np.ndarray) -> dict:
        """Reads one clip, by itself and without padding.

        Args:
            raw_TK: (T, 390) float32, NaN kept; T may be 0.

        Returns:
            "ids" (steps,) and "logits" (steps, V), without steps for a clip that is too short or not trusted;
            "confidence", 1 without a head; "is_dummy"; and "stages": the networks' input "x" (T, 390), all x, all y,
            all z, and what each computes of it as "{network}/{stage}", each (T, D), in the order of computation.
        """
        is_too_short = len(raw_TK) < self.min_frames
        if len(raw_TK) == 0:
            raw_TK = np.full((1, raw_TK.shape[1]), np.nan, np.float32)
        x_TLC = np.ascontiguousarray(resize(normalise(raw_TK), self.max_frames))
        x_BTLC = torch.from_numpy(x_TLC)[None]
        mask_BT = torch.ones(x_BTLC.shape[:2], dtype=torch.bool)
        stages = {"x": x_TLC.transpose(0, 2, 1).reshape(len(x_TLC), -1)}
        encodings, logits = [], []
        for index, network in enumerate(self.networks):
            seen = observe_encoder(network, x_BTLC, mask_BT)
            encodings.append(seen["encoder"])
            logit_B = network.confidence_logit(seen["encoder"], mask_BT)
            logits += [] if logit_B is None else [logit_B]
            stages |= {f"{index}/{stage}": value_BTD[0].numpy() for stage, value_BTD in seen.items()}
        confidence = float(torch.stack(logits).mean().sigmoid()) if logits else 1.0
        ids_S, logits_SV = np.zeros(0, np.int64), np.zeros((0, VOCAB_SIZE), np.float32)
        if not is_too_short and confidence >= self.min_confidence:
            decoders = [network.decoder for network in self.networks]
            ids_S, logits_SV = (value[0].numpy() for value in greedy(decoders, encodings, mask_BT, published=False))
        is_dummy = len(ids_S) == 0 or bool(ids_S[0] == END)
        return {"ids": ids_S, "logits": logits_SV, "confidence": confidence, "is_dummy": is_dummy, "stages": stages}
