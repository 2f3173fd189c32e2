"""The model card: what stands beside a file so that it explains itself."""

from pathlib import Path
from types import ModuleType

from ai_edge_litert import schema_py_generated as schema

from podium import __version__
from podium.config import file_of
from podium.data.unseen import scored_on
from podium.export.flatbuffer import FULLY_CONNECTED, PER_CHANNEL_VERSION, kind, read_model
from podium.provenance import code_digest, commit
from podium.recognise.tflite import SIGNATURE
from podium.storage.files import file_digest

CODE_LICENCE = "Apache-2.0"
# Tried one by one, with the clips of a benchmark (docs/student.md): LiteRT 2.3, tflite-runtime 2.14, TensorFlow 2.12.
_RUNTIMES = {
    file_of("kaggle"): "tflite-runtime 2.14 (Kaggle's), where it is the quickest; TensorFlow 2.12 and LiteRT read it,"
    f" too, and are quicker with {file_of('fp16')}",
    file_of("web"): "those that want every shape fixed, as a browser's; all others read it, too",
}
_EVERY_RUNTIME = "LiteRT, tflite-runtime 2.14, TensorFlow 2.12"
_NEW_RUNTIMES = "LiteRT; tflite-runtime 2.14 and TensorFlow 2.12 refuse it"


def model_card(
    name: str,
    answers: ModuleType,
    models: list[Path],
    settings: dict,
    parity: dict,
    recipes: list[dict],
    manifest: dict | None,
    evaluation: dict | None,
    is_data_ours: bool = False,
) -> dict:
    """Everything that somebody who holds the files should know, for JSON.

    Args:
        name: The experiment.
        answers: The system's module; its ``card`` tells the task, what a file takes and returns, what is built in, and
            of each network what it is.
        models: The files that the card is about.
        settings: ``inference_args.json`` of the export.
        parity: ``parity.json``.
        recipes: ``recipe.json`` of each network in the file.
        manifest: ``manifest.json`` of the dataset that the networks were trained on; None if weights were imported.
        evaluation: ``evaluation.json``; None if nothing was scored.
        is_data_ours: Whether Podium has computed the training data, so that nobody else's terms bind the weights.
    """
    dataset = manifest["dataset"] if manifest else {}
    test = scored_on(manifest["test_signers"]) if manifest else ""
    own = answers.card(settings, [account["recipe"] for account in recipes])
    weights = CODE_LICENCE if is_data_ours else "yours to state; the terms of the training data bind it"
    if manifest is None:
        weights = "that of the imported checkpoints, which their authors state"
    networks, scores, meaning = (own.pop(key) for key in ("networks", "scores", "score_meaning"))
    if "web" not in parity["formats"]:
        own["web"] = None
    return {
        "name": name,
        "files": [file_entry(model) for model in models],
        **own,
        "training_data": _training_data(manifest) if manifest else None,
        "networks": [_network(size, account) for size, account in zip(networks, recipes, strict=True)],
        "score": {key: evaluation[key] for key in (*scores, "formats") if key in evaluation} if evaluation else None,
        "score_meaning": f"{meaning} of the dataset {dataset['name']}, {test}"
        if evaluation and evaluation.get("score") is not None
        else "not scored",
        "equal_to_torch": {
            "formats": [format for format in parity["formats"] if format not in ("tensorflow", "int8")],
            "num_clips": parity["formats"]["tensorflow"]["num_clips"],
        },
        "code": {"podium": __version__, "commit": commit(), "digest": code_digest("")},
        "licence": {"code": CODE_LICENCE, "training_data": dataset.get("licence"), "weights": weights},
    }


def file_entry(model: Path) -> dict:
    """A file with the runtimes that read it, and the names of what it takes and returns as runtimes number these."""
    content = read_model(model.read_bytes())
    (signature,) = [one for one in content.signatureDefs if one.signatureKey.decode() == SIGNATURE]
    graph = content.subgraphs[signature.subgraphIndex]
    order = {}
    for side, entries, tensors in (
        ("inputs", signature.inputs, graph.inputs), ("outputs", signature.outputs, graph.outputs),
    ):  # fmt: skip
        name_of = {one.tensorIndex: one.name.decode() for one in entries}
        order[side] = [name_of[index] for index in tensors]
    size_mb = model.stat().st_size / 1e6
    runtimes = _RUNTIMES.get(model.name, _NEW_RUNTIMES if _is_new(content) else _EVERY_RUNTIME)
    return {"file": model.name, "sha256": file_digest(model), "size_mb": size_mb, "runtimes": runtimes, **order}


def _is_new(content: schema.ModelT) -> bool:
    """Whether runtimes of 2023 refuse a file."""
    codes = content.operatorCodes
    return any(kind(code) == FULLY_CONNECTED and code.version >= PER_CHANNEL_VERSION for code in codes)


def _training_data(manifest: dict) -> dict:
    told = {key: manifest["dataset"].get(key) for key in ("name", "title", "url", "licence")}
    return {
        **told,
        "kind": manifest["dataset"]["source"]["kind"],
        "splits": {
            split: {key: number for key, number in one.items() if key.startswith("num_") and key != "num_frames"}
            for split, one in manifest["splits"].items()
        },
        "sha256": manifest.get("sha256"),
    }


def _network(size: dict, account: dict) -> dict:
    return {**size, "seed": account["seed"], "podium": account["podium"], "imported": account.get("imported")}
