"""Round 2: full-fit networks from several seeds, each scored on signers that no stage has trained on.

Needs: results/{experiment}/oof/ and one GPU per seed where the recipe wants one, or more: --set-resources train_round2:gpu=4.
Makes: results/{experiment}/round2/seed{seed}/.
Cost: the long part of every experiment.
With `round2.weights` published checkpoints take the place of round 2, which then needs nothing but them.
"""

# What the file has built in beside the networks.
SETTINGS = [f"{key}={getattr(EXPERIMENT.export, key)}" for key in ("min_frames", "min_confidence")]


if WEIGHTS:

    def get_checkpoint(wildcards):
        return ancient(WEIGHTS[wildcards.seed])

    rule import_round2:
        input:
            checkpoint=get_checkpoint,
            recipe=ancient(RECIPE_FILES["round2"]),
        output:
            model=f"{RESULTS}/round2/seed{{seed}}/model.safetensors",
            recipe=f"{RESULTS}/round2/seed{{seed}}/recipe.json",
            reference=f"{RESULTS}/round2/seed{{seed}}/reference.npz",
            inference_args=f"{RESULTS}/round2/seed{{seed}}/inference_args.json",
        log:
            f"results/logs/{EXPERIMENT.name}/import_round2/seed{{seed}}.log",
        benchmark:
            f"results/benchmarks/{EXPERIMENT.name}/import_round2/seed{{seed}}.tsv"
        conda:
            "../../envs/train.yaml"
        wildcard_constraints:
            seed="|".join(WEIGHTS),
        params:
            fingerprint=STAGES.round2,
            choice=[] if EXPERIMENT.round2.weights_name is None else [f"--weights={EXPERIMENT.round2.weights_name}"],
        shell:
            "python -m podium import-checkpoint {input.checkpoint:q} --recipe {input.recipe:q} --seed {wildcards.seed}"
            " {params.choice:q} --out {output.model:q} 2>&1 | tee {log:q}"

else:

    use rule train_round1 as train_round2 with:
        input:
            index=f"{RESULTS}/oof/train_with_oof.parquet",
            folds=f"{DATA}/folds.parquet",
            recipe=ancient(RECIPE_FILES["round2"]),
            shards=[ancient(f"{shard}.npy") for shard in SHARDS],
        output:
            model=f"{RESULTS}/round2/seed{{seed}}/model.safetensors",
            recipe=f"{RESULTS}/round2/seed{{seed}}/recipe.json",
            history=f"{RESULTS}/round2/seed{{seed}}/history.csv",
            metrics=f"{RESULTS}/round2/seed{{seed}}/metrics.json",
            reference=f"{RESULTS}/round2/seed{{seed}}/reference.npz",
        log:
            f"results/logs/{EXPERIMENT.name}/round2/seed{{seed}}.log",
        benchmark:
            f"results/benchmarks/{EXPERIMENT.name}/round2/seed{{seed}}.tsv"
        threads: THREADS["round2"]
        resources:
            gpu=GPUS["round2"],
            mem_mb=8000,
        params:
            fingerprint=STAGES.round2,
            data=DATA,
            out=subpath(output.model, parent=True),
            tensorboard=f"results/logs/tensorboard/{EXPERIMENT.name}/round2/seed{{seed}}",
            state=f"results/state/{EXPERIMENT.name}/round2/seed{{seed}}",
            part="--full-fit",
            seed="{seed}",


rule evaluate_seed:
    input:
        model=f"{RESULTS}/round2/seed{{seed}}/model.safetensors",
        recipe=f"{RESULTS}/round2/seed{{seed}}/recipe.json",
        sequences=f"{DATA}/sequences.parquet",
        landmarks=TEST_LANDMARKS,
    output:
        f"{RESULTS}/round2/seed{{seed}}/evaluation.json",
    log:
        f"results/logs/{EXPERIMENT.name}/evaluate_seed/seed{{seed}}.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/evaluate_seed/seed{{seed}}.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.seed_evaluation,
        settings=SETTINGS,
    shell:
        "python workflow/scripts/evaluate_seed.py --model {input.model:q} --recipe {input.recipe:q}"
        " --root {SOURCE.root:q} --sequences {input.sequences:q} --settings {params.settings:q}"
        " --out {output:q} 2>&1 | tee {log:q}"


rule round2:
    input:
        expand((rules.import_round2 if WEIGHTS else rules.train_round2).output, seed=SEEDS),
        expand(rules.evaluate_seed.output, seed=SEEDS) if TEST_LANDMARKS and not WEIGHTS else [],
