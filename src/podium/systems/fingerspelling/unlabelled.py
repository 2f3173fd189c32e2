"""Texts of clips that nobody has labelled: what trained networks read together.

Letters in tensor names: B batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from podium.data.columns import TRAINED
from podium.data.sampler import sorted_batches
from podium.storage.tables import read_table
from podium.systems.fingerspelling import samples
from podium.systems.fingerspelling.assembly import Assembly
from podium.systems.fingerspelling.distillation import WAYS
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.learning import FingerspellingLearner
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.score import normalized_score
from podium.systems.fingerspelling.text import decode

BATCH_SIZE = 64


def label(
    how: str,
    learners: Sequence[FingerspellingLearner],
    recipes: Sequence[Recipe],
    index: Path,
    root: Path,
    device: torch.device,
    **options: Any,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table that a taught stage trains on: the index, supplemental clips with the text that they shall have.

    Args:
        how: "distill".
        learners, recipes: The teachers.
        index: index.parquet.
        root: The dataset's folder, with shards/.
        device: Where the networks read.
        options: Of `podium.systems.fingerspelling.distillation.Distillation`.

    Returns:
        The index's columns; and, if the teachers have read, ``score``, what they trust in [0, 1], NaN of other clips.
        Clips that they do not trust, or read nothing in, are left out. And an account for the summary.
    """
    section = WAYS[how](**options)
    rows = read_table(index, [*TRAINED, LABELS.column])
    account = {"how": how, **section.model_dump(mode="json")}
    is_extra = (rows["split"] == "supplemental").to_numpy()
    num_extra = int(is_extra.sum())
    if section.supplemental == "own" or not num_extra:
        told = "the dataset's texts" if section.supplemental == "own" else "there are no supplemental clips"
        return rows, account | {
            "score": None, "num_sequences": num_extra, "origin": "networks that teach", "reason": told,
            "scored_on": f"{num_extra} supplemental clips",
        }  # fmt: skip
    extra = rows[is_extra].reset_index(drop=True)
    networks = [learner.exported.to(device).eval() for learner in learners]
    together = Assembly(networks, recipes, {}, section.beam)
    texts, confidence = texts_of(together, samples.validation(extra, root, recipes[0]), recipes[0], device)
    is_kept = (confidence >= section.min_confidence) & np.array([bool(text) for text in texts])
    truth = extra[LABELS.column].tolist()
    score = normalized_score(truth, texts) if any(truth) else None
    kept = [pair for pair, is_one in zip(zip(truth, texts, strict=True), is_kept, strict=True) if is_one]
    account |= {
        "score": score,
        "score_kept": normalized_score(*zip(*kept, strict=True)) if any(own for own, _ in kept) else None,
        "num_clips": num_extra,
        "num_sequences": int(is_kept.sum()),
        "origin": "read by the networks that teach",
        "scored_on": f"{num_extra} supplemental clips, {int(is_kept.sum())} of them trusted, by their own texts",
    }
    if score is None:
        account["reason"] = "the clips have no texts of their own"
    chosen = extra.assign(**{LABELS.column: texts, "score": confidence.astype(np.float64)})[is_kept]
    return pd.concat([rows[~is_extra].assign(score=np.nan), chosen], ignore_index=True), account


def texts_of(
    together: Assembly, clips: samples.ValidationClips, recipe: Recipe, device: torch.device
) -> tuple[list[str], np.ndarray]:
    """Texts and confidences (N,) float32, in the order of the clips."""
    texts, confidence = [""] * len(clips), np.zeros(len(clips), np.float32)
    for rows in sorted_batches(clips.lengths, max(1, BATCH_SIZE // together.beam_width)):
        batch = samples.collate([clips[row] for row in rows], recipe, False)
        inputs = [torch.from_numpy(batch[name]).to(device) for name in ("x_BTLC", "mask_BT")]
        ids_BS, confidence_B = together.answer_batch(*inputs)
        confidence[rows] = confidence_B.cpu().numpy()
        for row, ids_S in zip(rows, ids_BS.cpu().numpy(), strict=True):
            texts[row] = decode(ids_S)
    return texts, confidence
