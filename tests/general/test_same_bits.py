"""The comparison of two commits finds what differs, and nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file
from same_bits import differences, digests_of


def write_results(folder: Path, value: float = 1.0, version: str = "1") -> dict[str, str]:
    """One artefact of each kind; ``version`` goes where nothing counts."""
    (folder / "round1").mkdir(parents=True)
    (folder / "logs").mkdir()
    (folder / "logs/a.csv").write_text(version)
    (folder / "benchmark.json").write_text(json.dumps({"ms": version}))
    (folder / "page.md").write_text(version)
    (folder / "parity.json").write_text(json.dumps({"code": version, "errors": [{"max": value, "podium": version}]}))
    (folder / "model.tflite").write_bytes(np.float32(value).tobytes())
    save_file({"w": np.full(3, value)}, folder / "round1/model.safetensors", {"made by": version})
    np.savez(folder / "round1/reference.npz", x=np.full(2, value))
    pd.DataFrame({"score": [0.5, value]}).to_parquet(folder / "round1/oof.parquet")
    return digests_of(folder)


def test_versions_times_and_pages_do_not_count(tmp_path):
    one, other = write_results(tmp_path / "a"), write_results(tmp_path / "b", version="2")
    assert len(one) == 5 and not list(differences(one, other))


def test_every_kind_of_artefact_counts(tmp_path):
    one, other = write_results(tmp_path / "a"), write_results(tmp_path / "b", value=1.0000001)
    found = [f"differs: {path}" for path in sorted(one)]
    found[found.index("differs: parity.json errors 0 max")] += ": 1.0 → 1.0000001"
    assert list(differences(one, other)) == found


@pytest.mark.parametrize(("lost", "place"), [(0, "the second"), (1, "the first")])
def test_an_artefact_that_one_commit_lacks_counts(tmp_path, lost, place):
    digests = [write_results(tmp_path / "a"), write_results(tmp_path / "b")]
    del digests[lost]["parity.json errors 0 max"]
    assert list(differences(*digests)) == [f"only in {place}: parity.json errors 0 max"]


def test_types_and_names_count(tmp_path):
    for name, array in (("a", np.ones(3, np.float32)), ("b", np.ones(3)), ("c", np.ones((3, 1)))):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "x.npz", x=array)
    assert len({digests_of(tmp_path / name)["x.npz"] for name in "abc"}) == 3
