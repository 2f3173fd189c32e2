"""Recipes against each other: each trains from several seeds on the same clips and reads signers it has not seen.

Needs: results/data/{dataset}/ and one GPU per training where a recipe wants one.
Makes: results/{experiment}/comparison/.
Cost: number of recipes times number of seeds trainings, which run side by side where there is room.
"""

RUN = f"{RESULTS}/comparison/{{recipe}}/seed{{seed}}"
COMPARED_SEEDS = EXPERIMENT.comparison.seeds


def get_recipe_file(wildcards):
    return ancient(RECIPE_FILES[f"compare/{wildcards.recipe}"])


def get_threads(wildcards):
    return THREADS[f"compare/{wildcards.recipe}"]


def get_gpus(wildcards):
    return GPUS[f"compare/{wildcards.recipe}"]


def get_fingerprint(wildcards):
    return STAGES.compared[f"compare/{wildcards.recipe}"]


use rule train_round1 as train_compared with:
    input:
        index=f"{DATA}/index.parquet",
        folds=f"{DATA}/folds.parquet",
        recipe=get_recipe_file,
        shards=[ancient(f"{shard}.npy") for shard in SHARDS],
    output:
        model=f"{RUN}/model.safetensors",
        recipe=f"{RUN}/recipe.json",
        history=f"{RUN}/history.csv",
        metrics=f"{RUN}/metrics.json",
        predictions=f"{RUN}/oof.parquet",
    log:
        f"results/logs/{EXPERIMENT.name}/comparison/{{recipe}}/seed{{seed}}.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/comparison/{{recipe}}/seed{{seed}}.tsv"
    threads: get_threads
    resources:
        gpu=get_gpus,
        mem_mb=8000,
    params:
        fingerprint=get_fingerprint,
        data=DATA,
        out=subpath(output.model, parent=True),
        tensorboard=f"results/logs/tensorboard/{EXPERIMENT.name}/comparison/{{recipe}}/seed{{seed}}",
        state=f"results/state/{EXPERIMENT.name}/comparison/{{recipe}}/seed{{seed}}",
        part=f"--fold {EXPERIMENT.comparison.fold}",
        seed="{seed}",


rule compare_recipes:
    input:
        expand(rules.train_compared.output, recipe=COMPARED, seed=COMPARED_SEEDS),
    output:
        table=report(
            f"{RESULTS}/comparison/comparison.md", category="Comparison", caption="../report/comparison.rst"
        ),
        picture=report(
            f"{RESULTS}/comparison/comparison.png", category="Comparison", caption="../report/comparison.rst"
        ),
    localrule: True
    log:
        f"results/logs/{EXPERIMENT.name}/compare_recipes.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/compare_recipes.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.comparison,
        folder=f"{RESULTS}/comparison",
        recipes=list(COMPARED),
        seeds=COMPARED_SEEDS,
    shell:
        "python workflow/scripts/compare_recipes.py --folder {params.folder:q} --recipes {params.recipes:q}"
        " --seeds {params.seeds} 2>&1 | tee {log:q}"


rule compare:
    input:
        rules.compare_recipes.output,
