"""The commands under test, on the files of `hostile.sound`; they would write to ``new/`` or ``data/``."""

from hostile.sound import FILE_ID

OF_SYSTEM = ("list_sequences", "download", "pack_shard", "index_data", "merge_labels", "train")


def _flat(name: str, *words: str, **options: object) -> list[str]:
    if name in OF_SYSTEM:
        options["system"] = "fingerspelling"
    pairs = [(f"--{key.replace('_', '-')}", str(value)) for key, value in options.items()]
    return [name, *words, *(part for pair in pairs for part in pair)]


def _pack(raw_file: str) -> list[str]:
    target = f"new/{FILE_ID}.npy"
    place = {"table": "data/sequences.parquet", "split": "train", "file_id": FILE_ID, "out": target}
    return _flat("pack_shard", raw_file=raw_file, **place)


def _predict(clip: str, model: str = "network") -> list[str]:
    return _flat("podium", "predict", clip, model=model, out="new/texts")


RAW = f"raw/train_landmarks/{FILE_ID}.parquet"
ARRAYS = f"arrays/train_landmarks/{FILE_ID}"
SHARD = f"data/shards/train/{FILE_ID}"
_FOLDS = {"index": "data/index.parquet", "folds": "data/folds.parquet"}
_MERGED = {"out": "new/merged.parquet", "metrics": "new/metrics.json"}
_HIDDEN = {"sequences": "hidden.parquet", "root": "raw"}

COMMANDS = {
    "list": _flat("list_sequences", dataset="dataset.yaml", out="new/sequences.parquet", skipped="new/sequences.json"),
    "download": _flat(
        "download", dataset="download.yaml", raw="fetched/raw", archives="fetched/archives", out="new/receipt.json"
    ),
    "pack": _pack(RAW),
    "pack arrays": _pack(ARRAYS),
    "index": _flat("index_data", dataset="dataset.yaml", data="data"),
    "merge": _flat("merge_labels", **_FOLDS, how="oof", predictions="oof.parquet", **_MERGED),
    "import scores": _flat("merge_labels", **_FOLDS, how="oof", given="oof.csv", **_MERGED),
    "train": _flat("train", recipe="recipe.yaml", data="data", table="data/index.parquet", fold=0, seed=0, out="new"),
    "try": _flat("podium", "try", "overfit", recipe="recipe.yaml", data="data", steps=1),
    "evaluate network": _flat(
        "evaluate_seed", model="network/model.safetensors", recipe="network/recipe.json", **_HIDDEN,
        settings="min_frames=15", out="new/evaluation.json",
    ),
    "evaluate file": _flat(
        "evaluate_tflite", formats="fp16", models="export/model.tflite", inference_args="export/inference_args.json",
        **_HIDDEN, out="new/evaluation.json", predictions="new/predictions.csv",
    ),
    "port": _flat("port_seed", model="network/model.safetensors", recipe="network/recipe.json", out="new/port"),
    "import": _flat(
        "podium", "import-checkpoint", "original.pth", recipe="recipe.yaml", out="new/model.safetensors"
    ),
    "import npz": _flat(
        "podium", "import-checkpoint", "original.npz", recipe="recipe.yaml", out="new/model.safetensors"
    ),
    "predict parquet": _predict("clips/clip.parquet"),
    "predict npy": _predict("clips/clip.npy"),
    "predict csv": _predict("clips/clip.csv"),
    "predict raw": _predict(RAW),
    "predict shard": _predict(f"{SHARD}.npy"),
    "predict file": _predict("clips/clip.npy", "export"),
    "info network": _flat("podium", "info", "network"),
    "info file": _flat("podium", "info", "export"),
    "inspect raw": _flat("podium", "data", "inspect", "raw"),
    "inspect data": _flat("podium", "data", "inspect", "data"),
    "inspect arrays": _flat("podium", "data", "inspect", "arrays"),
}  # fmt: skip
