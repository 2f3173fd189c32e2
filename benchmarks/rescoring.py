"""What does a slower reading bring? Beam search, and choosing among its texts by the backward decoder, the CTC head and
a model of the characters of training phrases: points and milliseconds beside greedy reading, all networks together.

    python benchmarks/rescoring.py --models results/demo/round2/seed1 results/demo/round2/seed2
    python benchmarks/rescoring.py --fold 0 --data results/data/synthetic_hard \\
        --models results/student_hard/comparison/hard_untaught/seed1

How much each voice counts is chosen on the held-out signers, and then told on the hidden test. With a fold that the
networks have not seen, it is chosen on every other of its signers, and told on the rest.
"""

import argparse
import math
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from podium.landmarks.normalise import normalise, resize
from podium.systems.files import read_recipe
from podium.systems.fingerspelling import answers, learner, samples
from podium.systems.fingerspelling.networks.beam import CHARACTER_BONUS, Candidate, search
from podium.systems.fingerspelling.networks.decoder import greedy
from podium.systems.fingerspelling.recipe import Recipe
from podium.systems.fingerspelling.score import normalized_score
from podium.systems.fingerspelling.text import NUM_CHARACTERS, decode
from podium.training.split import split_rows
from podium.training.weights import load_network

VOICES = ("forward", "backward", "ctc", "characters", "length")
ORDER = 5  # characters that the model of texts looks at, the one that follows included


class Hypothesis(NamedTuple):
    """A text, and the logarithm of what each of `VOICES` gives it."""

    text: str
    voices: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, nargs="+", required=True, help="folders of trainings of round 2's kind")
    parser.add_argument("--data", type=Path, default=Path("results/data/synthetic"), help="what they were trained on")
    parser.add_argument("--fold", type=int, help="that the networks have not seen")
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 4, 8], help="of the beam")
    parser.add_argument("--most", type=int, default=500, help="clips of each part")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipes = [read_recipe(folder / "recipe.json")[1] for folder in arguments.models]
    pairs = zip(arguments.models, recipes, strict=True)
    networks = [load_network(folder / "model.safetensors", learner, recipe) for folder, recipe in pairs]
    index, folds = (pd.read_parquet(arguments.data / f"{name}.parquet") for name in ("index", "folds"))
    training, held_out, is_seen = split_rows(index, folds, arguments.fold)
    if is_seen:
        raise SystemExit("nobody is held out of this training; there is nobody to choose the weights on")
    characters = Characters(training["phrase"])
    if arguments.fold is None:
        parts = {"chosen on": held_out, "told": test_table(arguments.data)}
    else:
        signers = sorted(held_out["participant_id"].unique())
        parts = {part: held_out[held_out["participant_id"].isin(signers[start::2])] for part, start in
                 (("chosen on", 0), ("told", 1))}  # fmt: skip
    parts = {part: table[: arguments.most] for part, table in parts.items()}
    clips = {"chosen on": held_out_clips(parts["chosen on"], arguments.data, recipes[0])}
    if arguments.fold is None:
        clips["told"] = [x for _, x in answers.test_clips(parts["told"], arguments.data / "raw")]
    else:
        clips["told"] = held_out_clips(parts["told"], arguments.data, recipes[0])
    phrases = {part: table["phrase"].tolist() for part, table in parts.items()}
    encoded = {part: [encodings(networks, x, recipes[0]) for x in of_part] for part, of_part in clips.items()}
    print(f"| reading | {' | '.join(parts)} | ms per clip behind the encoder |", "|---|---|---|---|", sep="\n")
    begin = time.perf_counter()
    texts = {part: [greedy_text(networks, *one) for one in of_part] for part, of_part in encoded.items()}
    report("greedy", texts, phrases, 1e3 * (time.perf_counter() - begin) / sum(map(len, encoded.values())))
    for width in arguments.widths:
        begin = time.perf_counter()
        found = {part: [search(networks, *one, width)[0] for one in of_part] for part, of_part in encoded.items()}
        spent = 1e3 * (time.perf_counter() - begin) / sum(map(len, encoded.values()))
        heard = {part: [[voices(one, characters) for one in of_clip] for of_clip in of_part]
                 for part, of_part in found.items()}  # fmt: skip
        first = {part: [of_clip[0].text for of_clip in of_part] for part, of_part in heard.items()}
        report(f"beam of {width}: the likeliest", first, phrases, spent)
        best = {part: [max((one.text for one in of_clip), key=lambda text, p=p: normalized_score([p], [text]))
                       for of_clip, p in zip(of_part, phrases[part], strict=True)]
                for part, of_part in heard.items()}  # fmt: skip
        report(f"beam of {width}: chosen by who knows the text", best, phrases)
        even = np.array([1.0, 1.0, 1.0, 0.0, CHARACTER_BONUS])
        told = {part: [choose(one, even) for one in of_part] for part, of_part in heard.items()}
        report(f"beam of {width}: forward, backward and CTC, each as much, as `predict` does", told, phrases)
        for chosen in (("length",), ("backward", "length"), ("ctc", "length"), ("characters", "length"), VOICES[1:]):
            weights = tuned(heard["chosen on"], phrases["chosen on"], chosen)
            told = {part: [choose(one, weights) for one in of_part] for part, of_part in heard.items()}
            said = ", ".join(f"{voice} {weight:.2g}" for voice, weight in zip(VOICES, weights, strict=True) if weight)
            report(f"beam of {width}: {said}", told, phrases)


def held_out_clips(table: pd.DataFrame, data: Path, recipe: Recipe) -> list[np.ndarray]:
    """Raw clips of some rows."""
    dataset = samples.validation(table, data, recipe)
    return [dataset.raw(row) for row in range(len(table))]


def test_table(data: Path) -> pd.DataFrame:
    """The hidden test."""
    table = pd.read_parquet(data / "sequences.parquet")
    return table[table["split"] == "test"].reset_index(drop=True)


def report(name: str, texts: dict, phrases: dict, milliseconds: float | None = None) -> None:
    """One row."""
    scores = [f"{100 * normalized_score(phrases[part], texts[part]):.2f}" for part in texts]
    print(f"| {name} | {' | '.join(scores)} | {f'{milliseconds:.1f}' if milliseconds else ''} |", flush=True)


@torch.no_grad()
def encodings(networks: list, x: np.ndarray, recipe: Recipe) -> tuple[list[torch.Tensor], torch.Tensor]:
    """What each encoder makes of a raw clip; and its steps, none of which is a pad."""
    x_BTLC = torch.from_numpy(np.ascontiguousarray(resize(normalise(x), recipe.data.max_frames)))[None]
    mask_BT = torch.ones(x_BTLC.shape[:2], dtype=torch.bool)
    return [network.encode(x_BTLC, mask_BT) for network in networks], networks[0].steps(mask_BT)


def greedy_text(networks: list, encoded: list[torch.Tensor], steps_BT: torch.Tensor) -> str:
    """As the file reads."""
    ids_BS, _ = greedy([network.decoder for network in networks], encoded, steps_BT, published=False)
    return decode(ids_BS[0].tolist())


def voices(candidate: Candidate, model: "Characters") -> Hypothesis:
    """What each voice says of a text; one that the networks do not have says nothing."""
    text = decode(candidate.ids)
    trained = [candidate.forward, candidate.backward or 0.0, candidate.ctc or 0.0]
    return Hypothesis(text, np.array([*trained, model.log_p(text), len(text)]))


class Characters:
    """How likely each character is behind the few before it, in some texts; shorter contexts help out (Witten–Bell)."""

    def __init__(self, texts) -> None:
        self.counts: dict[str, Counter] = {}
        for text in texts:
            padded = "\n" * (ORDER - 1) + text + "\n"
            for place in range(ORDER - 1, len(padded)):
                for size in range(ORDER):
                    self.counts.setdefault(padded[place - size : place], Counter())[padded[place]] += 1

    def log_p(self, text: str) -> float:
        """Of a text and its end."""
        padded = "\n" * (ORDER - 1) + text + "\n"
        places = range(ORDER - 1, len(padded))
        return sum(math.log(self._p(padded[place - ORDER + 1 : place], padded[place])) for place in places)

    def _p(self, context: str, character: str) -> float:
        shorter = self._p(context[1:], character) if context else 1 / (NUM_CHARACTERS + 1)
        seen = self.counts.get(context)
        if not seen:
            return shorter
        total = seen.total()
        return (seen[character] + len(seen) * shorter) / (total + len(seen))


def choose(hypotheses: list[Hypothesis], weights: np.ndarray) -> str:
    """The text with the largest weighted sum."""
    return max(hypotheses, key=lambda one: float(one.voices @ weights)).text


def tuned(heard: list[list[Hypothesis]], phrases: list[str], chosen: tuple[str, ...]) -> np.ndarray:
    """Weights of the chosen voices beside the forward decoder's 1, voice by voice the best of a few, twice around."""
    weights = np.array([1.0] + [0.0] * (len(VOICES) - 1))

    def score(trial: np.ndarray) -> float:
        return normalized_score(phrases, [choose(one, trial) for one in heard])

    for voice in chosen * 2:
        place = VOICES.index(voice)
        steps = (-0.5, 0, 0.2, 0.5, 1, 1.5, 2) if voice == "length" else (0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5)
        trials = [np.where(np.arange(len(VOICES)) == place, step, weights) for step in steps]
        weights = max(trials, key=score)
    return weights


if __name__ == "__main__":
    main()
