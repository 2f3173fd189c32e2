"""What came out, for people, in words and in pictures; and what the experiment was made of and how it went.

Needs: every stage that the file needs; without a file, those that are compared.
Makes: results/{experiment}/report/; after a failure manifest.failed.json, which says how far it came.
Cost: seconds.
"""
import json

from podium.plan.keep import read_kept

REPORTED = PLAN.needed if EXPERIMENT.export else [PLAN.stages[name] for name in EXPERIMENT.comparison or PLAN.stages]
RUNS = {f"{stage.folder}/{run.name}": PLAN.place(stage, run) for stage in REPORTED for run in stage.runs}
NEEDED_LABELS = PLAN.needed_labels


def get_summary_account():
    return {
        "runs": list(RUNS),
        "members": [f"{stage.folder}/{run.name}" for stage, run in PLAN.members.values()],
        "labels": {how: [one.name for one in PLAN.teachers(stage)] for how, stage in NEEDED_LABELS.items()},
        "scores": PLAN.system.SCORES,
        "recipes": f"config/recipes/{SYSTEM}",
    }


# Jobs by their names in logs and benchmarks, each with a file that it makes.
if EXPERIMENT.export:

    rule summarize:
        input:
            [f"{RESULTS}/{how}/metrics.json" for how in NEEDED_LABELS],
            [f"{place}/{name}" for place in RUNS.values() for name in ("history.csv", "metrics.json")],
            get_member_files("evaluation.json") if TEST_FILES else [],
            manifest=f"{DATA}/manifest.json",
            export=rules.export.input,
        output:
            tables=f"{RESULTS}/report/results.md",
            summary=report(f"{RESULTS}/report/summary.md", category="Summary", caption="../report/summary.rst"),
            progress=report(f"{RESULTS}/report/progress.png", category="Training", caption="../report/progress.rst"),
        localrule: True
        log:
            f"{LOGS}/summarize.log",
        benchmark:
            f"{BENCHMARKS}/summarize.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.summary,
            data=DATA,
            results=RESULTS,
            account=json.dumps(get_summary_account()),
        shell:
            "python workflow/scripts/summarize.py --data {params.data:q} --results {params.results:q}"
            " --account {params.account:q} 2>&1 | tee {log:q}"

    JOBS = {("" if HAS_DATA else "import_") + name: f"{place}/model.safetensors" for name, place in RUNS.items()}
    JOBS |= {LABEL_RULES[how]: PLAN.table_of(stage) for how, stage in NEEDED_LABELS.items()}
    JOBS |= {f"port_seed/{member}": f"{port}/weights.safetensors" for member, port in zip(PLAN.members, PORTS)}
    LAST = ["export_tflite", "answer_in_torch", "verify_parity", "benchmark_tflite", "write_model_card"]
    LAST += ["evaluate_tflite", "summarize"] if HAS_DATA else []
    JOBS |= {name: getattr(rules, name).output[0] for name in LAST}
else:
    JOBS = {name: f"{place}/model.safetensors" for name, place in RUNS.items()}
    JOBS |= {"compare_recipes": rules.compare_recipes.output.table} if EXPERIMENT.comparison else {}


def get_account():
    kept = read_kept(DATA) | read_kept(RESULTS)
    return {
        "experiment": EXPERIMENT.model_dump(mode="json"),
        "recipes": {name: stage.recipe.model_dump(mode="json") for name, stage in PLAN.stages.items()},
        "dataset": DATASET.model_dump(mode="json"),
        "fingerprints": FINGERPRINTS.by_name(),
        "kept": {stage: entry["changes"] for stage, entry in kept.items()},
        "jobs": JOBS,
        "data_jobs": [f"pack_shard/{'_'.join(shard.split('/')[-2:])}" for shard in SHARDS],
        "labels": list(NEEDED_LABELS),
    }


def get_account_as_json(wildcards):
    return json.dumps(get_account())


rule write_manifest:
    input:
        list(JOBS.values()),
    output:
        report(f"{RESULTS}/report/manifest.json", category="Manifest", caption="../report/manifest.rst"),
    localrule: True
    log:
        f"{LOGS}/write_manifest.log",
    benchmark:
        f"{BENCHMARKS}/write_manifest.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=FINGERPRINTS.manifest,
        results=RESULTS,
        account=get_account_as_json,
    shell:
        "python workflow/scripts/write_manifest.py --results {params.results:q} --account {params.account:q}"
        " 2>&1 | tee {log:q}"


rule write_report:
    input:
        rules.write_manifest.output,
    output:
        report(f"{RESULTS}/report/report.html", category="Report", caption="../report/report.rst"),
    localrule: True
    log:
        f"{LOGS}/write_report.log",
    benchmark:
        f"{BENCHMARKS}/write_report.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=FINGERPRINTS.report,
    shell:
        "python workflow/scripts/write_report.py --manifest {input:q} --out {output:q} 2>&1 | tee {log:q}"
