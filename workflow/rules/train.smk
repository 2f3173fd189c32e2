"""Trainings: one rule per stage of the experiment, one job per fold or seed, and the evaluation of what is exported.

Needs: results/data/{dataset}/, labels of earlier stages, and one GPU per run if the recipe wants one, or more:
--set-resources train_STAGE:gpu=4.
Makes: results/{experiment}/{stage}/{fold…|seed…}/.
Published checkpoints (`given`) take the place of a training, which then needs nothing but them.
Cost: the long part of every experiment. Runs go side by side if there are GPUs for them (--resources gpu=N).
"""


TRAINED_FILES = ("model.safetensors", "recipe.json", "history.csv", "metrics.json")


def get_checkpoint_of(stage):
    def get_checkpoint(wildcards):
        return ancient(stage.checkpoints[wildcards.seed])

    return get_checkpoint


for stage in PLAN.stages.values():
    place = f"{RESULTS}/{stage.pattern}"

    if stage.checkpoints:

        rule:
            name:
                f"import_{stage.name}"
            input:
                checkpoint=get_checkpoint_of(stage),
                recipe=ancient(stage.recipe_file),
            output:
                model=f"{place}/model.safetensors",
                recipe=f"{place}/recipe.json",
                reference=f"{place}/reference.npz",
                inference_args=f"{place}/inference_args.json",
            log:
                f"{LOGS}/import_{stage.pattern}.log",
            benchmark:
                f"{BENCHMARKS}/import_{stage.pattern}.tsv"
            conda:
                "../../envs/train.yaml"
            wildcard_constraints:
                seed="|".join(stage.checkpoints),
            params:
                fingerprint=FINGERPRINTS.stages[stage.name],
                choice=[] if stage.section.weights_name is None else [f"--weights={stage.section.weights_name}"],
            shell:
                "python -m podium import-checkpoint {input.checkpoint:q} --system {SYSTEM} --recipe {input.recipe:q}"
                " --seed {wildcards.seed} {params.choice:q} --out {output.model:q} 2>&1 | tee {log:q}"

    else:

        rule:
            name:
                f"train_{stage.name}"
            input:
                table=PLAN.table_of(stage),
                folds=f"{DATA}/folds.parquet",
                recipe=ancient(stage.recipe_file),
                teachers=PLAN.teaching_weights(stage),
                shards=[ancient(f"{shard}.npy") for shard in SHARDS],
            output:
                model=f"{place}/model.safetensors",
                recipe=f"{place}/recipe.json",
                history=f"{place}/history.csv",
                metrics=f"{place}/metrics.json",
                told=f"{place}/oof.parquet" if stage.leaves_out else f"{place}/reference.npz",
                labels=[f"{place}/supplemental.parquet"] if stage.labels_supplemental else [],
            log:
                f"{LOGS}/{stage.pattern}.log",
            benchmark:
                f"{BENCHMARKS}/{stage.pattern}.tsv"
            threads: stage.num_threads
            resources:
                gpu=stage.num_gpus,
                mem_mb=8000,
            conda:
                "../../envs/train.yaml"
            params:
                fingerprint=FINGERPRINTS.stages[stage.name],
                data=DATA,
                out=subpath(output.model, parent=True),
                tensorboard=f"results/logs/tensorboard/{EXPERIMENT.name}/{stage.pattern}",
                state=f"results/state/{EXPERIMENT.name}/{stage.pattern}",
                part=stage.arguments,
            shell:
                "python workflow/scripts/train.py --system {SYSTEM} --recipe {input.recipe:q} --data {params.data:q}"
                " --table {input.table:q} {params.part} --teachers {input.teachers:q} --out {params.out:q}"
                " --tensorboard {params.tensorboard:q} --state {params.state:q} --fingerprint {params.fingerprint}"
                " --gpus {resources.gpu} 2>&1 | keep_log {params.state:q} {log:q}"


def get_member_file(name):
    def get(wildcards):
        stage, run = PLAN.members[wildcards.member]
        return f"{PLAN.place(stage, run)}/{name}"

    return get


def get_member_files(name):
    return [f"{PLAN.place(stage, run)}/{name}" for stage, run in PLAN.members.values()]


SETTINGS = EXPERIMENT.export.settings.model_dump(mode="json") if EXPERIMENT.export else {}
SETTINGS = [f"{key}={value}" for key, value in SETTINGS.items()]

for stage in {stage.name: stage for stage, run in PLAN.members.values()}.values():
    name = "evaluate_seed" if len(EXPERIMENT.export.members) == 1 else f"evaluate_{stage.name}"

    rule:
        name:
            name
        input:
            model=f"{RESULTS}/{stage.pattern}/model.safetensors",
            recipe=f"{RESULTS}/{stage.pattern}/recipe.json",
            sequences=f"{DATA}/sequences.parquet",
            raw_files=TEST_FILES,
        output:
            f"{RESULTS}/{stage.pattern}/evaluation.json",
        log:
            f"{LOGS}/{name}/seed{{seed}}.log",
        benchmark:
            f"{BENCHMARKS}/{name}/seed{{seed}}.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.seed_evaluation,
            settings=SETTINGS,
        shell:
            "python workflow/scripts/evaluate_seed.py --model {input.model:q} --recipe {input.recipe:q}"
            " --root {SOURCE.root:q} --sequences {input.sequences:q} --settings {params.settings:q}"
            " --out {output:q} 2>&1 | tee {log:q}"


for stage in PLAN.stages.values():

    rule:
        name:
            stage.name
        input:
            expand(
                getattr(rules, f"{'import' if stage.checkpoints else 'train'}_{stage.name}").output,
                fold=range(len(stage.runs)),
                seed=stage.section.seeds or [],
            ),
            [
                f"{PLAN.place(one, run)}/evaluation.json"
                for one, run in PLAN.members.values()
                if one is stage and TEST_FILES and not stage.checkpoints
            ],
