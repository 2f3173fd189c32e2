"""An experiment, opened: its plan, its source of data and its fingerprints. For the Snakefile and for commands."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from podium.config import Experiment, read_yaml
from podium.data import sources
from podium.plan.fingerprints import Fingerprints
from podium.plan.keep import accepted
from podium.plan.origins import check_dataset_name, note_on_experiment_name
from podium.plan.stages import Plan, parse_experiment
from podium.storage.source_code import remember


def open_plan(content: Any, files: Sequence[str | Path]) -> tuple[Plan, sources.Source, Fingerprints, str]:
    """Reads all that an experiment names.

    Args:
        content: The experiment: checked, or as Snakemake has put it together.
        files: The files that it is from.

    Returns:
        The plan, the source of its data, its fingerprints, and what is to be said of its name ("": nothing).

    Raises:
        UserError: Something is absent or wrong.
    """
    for file in files:  # Snakemake has read them, and takes the last of two like keys
        read_yaml(file)
    is_checked = isinstance(content, Experiment)
    plan = Plan(content if is_checked else parse_experiment(content, ", ".join(map(str, files)) or "the configuration"))
    check_dataset_name(plan.dataset, plan.dataset_file)
    source = sources.create(plan.dataset, plan.system.SOURCES)
    fingerprints = fingerprints_of(plan, source)
    with suppress(OSError):  # on a full disk or a read-only one the next plan takes half a second more
        remember()
    return plan, source, fingerprints, note_on_experiment_name(plan.experiment, files)


def fingerprints_of(plan: Plan, source: sources.Source) -> Fingerprints:
    """Of today's code and configuration, with what the user keeps."""
    return Fingerprints(plan, source.fingerprint(), source.is_generated, accepted((plan.data, plan.results)))
