"""Another network in round 2: the chain goes on from what is there, to a file that is proven."""

import json


def test_zipformer_from_training_to_parity(copied):
    copied.edit("config/test/tiny.yaml", "recipe: tiny_round2", "recipe: tiny_zipformer")
    copied.edit("config/test/tiny.yaml", "seeds: [1, 2]", "seeds: [1]")
    target = "results/tiny/export/parity.json"
    assert copied.planned(target) == {
        "train_round2": 1,
        "port_seed": 1,
        "export_tflite": 1,
        "answer_in_torch": 1,
        "verify_parity": 1,
    }
    outcome = copied.snakemake(target, "--cores", "1")
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-6000:]
    assert json.loads((copied.root / target).read_text())["passed"]
