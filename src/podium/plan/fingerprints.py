"""The fingerprints of an experiment's stages: what makes a stage run again."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from podium.config import TRAINING_USES
from podium.plan.stages import Plan, Stage, digests_given
from podium.provenance import digest, flat, plain
from podium.storage.digests import digests_of
from podium.storage.source_code import PACKAGE, defining, reached
from podium.systems.extras import has_part

SCRIPTS = PACKAGE.parents[1] / "workflow/scripts"
# What the scripts ask of a system's modules.
TRAINING = TRAINING_USES
LISTING = {"plan": ("SOURCES", "LABELS")}
INDEXING = {"plan": ("SOURCES", "INPUT_COLUMNS")}
PACKING = {**LISTING, "samples": ("open_raw", "prepare")}
LABELS = {"answers": ("relabel", "import_labels")}
READING = {"learner": ("make", "label")}
IMPORTING = {"learner": ("import_checkpoint",)}
TORCH = {"learner": ("make", "assemble"), "answers": ("read", "score", "predictions", "test_clips", "edge_clips")}
PORTING = {"twin": ("make",)}
EXPORTING = {"twin": ("make", "assemble"), "samples": ("validation", "TABLE_COLUMNS")}
PROVING = {"twin": ("make", "assemble"), "answers": ("agree", "read", "test_clips", "edge_clips")}
SCORING = {"answers": ("read", "score", "predictions", "test_clips")}
TIMING = {"answers": ("example",)}
TELLING = {"answers": ("card",)}
DRAWING = {"pictures": ("PART",), "metrics": ("METRICS",)}
Uses = dict[str, tuple[str, ...]]


class Fingerprints:
    """Of each stage: what its outcome depends on, without the stages' outputs themselves.

    Each covers the stage's own configuration, the code that its script reaches (`podium.storage.source_code`) also in
    the modules of the system, and the stage before it, so that an interrupted run never leaves a later stage standing
    on an outdated earlier one.

    Args:
        plan: The experiment.
        source_fingerprint: The source's word for the state of its raw data.
        is_generated: Whether the workflow itself makes the raw data.
        accepted: Fingerprints → those of earlier code or configuration that the user takes for equal, see
            `podium.plan.keep`.

    Attributes:
        parts: Of each fingerprint, what it was made of: a name → a value, or a digest of code.
        corpus, shards, index: Of the data.
        stages: By the name of a stage of the experiment.
        labels: By the way of labels.
        seed_evaluation, port, export, …: Of what follows.

    Raises:
        UserError: A table or checkpoint that is given in place of a stage cannot be read.
    """

    def __init__(
        self, plan: Plan, source_fingerprint: str, is_generated: bool, accepted: dict[str, str] | None = None
    ) -> None:
        self.parts: dict[str, dict[str, Any]] = {}
        self._accepted = accepted or {}
        self._system = PACKAGE / "systems" / plan.experiment.system
        dataset, export = plan.dataset, plan.experiment.export
        kind = [dataset.source.kind]
        self.corpus = self._made_of({"source": dataset.source}, "generate_corpus", LISTING, kind)
        raw = {"corpus": self.corpus} if is_generated else {"raw files": source_fingerprint}
        values = {**raw, "shards": dataset.shards}
        self.shards = self._made_of(values, "list_sequences pack_shard", PACKING, kind)
        table = dataset.folds.table
        folds = digests_of([table])[table] if table and Path(table).is_file() else None
        values = {"stage shards": self.shards, "folds": dataset.folds, "folds.table": folds}
        self.index = self._made_of(values, "index_data", INDEXING, kind)
        self.stages: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        for stage in plan.stages.values():
            if stage.section.labels:
                self.labels[stage.section.labels.how] = self._of_labels(plan, stage)
            self.stages[stage.name] = self._of_stage(plan, stage)
        compared = {name: self.stages[name] for name in plan.experiment.comparison or []}
        self.comparison = self._made_of({"trainings": compared}, "compare_recipes")
        told = self._of_export(plan, export, raw) if export else {"stage comparison": self.comparison}
        self.manifest = self._made_of(told, "write_manifest")
        drawing = {name: used for name, used in DRAWING.items() if has_part(plan.experiment.system, name)}
        self.report = self._made_of({"stage manifest": self.manifest}, "write_report", drawing)

    def _of_stage(self, plan: Plan, stage: Stage) -> str:
        section, made_by = stage.section, stage.recipe.named()
        outcome = {"recipe": stage.recipe.outcome()}
        if stage.checkpoints:  # needs neither earlier stages nor data
            weights = digests_given(section.given, f"stages.{stage.name}.given", "train")
            values = {"weights": weights, "weights_name": section.weights_name, **outcome}
            return self._made_of(values, "", IMPORTING, made_by)
        if section.labels:
            values = {f"stage {section.labels.how}": self.labels[section.labels.how]}
        else:
            values = {"stage index": self.index}
        if section.folds:
            values["seed"] = section.seed
        if section.fold is not None:
            values["fold"] = section.fold
        if stage.labels_supplemental:
            values["labels"] = "supplemental"
        return self._made_of({**values, **outcome}, "train", TRAINING, made_by)

    def _of_labels(self, plan: Plan, stage: Stage) -> str:
        teachers = plan.teachers(stage)
        how = stage.section.labels.how
        values: dict[str, Any] = {"how": how, **plan.label_options(how)}
        for teacher in teachers:
            if teacher.given_table:
                key = f"stages.{teacher.name}.given"
                (sha256,) = digests_given([teacher.given_table], key, f"train {teacher.name}")
                values |= {"stage index": self.index, f"{teacher.name}.given": sha256}
            else:
                values[f"stage {teacher.name}"] = self.stages[teacher.name]
        if plan.is_taught(stage):
            names = {name for teacher in teachers for name in teacher.recipe.named()}
            return self._made_of(values, "read_clips", READING, names)
        return self._made_of(values, "merge_labels", LABELS)

    def _of_export(self, plan: Plan, export: Any, raw: dict[str, str]) -> dict[str, str]:
        """All that leads to the file, and what is said of it; returns the last of it."""
        settings = export.settings.model_dump(mode="json")
        names = {name for member in export.members for name in plan.stages[member].recipe.named()}
        networks = {f"stage {member}": self.stages[member] for member in export.members}
        self.seed_evaluation = self._made_of({**networks, **raw, **settings}, "evaluate_seed", TORCH, names)
        self.port = self._made_of(networks, "port_seed", PORTING, names)
        file = {"stage port": self.port, "members": list(plan.members), "frame_rate": plan.dataset.frame_rate}
        self.export = self._made_of({**file, **settings}, "export_tflite", EXPORTING, names)
        clips = {"num_parity_clips": export.num_parity_clips}
        self.answers = self._made_of({**networks, **settings, **clips}, "answer_in_torch", TORCH, names)
        exported = {"stage export": self.export}
        self.parity = self._made_of({**exported, "stage answers": self.answers}, "verify_parity", PROVING, names)
        self.evaluation = self._made_of({**exported, **raw}, "evaluate_tflite", SCORING)
        proofs = {"stage parity": self.parity, "stage evaluation": self.evaluation}
        values = {**proofs, **plan.dataset.description()}
        self.card = self._made_of(values, "write_model_card", TELLING)
        timing = {"benchmark_frames": export.benchmark_frames, "num_benchmark_runs": export.num_benchmark_runs}
        self.benchmark = self._made_of({**exported, **timing}, "benchmark_tflite", TIMING)
        told = {**proofs, "stage seed_evaluation": self.seed_evaluation, "stage benchmark": self.benchmark}
        self.summary = self._made_of(told, "summarize")
        return {"stage summary": self.summary, "stage card": self.card}

    def by_name(self) -> dict[str, str]:
        """All of them: those of the experiment's stages and labels under their own names."""
        own = {name: value for name, value in vars(self).items() if isinstance(value, str)}
        return {**own, **self.stages, **self.labels}

    def _made_of(
        self, values: dict[str, Any], scripts: str, uses: Uses | None = None, names: Collection[str] = ()
    ) -> str:
        """A fingerprint.

        Args:
            values: What counts beside code, by name.
            scripts: The scripts that the stage runs, by name.
            uses: What they ask of the system's modules.
            names: What the configuration names in registries.
        """
        entries = [SCRIPTS / f"{name}.py" for name in scripts.split()]
        for module, wanted in (uses or {}).items():
            entries += defining(self._system / f"{module}.py", wanted)
        code = {place: one for entry in entries for place, one in reached(entry, names).items()}
        parts = {**flat(plain(values)), **{f"{place}.py": one for place, one in code.items()}}
        fingerprint = digest(parts)
        fingerprint = self._accepted.get(fingerprint, fingerprint)
        self.parts[fingerprint] = parts
        return fingerprint
