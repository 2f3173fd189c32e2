"""What a model file is: asked of the file itself, and of what lies beside it."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from safetensors import SafetensorError, safe_open

from podium.errors import UserError
from podium.recognise.card import NAME as CARD
from podium.recognise.card import card_problem, listed_files
from podium.recognise.operators import operator_names
from podium.recognise.recognizer import find_model
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import file_digest, read_json

_TYPES = {code: name.lower() for name, code in vars(schema.TensorType).items() if name.isupper()}
_NO_THRESHOLDS = ("system", "selected_columns", "frame_rate")  # of what stands beside a file
_TOLD_BY_CARD = ("name", "training_data", "networks", "score", "code", "licence")


def describe(path: Path, training_only: Callable[[str], tuple[str, ...]]) -> dict:
    """Everything that can be told of a model, for JSON.

    Args:
        path: A .tflite or .safetensors file, or the folder of one.
        training_only: A system → first parts of the names of tensors that a file never holds.

    Raises:
        UserError: It is absent, or no model.
    """
    path = find_model(path)
    if path.suffix not in (".tflite", ".safetensors"):
        raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
    found = {"file": str(path), "size_mb": path.stat().st_size / 1e6, "sha256": file_digest(path)}
    if path.suffix == ".tflite":
        return {**found, **_describe_tflite(path, found["sha256"])}
    return {**found, **_describe_weights(path, training_only)}


def lines(description: dict, indent: str = "") -> list[str]:
    """A description for people: one fact per line."""
    text = []
    for key, value in description.items():
        name = f"{indent}{key}"
        if isinstance(value, dict):
            text += [name, *lines(value, indent + "  ")]
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for number, one in enumerate(value):
                text += [f"{name} {number}", *lines(one, indent + "  ")]
        else:
            text.append(f"{name:<24} {_short(value)}")
    return text


def _short(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(_short, value)) if isinstance(value, list) else str(value)


def _describe_tflite(path: Path, digest: str) -> dict:
    content = path.read_bytes()
    try:
        interpreter = Interpreter(model_content=content)
        signatures = {name: _signature(interpreter, name) for name in interpreter.get_signature_list()}
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{path} is not a TFLite file ({error})") from None
    settings = _beside(path, SETTINGS_FILE)
    thresholds = {key: value for key, value in settings.items() if key not in _NO_THRESHOLDS}
    return {
        "kind": "TFLite",
        "signatures": signatures,
        "weights_mb": _weights_mb(content),
        "operators": operator_names(content),
        "thresholds": thresholds if settings else f"no {SETTINGS_FILE} beside the file",
        "card": _card(path, digest),
    }


def _signature(interpreter: Interpreter, name: str) -> dict:
    runner = interpreter.get_signature_runner(name)
    details = {"inputs": runner.get_input_details(), "outputs": runner.get_output_details()}
    return {
        kind: {key: f"{np.dtype(one['dtype']).name} {_shape(one)}" for key, one in of_kind.items()}
        for kind, of_kind in details.items()
    }


def _shape(detail: dict) -> str:
    return "×".join("any" if size < 0 else str(size) for size in detail["shape_signature"].tolist()) or "scalar"


def _weights_mb(content: bytes) -> dict[str, float]:
    """Size of the constants by type, each buffer once."""
    model = schema.Model.GetRootAs(content, 0)
    type_of = {}
    for graph in map(model.Subgraphs, range(model.SubgraphsLength())):
        for tensor in map(graph.Tensors, range(graph.TensorsLength())):
            type_of[tensor.Buffer()] = _TYPES[tensor.Type()]
    sizes = Counter()
    for buffer, kind in type_of.items():
        sizes[kind] += model.Buffers(buffer).DataLength()
    return {kind: size / 1e6 for kind, size in sizes.most_common() if size >= 1e4}


def _card(path: Path, digest: str) -> dict | str:
    listed = listed_files(path)
    if listed is None:
        return f"no {CARD} beside the file"
    if digest not in listed.values():
        return card_problem(path)
    card = _beside(path, CARD)
    told = [one["runtimes"] for one in card["files"] if one.get("sha256") == digest and "runtimes" in one]
    return {**({"runtimes": told[0]} if told else {}), **{key: card[key] for key in _TOLD_BY_CARD if key in card}}


def _describe_weights(path: Path, training_only: Callable[[str], tuple[str, ...]]) -> dict:
    try:
        with safe_open(path, "np") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is not a safetensors file ({error})") from None
    numbers = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    account = _beside(path, "recipe.json", "recipe")
    recipe = account.get("recipe") or {}
    unread = training_only(account["system"]) if "system" in account else ()
    return {
        "kind": "torch weights",
        "num_tensors": len(numbers),
        "num_values": sum(numbers.values()),
        "num_values_to_read": sum(size for name, size in numbers.items() if not name.startswith(unread)),
        **{key: account.get(key) for key in ("system", "seed", "fold", "podium")},
        **({"imported": account["imported"]} if "imported" in account else {}),
        "recipe": recipe or "no recipe.json beside the file",
    }


def _beside(path: Path, name: str, *keys: str) -> dict:
    """A JSON object beside a file, which must hold some keys; empty if there is none."""
    place = path.with_name(name)
    if not place.is_file():
        return {}
    content = read_json(place, *keys)
    if not isinstance(content, dict):
        raise UserError(f"{place} holds no JSON object; export the model again")
    return content
