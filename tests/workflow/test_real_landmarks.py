"""Real MediaPipe landmarks through the whole chain, from a local folder to a file that is proven and scored."""

import json

import pandas as pd
import pytest

from podium.storage.files import read_json

LOCAL = "config/test/local.yaml"


def test_real_landmarks_reach_the_file(fresh, shared):
    wide = shared / "real/wide"
    if not wide.is_dir():
        pytest.skip(f"no real recordings: {wide} is absent")
    fresh.edit("config/datasets/local.yaml", "root: data/local", f"root: {wide}")
    outcome = fresh.snakemake("--cores", "2", config=LOCAL)
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]

    sequences = pd.read_parquet(fresh.root / "results/data/local/sequences.parquet")
    test, train = (sequences[sequences["split"] == split] for split in ("test", "train"))
    assert len(test) + len(train) == 132
    assert test["participant_id"].nunique() == 4
    assert not set(test["participant_id"]) & set(train["participant_id"])

    export = fresh.root / "results/local-tiny/export"
    assert read_json(export / "parity.json")["passed"]
    evaluation = read_json(export / "evaluation.json")
    assert evaluation["num_sequences"] == len(test)
    print("score on unseen signers:", evaluation["score"])
    predictions = pd.read_csv(export / "predictions.csv", keep_default_na=False)
    assert sorted(predictions["sequence_id"]) == sorted(test["sequence_id"])
    assert len(json.loads((export / "inference_args.json").read_text())["selected_columns"]) == 390
    assert fresh.planned(config=LOCAL) == {}
