"""The jobs of a run, as its console needs them."""

from typing import TYPE_CHECKING, Any

from podium.console import Job, name_of, recorded_seconds
from podium.plan.stages import Plan

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


def planned_jobs(workflow: "Workflow", plan: Plan) -> dict[int, Job]:
    """All jobs that a run will make, by Snakemake's numbers; those that only gather files are left out."""
    dag = workflow.dag
    epochs = {f"train_{stage.name}": stage.recipe.training.epochs for stage in plan.stages.values()}
    found = {}
    for job in dag.needrun_jobs():
        if not job.output:
            continue
        wildcards = dict(job.wildcards_dict)
        benchmark = str(job.benchmark) if job.benchmark else None
        found[dag.jobid(job)] = Job(
            rule=job.rule.name,
            name=name_of(job.rule.name, wildcards),
            log=str(job.log[0]) if job.log else None,
            benchmark=benchmark,
            lanes=_lanes(workflow, job),
            num_epochs=epochs.get(job.rule.name, 0),
            is_one_of_many="file_id" in wildcards,
            recorded=recorded_seconds(benchmark),
        )
    return found


def _lanes(workflow: "Workflow", job: Any) -> int:
    """How many jobs of this kind the cores and the GPUs, or on a cluster its number of jobs, leave room for."""
    limits = {name: limit.value for name, limit in workflow.global_resources.items()}
    if not (workflow.local_exec or job.is_local):
        return limits.get("_nodes") or 1
    lanes = (limits.get("_cores") or 1) // max(1, job.threads)
    num_gpus = job.resources.get("gpu", 0)
    if num_gpus and limits.get("gpu"):
        lanes = min(lanes, limits["gpu"] // num_gpus)
    return max(1, lanes)
