"""Does a network of virtual signs know real ones? And do real clips of some signers teach those of others?

    python benchmarks/signs_real.py SHARED/real/signs_long [--weights results/signs_llama/member/seed1 …]
    python benchmarks/signs_real.py SHARED/real/signs_long --teach [--system signs_deberta]

Reads 84 real clips of two signs, hello and thankyou, by 21 signers, in the competition's layout. Without ``--teach`` it
asks networks of either sign recogniser, trained on other clips, which of the two a clip shows. With it, a recogniser's
recipe ``few`` is trained on 17 signers and asked about the other four, for every choice of a fixed rule: the signers in
ascending order of their ids, four at a time, the last group filled up from the front; so each signer is asked about
once or, three of them, twice.
"""

import argparse
import logging
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from podium.config import load
from podium.data.clips import shard_path
from podium.data.shards import pack_shard
from podium.systems import part
from podium.systems.files import read_recipe
from podium.systems.signs.raw import open_raw, prepare
from podium.systems.signs.vocabulary import SIGNS
from podium.training.learner import Parts
from podium.training.loop import Rows, train
from podium.training.weights import load_learner

ROOT = Path(__file__).parent.parent
SYSTEMS = ("signs_llama", "signs_deberta")
TWO = [SIGNS.index(sign) for sign in ("hello", "thankyou")]
NUM_ASKED = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, help="folder in the competition's layout")
    parser.add_argument("--weights", nargs="+", type=Path, default=[], help="folders of trained runs")
    parser.add_argument("--teach", action="store_true", help="train on 17 signers, ask about the others")
    parser.add_argument("--system", choices=SYSTEMS, default=SYSTEMS[0], help="whose recipe is trained")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        table = pack(arguments.clips, Path(folder))
        if arguments.weights:
            print_known(table, Path(folder), arguments.weights)
        if arguments.teach:
            print_taught(table, Path(folder), arguments.system, arguments.seed)


def pack(clips: Path, root: Path) -> pd.DataFrame:
    """Shards of all signers; the table of their clips."""
    told, packed = pd.read_csv(clips / "train.csv"), []
    for signer, rows in told.groupby("participant_id"):
        path = shard_path(root, "train", signer)
        path.parent.mkdir(parents=True, exist_ok=True)
        recordings = open_raw(clips / "train_landmark_files" / str(signer))
        shard = pack_shard(recordings, prepare, rows["sequence_id"].tolist(), set(), signer, path)
        packed.append(shard.sequences.assign(split="train", participant_id=signer))
    return pd.concat(packed).merge(told[["sequence_id", "sign"]], on="sequence_id")


def print_known(table: pd.DataFrame, root: Path, folders: list[Path]) -> None:
    """What trained networks, and all of them together, say of the two signs."""
    members, logits = [], []
    for folder in folders:
        system, recipe = read_recipe(folder / "recipe.json")
        members.append(load_learner(folder / "model.safetensors", part(system, "learner"), recipe))
        clips = part(system, "samples").validation(table, root, recipe)
        logits.append(np.stack([members[-1].observe(clips.raw(row))["outputs"] for row in range(len(clips))]))
    named = {str(folder): one for folder, one in zip(folders, logits, strict=True)} | {"mean": np.mean(logits, axis=0)}
    for name, logits_BV in named.items():
        print(f"{name}: {verdict(logits_BV, table)}")


def verdict(logits_BV: np.ndarray, table: pd.DataFrame) -> str:
    """Shares of clips: right of the two signs, of each of them, right of all 250, and among the five likeliest."""
    is_thanks = (table["sign"] == "thankyou").to_numpy()
    is_right = (logits_BV[:, TWO[1]] > logits_BV[:, TWO[0]]) == is_thanks
    place_B = np.array([SIGNS.index(sign) for sign in table["sign"]])
    likeliest_BV = np.argsort(-logits_BV, axis=1)
    of_all = likeliest_BV[:, 0] == place_B
    of_five = (likeliest_BV[:, :5] == place_B[:, None]).any(1)
    return (
        f"of two {is_right.mean():.3f} (hello {is_right[~is_thanks].mean():.3f}, thankyou"
        f" {is_right[is_thanks].mean():.3f}), of 250 {of_all.mean():.3f}, among the five likeliest"
        f" {of_five.mean():.3f}, {len(table)} clips"
    )


def print_taught(table: pd.DataFrame, root: Path, system: str, seed: int) -> None:
    """Every group of signers, and all clips together."""
    recipe = load(part(system, "plan").Recipe, ROOT / f"config/recipes/{system}/few.yaml")
    parts = Parts.of(system, part)
    signers, num_right, num_asked = sorted(table["participant_id"].unique().tolist()), 0, 0
    for first in range(0, len(signers), NUM_ASKED):
        asked = [signers[(first + place) % len(signers)] for place in range(NUM_ASKED)]
        is_asked = table["participant_id"].isin(asked)
        rows = Rows(root, table[~is_asked].reset_index(drop=True), table[is_asked].reset_index(drop=True))
        outcome = train(recipe, parts, rows, seed)
        right = [one.text == sign for one, sign in zip(outcome.readings, rows.validation["sign"], strict=True)]
        num_right, num_asked = num_right + sum(right), num_asked + len(right)
        print(f"signers {asked}: {sum(right)} of {len(right)}")
    print(f"all groups: {num_right / num_asked:.3f} of {num_asked} clips, among 250 signs")


if __name__ == "__main__":
    main()
