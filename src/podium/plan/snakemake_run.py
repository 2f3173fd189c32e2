"""What happens before and after a run of Snakemake. All that Podium knows of Snakemake's inside stands here and in
`podium.plan.records`; what Snakemake says of a run is read in `podium.console.console`. All three are written for
version 9.27.
"""

import atexit
import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podium.console import END, Console, Job, name_of, recorded_seconds
from podium.errors import run
from podium.plan.fingerprints import Fingerprints
from podium.plan.origins import note_origin
from podium.plan.reasons import note_parts
from podium.plan.records import remove_what_nothing_makes
from podium.plan.stages import Plan
from podium.runtime.finished_runs import forget
from podium.runtime.slurm import end_leftovers
from podium.runtime.usage import UsageMeter
from podium.storage.files import check_writable, remove_partials

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

SNAKEMAKE = "9.27"
NUM_NAMED = 10  # files in a line
TRAINING = "train_"  # how the names of rules that train begin
GOES_ON = "PODIUM_GOES_ON"
PATIENCE_S = 5


def spread_requests(workflow: "Workflow", plan: Plan) -> None:
    """Gives the rules of an experiment's stages what a profile requests for their kind.

    Which stages there are is known to the experiment alone, so a profile says ``train``, ``merge``, ``read`` or
    ``import`` for all ``train_STAGE``, ``merge_HOW``, ``read_HOW`` and ``import_…``. What it says for a rule by its
    full name comes on top. To be called before the first rule.
    """
    from snakemake.resources import Resources

    told = {rule: Resources.from_mapping(one) for rule, one in workflow.resource_settings.overwrite_resources.items()}
    for kind, names in _rules_by_kind(plan).items():
        for name in names if kind in told else ():
            requests = Resources(dict(told[kind]))
            requests.update(told.get(name, Resources()))
            told[name] = requests
    workflow.resource_settings.overwrite_resources = told


def _rules_by_kind(plan: Plan) -> dict[str, list[str]]:
    """Names of the rules that there is one of per stage, or per way of labels."""
    ways = [*plan.labelled]
    kinds = {"train": [*plan.stages], "merge": ways, "read": ways, "import": [*plan.stages, *ways]}
    return {kind: [f"{kind}_{one}" for one in of_kind] for kind, of_kind in kinds.items()}


def attach_console(workflow: "Workflow", results: str) -> Console | None:
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


class SnakemakeRun:
    """A run, from its start to its end.

    Args:
        workflow: Snakemake's, whose jobs are known once it starts.
        plan: The experiment.
        fingerprints: Of its stages.
        file_ids: The raw files that there are, by split.
        keeps_shards: Whether shards of an earlier configuration stay: making them anew would cost a download.
        console: Told of its jobs; None if Snakemake shows its own text.
    """

    def __init__(
        self,
        workflow: "Workflow",
        plan: Plan,
        fingerprints: Fingerprints,
        file_ids: dict[str, list[int]],
        keeps_shards: bool,
        console: Console | None = None,
    ) -> None:
        self._workflow = workflow
        self._plan = plan
        self._fingerprints = fingerprints
        self._file_ids = file_ids
        self._keeps_shards = keeps_shards
        self._console = console
        self._meter: UsageMeter | None = None

    def start(self) -> None:
        """Before the first job: ends what an earlier run has left, and notes what this one is made of."""
        run(lambda: check_writable("results"))
        self._spread_retries()
        self._end_earlier_run()
        run(self._remove_partials)
        run(self._note_origins)
        self._note_stages()
        run(self._remove_earlier_configurations)
        self.forget_known_results()
        self._meter = UsageMeter()
        if self._console:
            self._console.begin(self._jobs())

    def succeed(self) -> None:
        """After the last job: goes on if a killed run had begun something, or prints the summary."""
        self.forget_known_results()
        self._await_console()
        if not self._goes_on():
            self._print_summary()

    def forget_known_results(self) -> None:
        """Drops copies of results that Snakemake knows of now."""
        dag = self._workflow.dag
        for job in dag.jobs:
            if job.rule.name.startswith(TRAINING) and dag.noneedrun_finished(job):
                forget(Path(job.params.state))

    def _jobs(self) -> dict[int, Job]:
        """All that the run will make, by Snakemake's numbers; those that only gather files are left out."""
        dag = self._workflow.dag
        epochs = {f"{TRAINING}{stage.name}": stage.recipe.training.epochs for stage in self._plan.stages.values()}
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
                lanes=self._lanes(job),
                num_epochs=epochs.get(job.rule.name, 0),
                is_one_of_many="file_id" in wildcards,
                recorded=recorded_seconds(benchmark),
            )
        return found

    def _lanes(self, job: Any) -> int:
        """How many jobs of this kind the cores and the GPUs, or on a cluster its number of jobs, leave room for."""
        limits = {name: limit.value for name, limit in self._workflow.global_resources.items()}
        if not (self._workflow.local_exec or job.is_local):
            return limits.get("_nodes") or 1
        lanes = (limits.get("_cores") or 1) // max(1, job.threads)
        num_gpus = job.resources.get("gpu", 0)
        if num_gpus and limits.get("gpu"):
            lanes = min(lanes, limits["gpu"] // num_gpus)
        return max(1, lanes)

    def _await_console(self) -> None:
        """It writes in a thread of its own, and what follows shall stand below that."""
        from snakemake.logging import logger

        if self._console:
            is_done = threading.Event()
            logger.info("", extra={"event": END, "is_done": is_done})
            is_done.wait(PATIENCE_S)  # what a --quiet leaves out does not arrive there

    def _spread_retries(self) -> None:
        """As `spread_requests`, for a profile's ``preemptible-rules``, which are known once the run starts."""
        preemptible = self._workflow.remote_execution_settings.preemptible_rules
        rules = _rules_by_kind(self._plan)
        names = [name for kind in rules if kind in preemptible.rules for name in rules[kind]]
        preemptible.rules = frozenset([*preemptible.rules, *names])

    def _end_earlier_run(self) -> None:
        if self._workflow.executor_plugin.name != "slurm":
            return
        from snakemake_interface_executor_plugins.utils import encode_target_jobs_cli_args

        targets = [target for job in self._workflow.dag.needrun_jobs() for target in job.get_target_spec()]
        words = encode_target_jobs_cli_args(targets)
        run(lambda: end_leftovers(Path.cwd(), words, self._workflow.overwrite_configfiles))

    def _remove_partials(self) -> None:
        """Snakemake holds the lock on these files: nobody else writes them. A stage may write its folder as a whole."""
        files = self._outputs()
        remove_partials([*files, *map(os.path.dirname, files)])

    def _remove_earlier_configurations(self) -> None:
        plan = self._plan
        folders = [plan.results] if self._keeps_shards else [plan.results, f"{plan.data}/shards"]
        trainings = {f"{TRAINING}{stage.name}" for stage in plan.stages.values()}  # what cost hours stays
        removed = remove_what_nothing_makes(self._worked_in(folders), self._is_made_today, trainings)
        if removed:
            more = f" and {len(removed) - NUM_NAMED} more" if len(removed) > NUM_NAMED else ""
            names = ", ".join(removed[:NUM_NAMED])
            print(f"removed, since this configuration does not make it: {names}{more}", file=sys.stderr)

    def _is_made_today(self, file: str) -> bool:
        unused = {"evaluate_seed", "evaluate_tflite", "summarize"} if self._plan.is_imported else set()
        makers = [maker for maker in self._workflow.rules if maker.name not in unused and maker.is_producer(file)]
        return any(self._is_of_today(file, maker.get_wildcards(file)) for maker in makers)

    def _is_of_today(self, file: str, wildcards: dict[str, str]) -> bool:
        """Whether today's configuration has what a rule's wildcards name in a file that it would make."""
        plan = self._plan
        if "fold" in wildcards or "seed" in wildcards:
            return os.path.dirname(file) in {plan.place(one, run) for one in plan.stages.values() for run in one.runs}
        if "member" in wildcards:
            return wildcards["member"] in self._plan.members
        if "file_id" in wildcards:
            return int(wildcards["file_id"]) in self._file_ids.get(wildcards["split"], [])
        return True

    def _note_origins(self) -> None:
        plan = self._plan
        for folder, origin in ((plan.data, [plan.dataset_file]), (plan.results, self._workflow.configfiles)):
            if origin and self._is_worked_in(folder):
                note_origin(folder, origin)

    def _note_stages(self) -> None:
        with suppress(OSError):  # on a full disk plans lose their words, and nothing else
            for folder in self._worked_in((self._plan.data, self._plan.results)):
                note_parts(folder, self._fingerprints.parts, self._fingerprints.by_name())

    def _goes_on(self) -> bool:
        """Snakemake plans anew what a killed run had begun, and then overlooks all that takes such a file for ancient:
        a plan that ends before its targets. The same command, once the lock is given back, does the rest."""
        files = [file for job in self._workflow.dag.targetjobs for file in [*job.input, *job.output]]
        if GOES_ON in os.environ or all(os.path.exists(file) for file in files):
            return False
        print("What a killed run had begun is made; the rest follows.", flush=True)
        command = [sys.executable, "-m", "snakemake", *sys.argv[1:]]
        atexit.register(os.execve, sys.executable, command, {**os.environ, GOES_ON: "1"})
        return True

    def _print_summary(self) -> None:
        summary = Path(self._plan.results, "report", "summary.md")
        if self._meter:
            if summary.is_file() and summary.stat().st_mtime >= self._meter.started:  # not that of an earlier run
                print(summary.read_text(encoding="utf-8"))
            print(f"This run: {self._meter.stop()}.")

    def _outputs(self) -> list[Any]:
        return [file for job in self._workflow.dag.needrun_jobs() for file in job.output]

    def _worked_in(self, folders: Iterable[str]) -> list[str]:
        return [folder for folder in folders if self._is_worked_in(folder)]

    def _is_worked_in(self, folder: str) -> bool:
        return any(file.startswith(f"{folder}/") for file in self._outputs())
