"""What happens before and after a run, see podium.plan.snakemake_run."""
from contextlib import suppress

from podium.plan.snakemake_run import SnakemakeRun
from podium.report.manifest import write_manifest

RUN = SnakemakeRun(workflow, PLAN, FINGERPRINTS, FILE_IDS, keeps_shards=SOURCE.discards_raw, console=CONSOLE)


onstart:
    RUN.start()


onsuccess:
    RUN.succeed()


onerror:
    RUN.forget_known_results()
    with suppress(OSError):  # the disk may be what has failed
        write_manifest(Path(PLAN.results), **get_account(), has_failed=True)
