"""What a run of the workflow tells the person who waits for it."""

from typing import TYPE_CHECKING

from podium.console.console import END, Console
from podium.console.progress import Job, recorded_seconds
from podium.console.words import name_of

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

__all__ = ["END", "Console", "Job", "attach", "name_of", "recorded_seconds"]


def attach(workflow: "Workflow", results: str) -> Console | None:
    """Gives Snakemake's logger plugin ``podium`` a console.

    Args:
        workflow: Snakemake's.
        results: The experiment's folder.

    Returns:
        The console; None if Snakemake shows its own text: in a plan, in a job's own process, or if the plugin is off.
    """
    manager = workflow.logger_manager
    for handler in manager.get_log_handlers():
        if getattr(handler, "is_on", False):
            handler.console = Console(results, manager.get_logfile)
            return handler.console
    return None
