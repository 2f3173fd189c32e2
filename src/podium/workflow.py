"""What the Snakefile asks about an experiment: which file a name means, and the fingerprint of each stage."""

import re
from pathlib import Path

from podium.config import Dataset, Experiment, Recipe
from podium.digests import digests_of
from podium.errors import UserError
from podium.provenance import PACKAGE, code_digest, digest
from podium.registry import nearest

GROUND = ("files", "landmarks", "normalise", "text", "metrics")

READING = (
    "data/frames", "data/identity", "data/parquet", "data/recordings", "data/rows", "data/table_recordings",
    "plausibility", "tables",
)  # fmt: skip
PACKING = (*READING, "data/sources", "data/sequences", "data/pack", "data/arrays", "npy", "data/artefacts")
LOADING = ("data/augment", "data/clips", "npy", "data/dataset", "data/sampler")
EXPORTING = (
    "export/tflite", "export/web", "export/kaggle", "export/formats", "export/flatbuffer", "export/operators",
)  # fmt: skip


def named_yaml(folder: str, name: str) -> str:
    """The file that a name in a config means: a path when it ends in .yaml, else ``folder/name.yaml``."""
    return name if name.endswith((".yaml", ".yml")) else Path(folder, f"{name}.yaml").as_posix()


def check_model(recipe: Recipe) -> None:
    """Raises `UserError` where a recipe names no network. Reads their source: planning shall not wait for torch."""
    sources = (path.read_text(encoding="utf-8") for path in (PACKAGE / "models").glob("*.py"))
    known = [name for source in sources for name in re.findall(r'@MODELS\.register\("(\w+)"\)', source)]
    if recipe.model.name not in known:
        raise UserError(f"unknown model '{recipe.model.name}': {nearest(recipe.model.name, known)}")


def check_comparison(experiment: Experiment, dataset: Dataset) -> None:
    """Raises `UserError` where the signers that a comparison reads are no fold of the dataset."""
    num_folds = dataset.folds.num_folds
    if experiment.comparison and experiment.comparison.fold >= num_folds:
        raise UserError(f"comparison.fold is {experiment.comparison.fold}; folds go from 0 to {num_folds - 1}")


class Stages:
    """Fingerprints of the stages: what a stage's outcome depends on, without the stages' outputs themselves.

    Each covers the stage's own configuration, the source text of the rooms it runs, and the stage before it, so that
    an interrupted run never leaves a later stage standing on an outdated earlier one.

    Args:
        recipes: By stage: "round1", "round2", and whatever the experiment compares.
        source_fingerprint: The source's word for the state of its raw data.

    Raises:
        UserError: The experiment's ``oof_table`` or one of its ``round2.weights`` cannot be read.
    """

    def __init__(
        self, experiment: Experiment, dataset: Dataset, recipes: dict[str, Recipe], source_fingerprint: str
    ) -> None:
        export = experiment.export
        thresholds = [export.min_frames, export.min_confidence]
        self.corpus = digest(dataset.source, code_digest("signer", "landmarks", "text"))
        raw = self.corpus if dataset.source.kind == "synthetic" else source_fingerprint
        self.shards = digest(raw, dataset.shards, code_digest(*PACKING, *GROUND))
        table = dataset.folds.table
        folds = digests_of([table])[table] if table and Path(table).is_file() else None
        self.index = digest(self.shards, dataset.folds, folds, code_digest("data/index", "data/folds"))
        training = code_digest(*LOADING, "models", "training", *GROUND)
        recipes = {name: recipe.outcome() for name, recipe in recipes.items()}
        self.round1 = digest(self.index, recipes["round1"], experiment.round1.seed, training)
        compared = {name: recipe for name, recipe in recipes.items() if name not in ("round1", "round2")}
        fold = experiment.comparison.fold if experiment.comparison else None
        self.compared = {name: digest(self.index, recipe, fold, training) for name, recipe in compared.items()}
        self.comparison = digest(self.compared, code_digest("comparison"))
        scores = self.round1
        if experiment.oof_table:  # round 1 does not run
            hint = "oof_table, or leave it out to train round 1"
            scores = digest(self.index, _digest_of(experiment.oof_table, hint))
        self.oof = digest(scores, code_digest("oof", "tables", *GROUND))
        self.round2 = digest(self.oof, recipes["round2"], training)
        if experiment.round2.weights:  # round 2 does not train, and needs neither round 1 nor data
            hint = "round2.weights, or leave it out to train"
            weights = [_digest_of(path, hint) for path in experiment.round2.weights]
            imported = code_digest("importing", "models", "signer", *GROUND)
            self.round2 = digest(weights, experiment.round2.weights_name, recipes["round2"], imported)
        unseen = code_digest("inference", "export/evaluation", *READING, *GROUND)
        self.seed_evaluation = digest(self.round2, raw, thresholds, unseen)
        self.port = digest(self.round2, code_digest("port", "export/twins", "inference", *GROUND))
        self.export = digest(
            self.port,
            experiment.round2.seeds,
            thresholds,
            dataset.frame_rate,
            code_digest(*EXPORTING),
        )
        clips = code_digest("ensemble", "export/answers", "export/clips", "export/evaluation", *READING, *GROUND)
        self.answers = digest(self.round2, thresholds, export.num_parity_clips, clips)
        self.parity = digest(
            self.export,
            self.answers,
            code_digest("export/parity", "export/verification", "export/agreement", "inference"),
        )
        self.evaluation = digest(self.export, raw, unseen)
        described = dataset.description()
        self.card = digest(self.parity, self.evaluation, described, code_digest("export/card", "provenance", "unseen"))
        self.benchmark = digest(
            self.export, export.benchmark_frames, export.num_benchmark_runs, code_digest("export/benchmark")
        )
        told = code_digest("report", "unseen")
        self.summary = digest(self.seed_evaluation, self.parity, self.evaluation, self.benchmark, told)
        self.manifest = digest(self.summary, self.card, code_digest("manifest", "provenance"))


def _digest_of(path: str, key: str) -> str:
    try:
        return digests_of([path])[path]
    except UserError:
        raise UserError(f"{path} cannot be read; correct {key}") from None
