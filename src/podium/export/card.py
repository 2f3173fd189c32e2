"""The model card: what stands beside a file so that it explains itself."""

import hashlib
from pathlib import Path

from podium import __version__
from podium.config import file_of
from podium.data.unseen import scored_on
from podium.export.flatbuffer import read_model
from podium.provenance import code_digest, commit
from podium.recognise.inference import SIGNATURE
from podium.storage.files import file_digest
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.text import CHARACTERS, DUMMY_PHRASE, LABEL_LENGTH, PAD

CODE_LICENCE = "Apache-2.0"
_CONFIDENCE = {
    "name": "confidence",
    "type": "float32",
    "shape": [],
    "meaning": "that the clip can be read at all, from 0 to 1; absent where no network has a head for it",
}
_SCORES = ("score", "score_damerau", "num_sequences", "num_characters", "formats")


def model_card(
    name: str,
    models: list[Path],
    settings: dict,
    parity: dict,
    recipes: list[dict],
    manifest: dict | None,
    evaluation: dict | None,
) -> dict:
    """Everything that somebody who holds the files should know, for JSON.

    Args:
        name: The experiment.
        models: The files that the card is about.
        settings: ``inference_args.json`` of the export.
        parity: ``parity.json``.
        recipes: ``recipe.json`` of each network in the file.
        manifest: ``manifest.json`` of the dataset that the networks were trained on; None where weights were imported.
        evaluation: ``evaluation.json``; None where nothing was scored.
    """
    dataset = manifest["dataset"] if manifest else {}
    test = scored_on(manifest["test_signers"]) if manifest else ""
    max_frames = recipes[0]["recipe"]["data"]["max_frames"]
    return {
        "name": name,
        "task": "American Sign Language fingerspelling: landmarks of a signing person in, text out",
        "files": [file_entry(model) for model in models],
        "input": {
            "signature": SIGNATURE,
            "name": "inputs",
            "type": "float32",
            "shape": ["frames", len(COLUMNS)],
            "meaning": "raw landmarks of MediaPipe Holistic, NaN where one is missing; any number of frames, of which"
            " max_frames at most are read, spread evenly",
            "max_frames": max_frames,
            "frame_rate": settings.get("frame_rate"),
            "columns": _columns(settings),
        },
        "output": {
            "name": "outputs",
            "type": "float32",
            "shape": ["characters", len(CHARACTERS)],
            "meaning": "logits of each character; the text is the argmax of each row",
            "alphabet": CHARACTERS,
            "confidence": _CONFIDENCE,
        },
        "web": _web(max_frames) if "web" in parity["readers"] else None,
        "thresholds": {
            "min_frames": settings["min_frames"],
            "min_confidence": settings["min_confidence"],
            "text_below": DUMMY_PHRASE,
        },
        "training_data": _training_data(manifest) if manifest else None,
        "networks": [_network(recipe) for recipe in recipes],
        "score": {key: evaluation[key] for key in _SCORES if key in evaluation} if evaluation else None,
        "score_meaning": f"1 - edits / characters of the dataset {dataset['name']}, {test}"
        if evaluation and evaluation.get("score") is not None
        else "not scored",
        "equal_to_torch": {
            "formats": [reader for reader in parity["readers"] if reader not in ("tensorflow", "int8")],
            "num_clips": parity["readers"]["tensorflow"]["num_clips"],
        },
        "code": {"podium": __version__, "commit": commit(), "digest": code_digest("")},
        "licence": {"code": CODE_LICENCE, "training_data": dataset.get("licence"), "weights": _licence(manifest)},
    }


def file_entry(model: Path) -> dict:
    """A file with the names of what it takes and returns, in the order in which runtimes number these."""
    content = read_model(model.read_bytes())
    (signature,) = [one for one in content.signatureDefs if one.signatureKey.decode() == SIGNATURE]
    graph = content.subgraphs[signature.subgraphIndex]
    order = {}
    for kind, entries, tensors in (
        ("inputs", signature.inputs, graph.inputs), ("outputs", signature.outputs, graph.outputs),
    ):  # fmt: skip
        name_of = {one.tensorIndex: one.name.decode() for one in entries}
        order[kind] = [name_of[index] for index in tensors]
    return {"file": model.name, "sha256": file_digest(model), "size_mb": model.stat().st_size / 1e6, **order}


def _columns(settings: dict) -> dict:
    """Where the columns stand, and the sha256 of their names, one per line, to check that they are these."""
    names = settings["selected_columns"]
    text = "".join(f"{name}\n" for name in names)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"file": "inference_args.json", "key": "selected_columns", "number": len(names), "sha256": digest}


def _web(max_frames: int) -> dict:
    """How the file with fixed shapes differs."""
    return {
        "file": file_of("web"),
        "inputs": {
            "inputs": {"type": "float32", "shape": [2 * max_frames, len(COLUMNS)], "meaning": "a clip, then anything"},
            "num_frames": {"type": "int32", "shape": [1], "meaning": "frames of the clip"},
        },
        "outputs": {
            "ids": {"type": "int32", "shape": [LABEL_LENGTH], "meaning": f"places in the alphabet, then {PAD}"},
            "logits": {"type": "float32", "shape": [LABEL_LENGTH, len(CHARACTERS)], "meaning": "of the text, then 0"},
            "confidence": {**_CONFIDENCE, "shape": [1]},
        },
    }


def _training_data(manifest: dict) -> dict:
    told = {key: manifest["dataset"].get(key) for key in ("name", "title", "url", "licence")}
    counts = ("num_sequences", "num_participants", "num_phrases")
    return {
        **told,
        "kind": manifest["dataset"]["source"]["kind"],
        "splits": {split: {key: one[key] for key in counts} for split, one in manifest["splits"].items()},
        "sha256": manifest.get("sha256"),
    }


def _network(account: dict) -> dict:
    model = account["recipe"]["model"]
    size = {key: model[key] for key in ("name", "dim", "num_blocks")}
    return {**size, "seed": account["seed"], "podium": account["podium"], "imported": account.get("imported")}


def _licence(manifest: dict | None) -> str:
    if manifest is None:
        return "that of the imported checkpoints, which their authors state"
    if manifest["dataset"]["source"]["kind"] == "synthetic":
        return CODE_LICENCE
    return "yours to state; the terms of the training data bind it"
