"""What the console calls a job, and how it says times."""

import re
from collections.abc import Mapping

OF_RULES = {
    "answer_in_torch": "answers of the trained networks",
    "benchmark_tflite": "speed of the file",
    "compare_recipes": "comparison",
    "discard_raw": "raw files removed",
    "download": "download",
    "evaluate_seed": "score of a network",
    "evaluate_tflite": "score of the file",
    "export_tflite": "the file",
    "generate_raw_file": "clips made",
    "index_data": "index and folds",
    "list_sequences": "list of clips",
    "pack_shard": "clips packed",
    "port_seed": "network in TensorFlow",
    "summarize": "summary",
    "verify_parity": "proof that file and networks agree",
    "write_corpus_tables": "tables of the corpus",
    "write_manifest": "manifest",
    "write_model_card": "model card",
    "write_report": "report of pictures",
}
OF_KINDS = {"train": "{}", "merge": "labels ({})", "import": "published {}", "evaluate": "score of {}"}


def name_of(rule: str, wildcards: Mapping[str, str]) -> str:
    """A job in words: "round 1, fold 3"."""
    kind, _, stage = rule.partition("_")
    if rule in OF_RULES:
        name = OF_RULES[rule]
    elif kind in OF_KINDS and stage:
        name = OF_KINDS[kind].format(spaced(stage))
    else:
        name = rule.replace("_", " ")
    parts = [f"{key} {wildcards[key]}" for key in ("fold", "seed") if key in wildcards]
    parts += [spaced(wildcards["member"])] if "member" in wildcards else []
    return ", ".join([name, *parts])


def spaced(name: str) -> str:
    """A name from a configuration as two words: "fold3" → "fold 3"."""
    return re.sub(r"(?<=[a-z])(?=\d+\b)", " ", name.replace("_", " "))


def duration(seconds: float) -> str:
    """A time that a person reads at a glance: "31 s", "12 min", "3 h 20 min", "2 days 4 h"."""
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if minutes < 100:
        return f"{minutes} min"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24} days {hours % 24} h"
