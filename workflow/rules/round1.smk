"""Round 1: one network per fold, each predicting the signers it has not seen; then their predictions in one table.

Needs: results/data/{dataset}/ and one GPU per fold where the recipe wants one, or more: --set-resources train_round1:gpu=4.
Makes: results/{experiment}/round1/fold{fold}/, results/{experiment}/oof/.
With `oof_table` a published table takes the place of round 1, which then runs only when asked for by name.
Cost: folds run side by side where there are GPUs for them (--resources gpu=N).
"""


rule train_round1:
    input:
        index=f"{DATA}/index.parquet",
        folds=f"{DATA}/folds.parquet",
        recipe=ancient(RECIPE_FILES["round1"]),
        shards=[ancient(f"{shard}.npy") for shard in SHARDS],
    output:
        model=f"{RESULTS}/round1/fold{{fold}}/model.safetensors",
        recipe=f"{RESULTS}/round1/fold{{fold}}/recipe.json",
        history=f"{RESULTS}/round1/fold{{fold}}/history.csv",
        metrics=f"{RESULTS}/round1/fold{{fold}}/metrics.json",
        predictions=f"{RESULTS}/round1/fold{{fold}}/oof.parquet",
    log:
        f"results/logs/{EXPERIMENT.name}/round1/fold{{fold}}.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/round1/fold{{fold}}.tsv"
    threads: THREADS["round1"]
    resources:
        gpu=GPUS["round1"],
        mem_mb=8000,
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.round1,
        data=DATA,
        out=subpath(output.model, parent=True),
        tensorboard=f"results/logs/tensorboard/{EXPERIMENT.name}/round1/fold{{fold}}",
        state=f"results/state/{EXPERIMENT.name}/round1/fold{{fold}}",
        part="--fold {fold}",
        seed=EXPERIMENT.round1.seed,
    shell:
        "python workflow/scripts/train.py --system {SYSTEM} --recipe {input.recipe:q} --data {params.data:q} --table {input.index:q}"
        " {params.part} --seed {params.seed} --out {params.out:q} --tensorboard {params.tensorboard:q}"
        " --state {params.state:q} --fingerprint {params.fingerprint} --gpus {resources.gpu}"
        " 2>&1 | tee {log:q}"


if EXPERIMENT.oof_table:

    rule import_oof:
        input:
            index=f"{DATA}/index.parquet",
            folds=f"{DATA}/folds.parquet",
            table=ancient(EXPERIMENT.oof_table),
        output:
            table=f"{RESULTS}/oof/train_with_oof.parquet",
            metrics=f"{RESULTS}/oof/metrics.json",
        log:
            f"results/logs/{EXPERIMENT.name}/import_oof.log",
        benchmark:
            f"results/benchmarks/{EXPERIMENT.name}/import_oof.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=STAGES.oof,
        shell:
            "python workflow/scripts/import_oof.py --system {SYSTEM} --index {input.index:q} --folds {input.folds:q}"
            " --table {input.table:q} --out {output.table:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"

else:

    rule merge_oof:
        input:
            index=f"{DATA}/index.parquet",
            folds=f"{DATA}/folds.parquet",
            predictions=expand(f"{RESULTS}/round1/fold{{fold}}/oof.parquet", fold=FOLDS),
        output:
            table=f"{RESULTS}/oof/train_with_oof.parquet",
            metrics=f"{RESULTS}/oof/metrics.json",
        log:
            f"results/logs/{EXPERIMENT.name}/merge_oof.log",
        benchmark:
            f"results/benchmarks/{EXPERIMENT.name}/merge_oof.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=STAGES.oof,
        shell:
            "python workflow/scripts/merge_oof.py --system {SYSTEM} --index {input.index:q} --folds {input.folds:q}"
            " --oof {input.predictions:q} --out {output.table:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"


rule round1:
    input:
        expand(rules.train_round1.output, fold=FOLDS),


rule oof:
    input:
        (rules.import_oof if EXPERIMENT.oof_table else rules.merge_oof).output,
