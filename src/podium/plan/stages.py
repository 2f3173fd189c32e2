"""What the Snakefile asks about an experiment: which file a name means, and the fingerprint of each stage."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from podium.config import Dataset, Experiment, Recipe
from podium.errors import UserError
from podium.provenance import digest, flat, plain
from podium.registry import nearest
from podium.storage.digests import digests_of
from podium.storage.source_code import PACKAGE, reached, registered
from podium.systems import part

SCRIPTS = PACKAGE.parents[1] / "workflow/scripts"
WINNERS_WEIGHTS = PACKAGE / "systems/fingerspelling/winners_weights/__init__.py"


def named_yaml(folder: str, name: str) -> str:
    """The file that a name in a config means: a path when it ends in .yaml, else ``folder/name.yaml``."""
    return name if name.endswith((".yaml", ".yml")) else Path(folder, f"{name}.yaml").as_posix()


def check_model(recipe: Recipe) -> None:
    """Raises `UserError` if a recipe names no network. Reads their source: planning shall not wait for torch."""
    known = registered("systems/fingerspelling/networks")
    if recipe.model.name not in known:
        raise UserError(f"unknown model '{recipe.model.name}': {nearest(recipe.model.name, known)}")


def check_comparison(experiment: Experiment, dataset: Dataset) -> None:
    """Raises `UserError` where the signers that a comparison reads are no fold of the dataset."""
    num_folds = dataset.folds.num_folds
    if experiment.comparison and experiment.comparison.fold >= num_folds:
        raise UserError(f"comparison.fold is {experiment.comparison.fold}; folds go from 0 to {num_folds - 1}")


class Stages:
    """Fingerprints of the stages: what a stage's outcome depends on, without the stages' outputs themselves.

    Each covers the stage's own configuration, the code that its script reaches (`source_code`), and the stage
    before it, so that an interrupted run never leaves a later stage standing on an outdated earlier one.

    Args:
        recipes: By stage: "round1", "round2", and whatever the experiment compares.
        source_fingerprint: The source's word for the state of its raw data.

    Attributes:
        parts: Of each fingerprint, what it was made of: a name → a value, or a digest of code.

    Raises:
        UserError: The experiment's ``oof_table`` or one of its ``round2.weights`` cannot be read.
    """

    def __init__(
        self, experiment: Experiment, dataset: Dataset, recipes: dict[str, Recipe], source_fingerprint: str
    ) -> None:
        self.parts: dict[str, dict[str, Any]] = {}
        export = experiment.export
        thresholds = {"min_frames": export.min_frames, "min_confidence": export.min_confidence}
        kind = [dataset.source.kind]
        system = experiment.system
        # What scripts are handed by `podium.systems.part`; a small system has both in its modules themselves.
        sources = _first_of(f"systems/{system}/sources/__init__", f"systems/{system}/plan")
        raw_files = _first_of(f"systems/{system}/raw", f"systems/{system}/samples")
        self.corpus = self._made_of({"source": dataset.source}, f"generate_corpus {sources}", kind)
        is_made = part(system, "plan").SOURCES[dataset.source.kind].is_generated
        raw = {"corpus": self.corpus} if is_made else {"raw files": source_fingerprint}
        self.shards = self._made_of(
            {**raw, "shards": dataset.shards}, f"list_sequences pack_shard {sources} {raw_files}", kind
        )
        table = dataset.folds.table
        folds = digests_of([table])[table] if table and Path(table).is_file() else None
        self.index = self._made_of(
            {"stage shards": self.shards, "folds": dataset.folds, "folds.table": folds}, f"index_data {sources}", kind
        )
        made_by = {name: recipe.named() for name, recipe in recipes.items()}
        outcomes = {name: {"recipe": recipe.outcome()} for name, recipe in recipes.items()}
        on_data = {"stage index": self.index}
        round1 = {**on_data, **outcomes["round1"], "seed": experiment.round1.seed}
        self.round1 = self._made_of(round1, "train", made_by["round1"])
        fold = {"fold": experiment.comparison.fold if experiment.comparison else None}
        self.compared = {
            name: self._made_of({**on_data, **outcomes[name], **fold}, "train", made_by[name])
            for name in recipes
            if name not in ("round1", "round2")
        }
        self.comparison = self._made_of({"trainings": self.compared}, "compare_recipes")
        if experiment.oof_table:  # round 1 does not run
            hint = "oof_table, or leave it out to train round 1"
            scores = {**on_data, "oof_table": _digest_of(experiment.oof_table, hint)}
            self.oof = self._made_of(scores, "import_oof")
        else:
            self.oof = self._made_of({"stage round1": self.round1}, "merge_oof")
        reading = made_by["round2"]
        self.round2 = self._made_of({"stage oof": self.oof, **outcomes["round2"]}, "train", reading)
        if experiment.round2.weights:  # round 2 does not train, and needs neither round 1 nor data
            hint = "round2.weights, or leave it out to train"
            weights = [_digest_of(path, hint) for path in experiment.round2.weights]
            imported = {"weights": weights, "weights_name": experiment.round2.weights_name, **outcomes["round2"]}
            self.round2 = self._made_of(imported, WINNERS_WEIGHTS, reading)
        networks = {"stage round2": self.round2}
        self.seed_evaluation = self._made_of({**networks, **raw, **thresholds}, "evaluate_seed", reading)
        self.port = self._made_of(networks, "port_seed", reading)
        file = {"stage port": self.port, "seeds": experiment.round2.seeds, "frame_rate": dataset.frame_rate}
        self.export = self._made_of({**file, **thresholds}, "export_tflite", reading)
        clips = {"num_parity_clips": export.num_parity_clips}
        self.answers = self._made_of({**networks, **thresholds, **clips}, "answer_in_torch", reading)
        exported = {"stage export": self.export}
        self.parity = self._made_of({**exported, "stage answers": self.answers}, "verify_parity", reading)
        self.evaluation = self._made_of({**exported, **raw}, "evaluate_tflite")
        proofs = {"stage parity": self.parity, "stage evaluation": self.evaluation}
        self.card = self._made_of({**proofs, **dataset.description()}, "write_model_card")
        timing = {"benchmark_frames": export.benchmark_frames, "num_benchmark_runs": export.num_benchmark_runs}
        self.benchmark = self._made_of({**exported, **timing}, "benchmark_tflite")
        told = {**proofs, "stage seed_evaluation": self.seed_evaluation, "stage benchmark": self.benchmark}
        self.summary = self._made_of(told, "summarize")
        self.manifest = self._made_of({"stage summary": self.summary, "stage card": self.card}, "write_manifest")

    def fingerprints(self) -> dict[str, Any]:
        """All of them by stage."""
        return {name: value for name, value in vars(self).items() if name != "parts"}

    def _made_of(self, values: dict[str, Any], scripts: str | Path, names: Collection[str] = ()) -> str:
        """A fingerprint.

        Args:
            values: What counts beside code, by name.
            scripts: The scripts that the stage runs, by name, and modules of systems, by place; or a module.
            names: What the configuration names in registries.
        """
        entries = [scripts] if isinstance(scripts, Path) else [_file_of(name) for name in scripts.split()]
        code = {place: one for entry in entries for place, one in reached(entry, names).items()}
        parts = {**flat(plain(values)), **{f"{place}.py": one for place, one in code.items()}}
        fingerprint = digest(parts)
        self.parts[fingerprint] = parts
        return fingerprint


def _first_of(*places: str) -> str:
    return next(place for place in places if _file_of(place).is_file())


def _file_of(name: str) -> Path:
    return (PACKAGE if "/" in name else SCRIPTS) / f"{name}.py"


def _digest_of(path: str, key: str) -> str:
    try:
        return digests_of([path])[path]
    except UserError:
        raise UserError(f"{path} cannot be read; correct {key}") from None
