"""The file against the twins: texts, edges of the input, operators, and the whole parity report."""

import json
import os
import subprocess
import sys
from functools import partial

import forked
import numpy as np
import pandas as pd
import pytest
import torch
from project import ROOT
from raw_folder import landmark_frame, table
from small_networks import (
    account_of,
    built_in,
    in_torch,
    learner_of,
    random_clip,
    random_network,
    read_in_torch,
    small_recipe,
    state_of,
)

from podium import config
from podium.errors import UserError
from podium.export.answers import answer_all, write_answers
from podium.export.benchmark import benchmark
from podium.export.clips import ProofClip, parity_clips
from podium.export.evaluation import evaluate
from podium.export.formats import make_file
from podium.export.graph import Graph
from podium.export.verification import check_formats, verify
from podium.recognise.operators import check_operators, operator_names
from podium.recognise.tflite import TfliteFile
from podium.storage.files import read_json, write_json
from podium.systems import part
from podium.systems.fingerspelling import answers
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.readings import host_text
from podium.systems.fingerspelling.text import DUMMY_PHRASE, END, decode
from podium.systems.fingerspelling.twin import assemble, make
from podium.training.weights import save_weights, write_reference

SCRIPTS = ROOT / "workflow/scripts"
MIN_FRAMES, MAX_FRAMES, SEEDS = 15, 64, (2, 1)
FORMATS = ("fp16", "fp32", "int8")
PROVEN = ("fp16", "fp32")
SETTINGS = ("--settings", f"min_frames={MIN_FRAMES}", "min_confidence=0.15")


def script(name: str, *arguments) -> subprocess.CompletedProcess:
    return forked.run([SCRIPTS / f"{name}.py", *arguments], ROOT, os.environ | {"PYTHONPATH": str(ROOT / "src")})


class Export:
    """A run of the scripts, from the weights of two seeds to the file."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.recipe = small_recipe(max_frames=MAX_FRAMES, num_blocks=1)
        self.networks = [random_network(self.recipe, seed) for seed in SEEDS]
        self.twins = [make(self.recipe).port(state_of(network), "the test") for network in self.networks]
        self.ensemble = assemble(self.twins, built_in(MIN_FRAMES, 0.15))
        rows = table(num_signers=2, split="test")
        (folder / "test_landmarks").mkdir()
        for file_id, of_file in rows.groupby("file_id"):
            landmark_frame(of_file).to_parquet(folder / f"test_landmarks/{file_id}.parquet")
        self.table = rows.assign(split="test").drop(columns="num_frames")
        self.table.to_parquet(folder / "sequences.parquet", index=False)
        write_json(folder / "columns.json", {"selected_columns": COLUMNS})
        for seed, network in zip(SEEDS, self.networks, strict=True):
            save_weights(network, folder / f"{seed}.safetensors")
            write_json(folder / f"{seed}.json", account_of(self.recipe, seed=seed))
            clips = [random_clip(20), random_clip(90)]
            write_reference(learner_of(network, self.recipe), clips, folder / f"{seed}.npz")
            done = script(
                "port_seed", "--model", folder / f"{seed}.safetensors", "--recipe", folder / f"{seed}.json",
                "--out", folder / f"port{seed}",
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        self.model = folder / "export/model.tflite"
        done = script(
            "export_tflite", "--ports", *self.of_seeds("port{}"), "--inference-args", folder / "columns.json",
            *SETTINGS, "--formats", *FORMATS, "--models", *self.models(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.file = TfliteFile(self.model)
        done = script(
            "answer_in_torch", "--models", *self.of_seeds("{}.safetensors"), "--recipes", *self.of_seeds("{}.json"),
            "--reference", folder / f"{SEEDS[0]}.npz", "--sequences", folder / "sequences.parquet", "--root", folder,
            "--num-clips", 4, *SETTINGS, "--out", folder / "answers.npz",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def models(self) -> list[str]:
        return [str(self.folder / "export" / config.file_of(format)) for format in FORMATS]

    def of_seeds(self, pattern: str) -> list[str]:
        return [str(self.folder / pattern.format(seed)) for seed in SEEDS]

    def verify_arguments(self, models=None, num_clips: int = 4) -> tuple:
        return (
            models or dict(zip(PROVEN, self.models(), strict=False)), self.of_seeds("port{}"),
            self.of_seeds("{}.safetensors"), self.of_seeds("{}.npz"),
            self.folder / "answers.npz", self.folder / "sequences.parquet", self.folder, num_clips,
            read_json(self.model.with_name("inference_args.json")), partial(part, "fingerspelling"),
        )  # fmt: skip

    def check(self, clips: list[ProofClip], folder) -> tuple[dict, list[str]]:
        """TensorFlow and the files of `PROVEN` against torch."""
        torch_ensemble = in_torch(self.networks, self.recipe, MIN_FRAMES, 0.15)
        write_answers(folder / "answers.npz", clips, answer_all(torch_ensemble.inside, clips))
        models = {format: path for format, path in zip(FORMATS, self.models(), strict=True) if format in PROVEN}
        return check_formats(self.ensemble, models, clips, folder / "answers.npz", answers, "phrase")


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> Export:
    return Export(tmp_path_factory.mktemp("export"))


def test_files_agree_with_torch_at_any_length(export, tmp_path):
    lengths = (MIN_FRAMES, 200, 16, MAX_FRAMES, MAX_FRAMES + 1, 40)
    formats, problems = export.check([ProofClip(str(length), random_clip(length)) for length in lengths], tmp_path)
    assert not problems, formats
    assert list(formats) == ["tensorflow", *PROVEN]
    for report in formats.values():
        assert report["num_dummy"] == 0, "the dummy phrase proves nothing here"
        assert report["num_same_texts"] == len(lengths) and report["max_error"] > 0


def test_unrounded_file_agrees_closely(export, tmp_path):
    (tmp_path / "full.tflite").write_bytes(make_file(export.ensemble, "fp32"))
    assert (tmp_path / "full.tflite").stat().st_size > 1.5 * export.model.stat().st_size
    file = TfliteFile(tmp_path / "full.tflite")
    for num_frames in (300, 20):
        raw_TK = random_clip(num_frames)
        expected = export.ensemble.inside(raw_TK)["outputs"].numpy()
        np.testing.assert_allclose(file.answer(raw_TK)["outputs"], expected, atol=1e-4)


@pytest.mark.parametrize("num_frames", [0, 1, MIN_FRAMES - 1])
def test_too_short_clips_get_the_dummy_phrase(export, num_frames):
    fresh = TfliteFile(export.model)  # the first call of a runtime must not fail either
    outputs = fresh.answer(random_clip(num_frames))["outputs"]
    assert outputs.shape == (len(DUMMY_PHRASE), 59) and set(np.unique(outputs)) == {0.0, 1.0}
    assert host_text(answers.read(fresh.answer(random_clip(num_frames)))) == DUMMY_PHRASE


def test_files_agree_with_torch_on_edge_clips(export, tmp_path):
    edges = answers.edge_clips(random_clip(30), built_in(MIN_FRAMES, 0.15), export.recipe)
    formats, problems = export.check([ProofClip(name, clip) for name, clip in edges.items()], tmp_path)
    assert not problems and not any(report["ties"] for report in formats.values()), formats


def test_edge_clips_are_at_the_edges():
    edges = answers.edge_clips(random_clip(30), built_in(15, 0.0), small_recipe(max_frames=64))
    lengths = [len(clip) for clip in edges.values()]
    assert lengths == [0, 1, 14, 30, 101]


def test_doubtful_clips_get_the_dummy_phrase(export):
    doubtful = assemble(export.twins, built_in(MIN_FRAMES, 1.0))
    seen = doubtful.inside(random_clip(40))
    assert seen["is_dummy"].numpy() and len(seen["ids"]) == 0
    assert 0 < float(seen["confidence"]) < 1


@pytest.fixture(scope="module")
def one_seed(export) -> Graph:
    """One network that trusts every clip."""
    return assemble([make(export.recipe).port(state_of(export.networks[0]), "the test")], built_in(MIN_FRAMES, 0.0))


@pytest.fixture
def assign(one_seed):
    """Changes weights of ``one_seed`` for the time of a test."""
    variables = one_seed.twins[0].weights.variables
    before = {name: variable.numpy() for name, variable in variables.items() if name.startswith("decoder.")}
    yield lambda name, value: variables[name].assign(value)
    for name, value in before.items():
        variables[name].assign(value)


def test_one_seed_reads_like_torch(export, one_seed):
    for num_frames in (5, 20, 100):
        clip = random_clip(num_frames)
        reading, seen = read_in_torch(export.networks[0], export.recipe, clip, MIN_FRAMES), one_seed.inside(clip)
        assert host_text(reading) == (DUMMY_PHRASE if seen["is_dummy"].numpy() else decode(seen["ids"].numpy()))
        if num_frames >= MIN_FRAMES:
            assert abs(reading.confidence - float(seen["confidence"])) <= 1e-5


def test_text_without_characters_becomes_the_dummy_phrase(export, one_seed, assign):
    state = state_of(random_network(export.recipe))
    state["decoder.norm.weight"][:] = 0
    state["decoder.norm.bias"][:] = 1
    state["decoder.lm_head.weight"][:] = -1
    state["decoder.lm_head.weight"][END] = 1
    for name in ("decoder.norm.weight", "decoder.norm.bias"):
        assign(name, state[name])
    assign("decoder.lm_head.weight", state["decoder.lm_head.weight"].T)
    seen = one_seed.inside(random_clip(40))
    assert seen["ids"].numpy().tolist() == [END]
    assert seen["outputs"].shape == (len(DUMMY_PHRASE), 59)
    network = random_network(export.recipe)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    assert read_in_torch(network, export.recipe, random_clip(40), MIN_FRAMES).reason == "ended_at_once"


def test_text_ends_before_the_end_token(one_seed, assign):
    ids = one_seed.inside(random_clip(41))["ids"].numpy()
    step = next(step for step in range(1, 33) if ids[step] not in ids[:step])
    kernel = one_seed.twins[0].weights.variables["decoder.lm_head.weight"].numpy()
    kernel[:, END] = 1.01 * kernel[:, ids[step]]  # END wins where that character would have
    assign("decoder.lm_head.weight", kernel)
    seen = {name: value.numpy() for name, value in one_seed.inside(random_clip(41)).items()}
    assert seen["ids"].tolist() == [*ids[:step], END]
    assert seen["outputs"].argmax(1).tolist() == ids[:step].tolist()
    np.testing.assert_array_equal(seen["outputs"], seen["logits"][:step, :59])


def test_file_holds_builtin_operators_only(export):
    names = operator_names(export.model.read_bytes())
    assert {"WHILE", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"} <= set(names)
    assert not [name for name in names if "VARIABLE" in name or name in ("VAR_HANDLE", "CUSTOM", "IF", "CALL_ONCE")]


def test_left_behind_operators_are_refused(monkeypatch, export):
    monkeypatch.setattr("podium.recognise.operators.operator_names", lambda content: ["ADD", "READ_VARIABLE"])
    with pytest.raises(RuntimeError, match="READ_VARIABLE"):
        check_operators(export.model.read_bytes())


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"max_frames": 32}, "max_frames"), ({"max_frames": MAX_FRAMES, "decoder": {"num_layers": 3}}, "decoders differ")],
)
def test_seeds_of_different_recipes_are_refused(export, changes, message):
    other = small_recipe(**changes)
    with pytest.raises(UserError, match=message):
        twin = make(other).port(state_of(random_network(other)), "the test")
        assemble([export.twins[0], twin], built_in(MIN_FRAMES, 0.15))


def test_parity_report(export):
    report, problems = verify(*export.verify_arguments())
    assert not problems and report["passed"]
    json.dumps(report, allow_nan=False)
    for one in report["formats"].values():
        assert one["num_clips"] == 4 + 5
        assert one["score"] == one["score_torch"] and -5 < one["score"] <= 1
    assert [len(seed["faults"]) for seed in report["seeds"]] == [3, 3]


def test_parity_without_a_hidden_test_reads_the_reference_clips(export, tmp_path):
    export.table.assign(split="train").to_parquet(tmp_path / "sequences.parquet")
    clips = parity_clips(
        dict(np.load(export.of_seeds("{}.npz")[0])), tmp_path / "sequences.parquet", export.folder, 4, answers,
        built_in(MIN_FRAMES, 0.15), export.recipe, "phrase",
    )  # fmt: skip
    torch_ensemble = in_torch(export.networks, export.recipe, MIN_FRAMES, 0.15)
    write_answers(tmp_path / "answers.npz", clips, answer_all(torch_ensemble.inside, clips))
    arguments = list(export.verify_arguments())
    arguments[4:6] = tmp_path / "answers.npz", tmp_path / "sequences.parquet"
    report, problems = verify(*arguments)
    assert not problems
    fp16 = report["formats"]["fp16"]
    assert fp16["num_clips"] == 2 + 5 and fp16["score"] is None


def test_file_of_other_weights_fails(export, tmp_path):
    stranger = make(export.recipe).port(state_of(random_network(export.recipe, 9)), "the test")
    (tmp_path / "model.tflite").write_bytes(make_file(assemble([stranger], built_in(MIN_FRAMES, 0.15)), "fp16"))
    write_json(tmp_path / "inference_args.json", read_json(export.model.with_name("inference_args.json")))
    options = ["--formats", "fp16"]
    for name, value in zip(
        ("models", "ports", "weights", "references", "answers", "sequences", "root", "num-clips"),
        export.verify_arguments([tmp_path / "model.tflite"])[:8],
        strict=True,
    ):
        options += [f"--{name}", *(value if isinstance(value, list) else [value])]
    done = script("verify_parity", *options, "--out", tmp_path / "parity.json")
    assert done.returncode == 1 and "fp16 differs from torch on the clip" in done.stderr
    assert "first in conversion" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "parity.json").exists()
    assert read_json(tmp_path / "parity.failed.json")["passed"] is False


def test_swapped_seeds_fail(export):
    arguments = list(export.verify_arguments())
    arguments[2] = arguments[2][::-1]
    _, problems = verify(*arguments)
    assert len(problems) == 2 and all("wrong" in problem for problem in problems)


def test_evaluation_in_a_process_of_its_own(export, tmp_path):
    code = (
        "import runpy, sys; sys.argv[1:] = sys.argv[2:];"
        f"runpy.run_path({str(SCRIPTS / 'evaluate_tflite.py')!r}, run_name='__main__');"
        "print(sorted({'torch', 'tensorflow'} & sys.modules.keys()))"
    )
    options = [
        "--formats", *FORMATS, "--models", *export.models(), "--inference-args",
        export.model.with_name("inference_args.json"), "--sequences",
        export.folder / "sequences.parquet", "--root", export.folder, "--out", tmp_path / "evaluation.json",
        "--predictions", tmp_path / "predictions.csv",
    ]  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code, "-", *map(str, options)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    report = read_json(tmp_path / "evaluation.json")
    expected, _ = evaluate(export.file.answer, answers, {}, export.table, export.folder, "phrase")
    formats = report.pop("formats")
    assert report == {**expected, "size_mb": export.model.stat().st_size / 1e6}
    assert list(formats) == list(FORMATS) and formats["fp16"]["score"] == report["score"]
    assert formats["int8"]["size_mb"] < formats["fp16"]["size_mb"] < formats["fp32"]["size_mb"]
    assert pd.read_csv(tmp_path / "predictions.csv")["sequence_id"].tolist() == export.table["sequence_id"].tolist()


def test_evaluation_of_a_seed(export, tmp_path):
    done = script(
        "evaluate_seed", "--model", export.folder / "2.safetensors", "--recipe", export.folder / "2.json", "--root",
        export.folder, "--sequences", export.folder / "sequences.parquet", *SETTINGS,
        "--out", tmp_path / "evaluation.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ask = in_torch(export.networks[:1], export.recipe, MIN_FRAMES, 0.15).answer
    expected, _ = evaluate(ask, answers, built_in(MIN_FRAMES, 0.15), export.table, export.folder, "phrase")
    assert read_json(tmp_path / "evaluation.json") == expected


def test_benchmark(export):
    report = benchmark({"fp16": export.model, "other": export.model}, answers, [20, 50], 5)
    assert report["size_mb"] == export.model.stat().st_size / 1e6
    assert report["operators"] == operator_names(export.model.read_bytes())
    assert [list(times) for times in report["latency_ms"].values()] == [["20", "50"]] * 2
    assert {one: list(times) for one, times in report["format_latency_ms"].items()} == {
        "fp16": ["20", "50"], "other": ["20", "50"]
    }  # fmt: skip
