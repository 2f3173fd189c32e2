"""Scores of a network on clips, by real greedy decoding."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from podium.data.sampler import sorted_batches
from podium.systems.fingerspelling.networks.base import SignReader
from podium.systems.fingerspelling.samples import ValidationClips, collate
from podium.systems.fingerspelling.score import normalized_score, row_scores
from podium.systems.fingerspelling.text import DUMMY_PHRASE, decode
from podium.training.ranks import gathered, num_ranks, rank

# What the 1st-place solution answers with its dummy phrase.
MIN_FRAMES = 15
MIN_CONFIDENCE = 0.15


@torch.no_grad()
def predict(
    model: SignReader,
    clips: ValidationClips,
    batch_size: int,
    device: torch.device,
    autocast: Callable[[], AbstractContextManager],
) -> tuple[list[str], np.ndarray]:
    """Reads every clip, each rank its share; leaves the network in evaluation mode.

    Returns:
        Texts in the order of the table, and confidences (num_clips,) in [0, 1], NaN from a network without that head.
    """
    model.eval()
    texts = [""] * len(clips)
    confidences = np.full(len(clips), np.nan)
    batches = sorted_batches(clips.lengths, batch_size)[rank() :: num_ranks()]
    loader = DataLoader(clips, batch_sampler=batches, collate_fn=collate)
    for batch in loader:
        with autocast():
            ids_BS, confidence_B = model.generate(batch["x_BTLC"].to(device), batch["mask_BT"].to(device))
        for row, ids in zip(batch["row_B"].tolist(), ids_BS.tolist(), strict=True):
            texts[row] = decode(ids)
        if confidence_B is not None:
            confidences[batch["row_B"].numpy()] = confidence_B.cpu().numpy()
    rows = [row for batch in batches for row in batch]
    own = (rows, [texts[row] for row in rows], confidences[rows])
    for its_rows, its_texts, its_confidences in gathered(own):
        for row, text in zip(its_rows, its_texts, strict=True):
            texts[row] = text
        confidences[its_rows] = its_confidences
    return texts, confidences


def scores(table: pd.DataFrame, texts: list[str], confidences: np.ndarray) -> dict[str, float]:
    """Corpus scores of predictions: as they are, and with the dummy phrase for short or doubtful clips."""
    phrases = table["phrase"].tolist()
    is_dummy = (table["num_frames"].to_numpy() < MIN_FRAMES) | (np.nan_to_num(confidences, nan=1.0) < MIN_CONFIDENCE)
    answers = [DUMMY_PHRASE if dummy else text for dummy, text in zip(is_dummy, texts, strict=True)]
    return {
        "score": normalized_score(phrases, texts),
        "score_damerau": normalized_score(phrases, texts, transpositions=True),
        "score_postprocessed": normalized_score(phrases, answers),
    }


def prediction_table(table: pd.DataFrame, texts: list[str]) -> pd.DataFrame:
    """Predictions beside their references; ``score`` is the row's own, with Damerau's distance, as the OOF merge
    takes it."""
    columns = ["file_id", "sequence_id", "participant_id", "phrase", "num_frames"]
    score = row_scores(table["phrase"].tolist(), texts, transpositions=True)
    return table[columns].assign(prediction=texts, score=score)
