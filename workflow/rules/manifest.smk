"""What the experiment was made of and how it went.

Needs: every stage.
Makes: results/{experiment}/report/manifest.json; after a failure manifest.failed.json, which says how far it came.
Cost: seconds.
"""
import json

# Jobs by their names in logs and benchmarks, each with a file that it makes.
if WEIGHTS:
    JOBS = {f"import_round2/seed{seed}": model for seed, model in zip(SEEDS, WEIGHT_FILES)}
else:
    JOBS = {f"round1/fold{fold}": f"{RESULTS}/round1/fold{fold}/model.safetensors" for fold in SCORED_FOLDS}
    JOBS["import_oof" if EXPERIMENT.oof_table else "merge_oof"] = f"{RESULTS}/oof/train_with_oof.parquet"
    JOBS |= {f"round2/seed{seed}": model for seed, model in zip(SEEDS, WEIGHT_FILES)}
JOBS |= {f"port_seed/seed{seed}": f"{port}/weights.safetensors" for seed, port in zip(SEEDS, PORTS)}
LAST = ["export_tflite", "answer_in_torch", "verify_parity", "benchmark_tflite", "write_model_card"]
LAST += [] if WEIGHTS else ["evaluate_tflite", "summarize"]
JOBS |= {name: getattr(rules, name).output[0] for name in LAST}


def get_account():
    return {
        "experiment": EXPERIMENT.model_dump(mode="json"),
        "recipes": {stage: recipe.model_dump(mode="json") for stage, recipe in RECIPES.items()},
        "dataset": DATASET.model_dump(mode="json"),
        "fingerprints": STAGES.fingerprints(),
        "jobs": JOBS,
        "data_jobs": [f"pack_shard/{'_'.join(shard.split('/')[-2:])}" for shard in SHARDS],
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
        f"results/logs/{EXPERIMENT.name}/write_manifest.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/write_manifest.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.manifest,
        results=RESULTS,
        account=get_account_as_json,
    shell:
        "python workflow/scripts/write_manifest.py --results {params.results:q} --account {params.account:q}"
        " 2>&1 | tee {log:q}"
