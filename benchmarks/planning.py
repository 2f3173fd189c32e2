"""Time and memory of planning: `snakemake -n` of the demo, of the winner's experiment, and of ten times its files.

The plan is the one of a fresh checkout: nothing has been made, no stage is known to be up to date.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MEASURE = """
import json, resource, subprocess, sys, time
begin = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": done.returncode, "out": done.stdout, "err": done.stderr[-2000:], "seconds": seconds,
                  "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
"""


def grown(folder: Path, factor: int) -> Path:
    """The winner's experiment with that many times the landmark files."""
    dataset = yaml.safe_load((ROOT / "config/datasets/kaggle.yaml").read_text(encoding="utf-8"))
    for split in dataset["source"]["splits"].values():
        split["file_ids"] = [one * factor + copy for one in split["file_ids"] for copy in range(factor)]
    (folder / "dataset.yaml").write_text(yaml.safe_dump(dataset), encoding="utf-8")
    experiment = yaml.safe_load((ROOT / "config/winner.yaml").read_text(encoding="utf-8"))
    experiment["dataset"] = str(folder / "dataset.yaml")
    path = folder / "experiment.yaml"
    path.write_text(yaml.safe_dump(experiment), encoding="utf-8")
    return path


def plan(experiment: Path, checkout: Path) -> dict:
    """One plan in a process of its own."""
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", str(experiment)]
    environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    measured = [sys.executable, "-c", MEASURE, *command]
    done = subprocess.run(measured, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found["code"]:
        raise SystemExit(f"{experiment}: {found['out'][-1000:]}{found['err']}")
    found["num_jobs"] = int(re.search(r"^total +(\d+)", found["out"], re.MULTILINE)[1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="plans of each kind, of which the median counts (5)")
    parser.add_argument("--factors", type=int, nargs="*", default=[10], help="how many times the winner's files (10)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        # A checkout of its own: what lies under results/ here would change the plan.
        checkout = Path(name, "podium")
        checkout.mkdir()
        for part in ("Snakefile", "workflow", "config", "src", "profiles", "envs"):
            (checkout / part).symlink_to(ROOT / part)
        kinds = {"demo": ROOT / "config/config.yaml", "winner": ROOT / "config/winner.yaml"}
        for factor in arguments.factors:
            folder = Path(name, f"times{factor}")
            folder.mkdir()
            kinds[f"winner, {factor}× the files"] = grown(folder, factor)
        print("| experiment | jobs | s | CPU s | s, each run | peak MB |\n|---|---:|---:|---:|---|---:|")
        for kind, experiment in kinds.items():
            runs = [plan(experiment, checkout) for _ in range(arguments.runs)]
            seconds = [run["seconds"] for run in runs]
            each = ", ".join(f"{one:.2f}" for one in sorted(seconds))
            cpu_s, peak_mb = (statistics.median(run[key] for run in runs) for key in ("cpu_seconds", "peak_mb"))
            times = f"{statistics.median(seconds):.2f} | {cpu_s:.2f} | {each}"
            print(f"| {kind} | {runs[0]['num_jobs']} | {times} | {peak_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
