"""Published weights all the way: import → TensorFlow twin → TFLite → text, against ids of the original's networks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from golden_networks import Golden
from small_networks import built_in, random_clip

from podium import Recognizer
from podium.errors import UserError
from podium.export.formats import make_file
from podium.port.weights import load_torch_state
from podium.recognise.model_info import describe
from podium.storage.files import file_digest, write_json
from podium.systems.files import read_recipe
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS, NUM_CHARACTERS, PAD
from podium.systems.fingerspelling.twin import assemble, make
from podium.systems.fingerspelling.winners_weights import import_checkpoint


class Imported:
    """A checkpoint with the reference's weights, imported, ported and converted."""

    def __init__(self, golden: Golden, folder) -> None:
        self.golden, self.folder = golden, folder
        tensors = {f"module.{name}": torch.from_numpy(value) for name, value in golden.state.items()}
        torch.save({"model": tensors}, folder / "checkpoint_last_seed1.pth")
        self.weights = folder / "model.safetensors"
        import_checkpoint(folder / "checkpoint_last_seed1.pth", golden.recipe, 1, self.weights)
        _, recipe = read_recipe(folder / "recipe.json")
        self.ensemble = assemble([make(recipe).port(load_torch_state(self.weights), "the test")], built_in(1, 0.0))
        self.model = folder / "model.tflite"
        self.model.write_bytes(make_file(self.ensemble, "fp32"))


@pytest.fixture(scope="module", params=["cfg1", "cfg2"])
def imported(request, shared, tmp_path_factory) -> Imported:
    return Imported(Golden(shared / "golden", request.param), tmp_path_factory.mktemp(request.param))


# Clip 0 stands padded in the reference's batch, where convolutions let pads leak into it; the file pads nothing.
# Clip 1 fills its row, clip 2 is longer and gets shortened.
@pytest.mark.parametrize("clip", [1, 2])
def test_the_file_gives_the_references_ids(imported, clip):
    generated = imported.golden.main["out/generated_raw"][clip][1:]  # START stands in front
    is_special = generated >= NUM_CHARACTERS
    # The original lets PAD win, the file does not: they agree up to there.
    num_steps = int(is_special.argmax()) if is_special.any() else len(generated)
    assert num_steps >= 6
    recognizer = Recognizer(imported.model)
    text = recognizer.read(imported.golden.main[f"raw/{clip}"]).text
    assert text[:num_steps] == "".join(CHARACTERS[index] for index in generated[:num_steps])
    if num_steps == len(generated):
        assert len(text) == num_steps
    else:
        assert generated[num_steps] == PAD


def test_the_imported_network_gives_the_references_ids(imported):
    network, batch = imported.golden.network(), imported.golden.batch
    ids, _ = network.generate(batch["x_BTLC"], batch["mask_BT"])
    np.testing.assert_array_equal(ids.numpy(), imported.golden.main["out/generated_ids"])
    stored = load_torch_state(imported.weights)
    assert all(np.array_equal(stored[name], value.numpy()) for name, value in network.state_dict().items())


def test_threads_share_a_file(imported):
    recognizer = Recognizer(imported.model, num_threads=2)
    clips = [random_clip(num_frames, seed) for seed in range(4) for num_frames in (16, 40, 80)]
    expected = [recognizer.read(clip) for clip in clips]
    assert len({reading.text for reading in expected}) > 3
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            assert list(pool.map(recognizer.read, clips)) == expected


def test_a_file_tells_the_confidence_of_networks_that_have_one(imported):
    reading = Recognizer(imported.model).read(random_clip(30))
    expected = float(imported.ensemble.inside(random_clip(30))["confidence"])
    assert reading.confidence == (pytest.approx(expected, abs=1e-5) if imported.ensemble.has_confidence else None)


def test_info_and_predict(imported, podium, tmp_path):
    np.save(tmp_path / "clip.npy", random_clip(30))
    done = podium("predict", tmp_path / "clip.npy", "--model", imported.model)
    reading = Recognizer(imported.model).read(random_clip(30))
    confidence = f"{reading.confidence:.3f}" if imported.ensemble.has_confidence else "-"
    assert done.out == f"{tmp_path}/clip.npy\t{reading.text}\t{confidence}\n"
    settings = {"system": "fingerspelling", "selected_columns": COLUMNS, "min_frames": 1, "min_confidence": 0.0}
    write_json(imported.folder / "inference_args.json", settings)
    found = describe(imported.model, lambda system: ())
    signature = found["signatures"]["serving_default"]
    assert signature["inputs"] == {"inputs": "float32 any×390"}
    assert signature["outputs"]["outputs"] == "float32 any×59"
    assert ("confidence" in signature["outputs"]) == imported.ensemble.has_confidence
    assert found["weights_mb"]["float32"] > 0.5 and "WHILE" in found["operators"]
    assert found["thresholds"] == {"min_frames": 1, "min_confidence": 0.0}
    assert found["card"].startswith("no model_card.json")
    card = {"files": [{"file": "x.tflite", "sha256": "0"}], "score": {"score": 0.5}, "licence": {"code": "x"}}
    write_json(imported.folder / "model_card.json", card)
    assert "is not among the files of model_card.json" in describe(imported.model, lambda system: ())["card"]
    for files in ("x", ["x"], None):
        write_json(imported.folder / "model_card.json", {"files": files})
        with pytest.raises(UserError, match="model_card.json does not list its 'files'"):
            describe(imported.model, lambda system: ())
    card["files"] = [{"sha256": file_digest(imported.model)}]
    write_json(imported.folder / "model_card.json", card)
    assert describe(imported.model, lambda system: ())["card"]["score"] == {"score": 0.5}
    done = podium("info", imported.model)
    assert done.code == 0 and "any×390" in done.out and "0.5" in done.out
