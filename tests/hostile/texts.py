"""JSON and YAML files that are none, hold something else, or are made to exhaust their reader."""

import json

from hostile.cases import RUINED, Case, spoiled
from hostile.commands import SHARD

_DEEP = 100_000
_JSON = {
    **{name: RUINED[name] for name in ("empty", "zeros", "noise", "a web page", "cut in half")},
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "deep lists": "[" * _DEEP + "]" * _DEEP,
    "deep lists that never end": "[" * _DEEP,
    "deep objects": '{"a":' * _DEEP + "1" + "}" * _DEEP,
    "a number of 10,000 digits": '{"num_frames": ' + "9" * 10_000 + "}",
    "two values": "{} {}",
    "a comment": "// none\n{}",
    "a list": "[]",
    "null": "null",
    "a text": '"recipe"',
    "an infinite number": "1e999",
    "an empty object": "{}",
}
_MOST = ("empty", "noise", "cut in half", "deep lists", "a number of 10,000 digits", "a list", "null", "a text")
_READ = {  # by command: what it reads, and how much of the above it must refuse
    "pack arrays": {"arrays/train_landmarks/inference_args.json": list(_JSON), "data/sequences.json": _MOST},
    "index": {"data/sequences.json": _MOST, f"{SHARD}.json": _MOST},
    "evaluate file": {"export/inference_args.json": list(_JSON)},
    "evaluate network": {"network/recipe.json": list(_JSON)},
    "port": {"network/recipe.json": ("empty", "deep lists")},
    "predict npy": {"network/recipe.json": list(_JSON)},
    "predict file": {"export/inference_args.json": list(_JSON)},
    "info file": {"export/inference_args.json": _MOST, "export/model_card.json": _MOST},
    "info network": {"network/recipe.json": _MOST},
}


def json_cases() -> list[Case]:
    """What commands write for each other, and what lies beside a model."""
    cases = []
    for command, files in _READ.items():
        for file, names in files.items():
            name = file.rsplit("/", 1)[1]
            ways = {f"{name}: {kind}": _JSON[kind] for kind in names}
            cases += spoiled("json", command, file, ways, name)
    columns = {
        "columns are a number": {"selected_columns": 390},
        "columns are numbers": {"selected_columns": list(range(390))},
        "columns are lists": {"selected_columns": [[]] * 390},
        "columns are objects": {"selected_columns": {str(number): 0 for number in range(390)}},
        "columns with a lone surrogate": {"selected_columns": ["\udcff"] * 390},
    }
    ways = {name: json.dumps(value) for name, value in columns.items()}
    cases += spoiled("json", "pack arrays", "arrays/train_landmarks/inference_args.json", ways, "inference_args.json")
    cases += spoiled("json", "predict npy", "clips/inference_args.json", ways, "inference_args.json")
    for command in ("predict file", "evaluate file"):
        cases += spoiled("json", command, "export/inference_args.json", ways)
    return cases


def _laughs(levels: int, width: int) -> str:
    """A list of lists of lists …, each named once and repeated: width^levels items in a few lines."""
    lines = ["a0: &a0 [" + ", ".join(["0"] * width) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * width) + "]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def _merges(levels: int, width: int) -> str:
    lines = ["a0: &a0 {x: 0}"]
    lines += [f"a{n}: &a{n} {{<<: [" + ", ".join([f"*a{n - 1}"] * width) + "]}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


_TAGGED = {
    "a command to run": "!!python/object/apply:os.system ['touch marker']",
    "a new object": "!!python/object/new:os.system ['touch marker']",
    "a module": "!!python/module:antigravity",
    "a name": "!!python/name:os.system",
    "a day that is none": "2023-99-99",
    "an hour that is none": "2023-01-01 99:99:99",
    "a number that is none": "!!int 'left'",
    "a fraction that is none": "!!float 'left'",
    "a truth that is none": "!!bool 'perhaps'",
    "a time that is none": "!!timestamp 'once'",
    "bytes that are none": "!!binary 'é'",
    "10,000 digits": "9" * 10_000,
    "a set": "!!set {a, b}",
    "pairs": "!!omap [a: 1]",
    "pairs that are none": "!!pairs [1, 2]",
    "an unknown name": "*nobody",
    "itself": "&me [*me]",
    "a key that is a list": "{[1, 2]: 3}",
    "a key that is an object": "{{a: 1}: 3}",
}
_YAML = {
    "empty": "",
    "comments alone": "# nothing\n",
    "NUL bytes": bytes(100),
    "not UTF-8": RUINED["noise"],
    "UTF-16": lambda content: content.decode().encode("utf-16"),
    "a web page": RUINED["a web page"],
    "tabs": "name:\n\tvalue: 1\n",
    "two documents": lambda content: content + b"---\n" + content,
    "a list": "- a\n- b\n",
    "a text": "hello\n",
    "keys that are numbers": lambda content: content + b"1: 2\n",
    "a key that is nothing": lambda content: content + b"null: 2\n",
    "a key of 100,000 characters": lambda content: content + b"? " + b"k" * 100_000 + b"\n: 1\n",
    "a text of 100,000 characters": "x" * 100_000,
    "deep lists": "[" * 5000 + "]" * 5000,
    "deep lists that never end": "[" * 5000,
    "deep objects": "{a: " * 5000 + "1" + "}" * 5000,
    "deep blocks": "\n".join("  " * depth + "a:" for depth in range(1500)),
    "10^9 items in nine lines": _laughs(9, 10),
    "2^100 merges": _merges(100, 2),
    "a line of 2 MB": "[" + "0," * 1_000_000 + "]",
    "an unending alias of the whole": "&all\nname: *all\n",
}


def yaml_cases() -> list[Case]:
    """Datasets and recipes."""
    cases = spoiled("yaml", "list", "dataset.yaml", _YAML, "dataset.yaml")
    cases += spoiled("yaml", "import", "recipe.yaml", _YAML, "recipe.yaml")
    for name, value in _TAGGED.items():
        ways = {f"title is {name}": lambda content, value=value: content + f"title: {value}\n".encode()}
        cases += spoiled("yaml", "list", "dataset.yaml", ways, "dataset.yaml")
    titled = {"10^9 items in title": lambda content: _laughs(9, 10).encode() + content + b"title: *a8\n"}
    cases += spoiled("yaml", "list", "dataset.yaml", titled, "dataset.yaml")
    levels = [", ".join(["0" if level == 0 else f"*a{level - 1}"] * 10) for level in range(9)]
    bomb = "".join(f"\n  - {{name: x, a{level}: &a{level} [{items}]}}" for level, items in enumerate(levels)).encode()
    augmented = {"10^9 items in augment": lambda content: content.replace(b"augment: []", b"augment:" + bomb)}
    return cases + spoiled("yaml", "import", "recipe.yaml", augmented, "recipe.yaml")
