"""Labels that a stage learns from beside the dataset's own: what earlier stages say of clips that they have not seen, or
what their networks, which go on to teach the stage, read together.

Needs: the runs of these stages, or a published table in their place (`given`); a stage that it replaces runs only if it is
asked for by name.
Makes: results/{experiment}/{how}/.
Cost: seconds; more if networks have many clips to read.
"""

LABEL_RULES = {}

TAUGHT = {how: stage for how, stage in PLAN.labelled.items() if PLAN.is_taught(stage)}

for how, stage in TAUGHT.items():
    name = LABEL_RULES[how] = f"read_{how}"

    rule:
        name:
            name
        input:
            index=f"{DATA}/index.parquet",
            shards=[ancient(f"{shard}.npy") for shard in SHARDS],
            models=PLAN.teaching_weights(stage),
        output:
            table=PLAN.table_of(stage),
            metrics=f"{RESULTS}/{how}/metrics.json",
        log:
            f"{LOGS}/{name}.log",
        benchmark:
            f"{BENCHMARKS}/{name}.tsv"
        threads: max(teacher.num_threads for teacher in PLAN.teachers(stage))
        resources:
            gpu=max(teacher.num_gpus for teacher in PLAN.teachers(stage)),
            mem_mb=8000,
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.labels[how],
            how=how,
            data=DATA,
            options=[f"{key}={value}" for key, value in PLAN.label_options(how).items()],
        shell:
            "python workflow/scripts/read_clips.py --how {params.how} --index {input.index:q} --data {params.data:q}"
            " --models {input.models:q} --options {params.options:q} --threads {threads} --gpus {resources.gpu}"
            " --out {output.table:q} --metrics {output.metrics:q} 2>&1 | tee {log:q}"


for how, stage in PLAN.labelled.items():
    if how in TAUGHT:
        continue
    given = [teacher.given_table for teacher in PLAN.teachers(stage) if teacher.given_table]

    name = LABEL_RULES[how] = f"import_{how}" if given else f"merge_{how}"

    rule:
        name:
            name
        input:
            index=f"{DATA}/index.parquet",
            folds=f"{DATA}/folds.parquet",
            tables=[ancient(table) for table in given]
            or [table for teacher in PLAN.teachers(stage) for table in PLAN.predictions(teacher)],
        output:
            table=PLAN.table_of(stage),
            metrics=f"{RESULTS}/{how}/metrics.json",
        log:
            f"{LOGS}/{name}.log",
        benchmark:
            f"{BENCHMARKS}/{name}.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.labels[how],
            how=how,
            kind="--given" if given else "--predictions",
            options=[f"{key}={value}" for key, value in PLAN.label_options(how).items()],
        shell:
            "python workflow/scripts/merge_labels.py --system {SYSTEM} --how {params.how} --index {input.index:q}"
            " --folds {input.folds:q} {params.kind} {input.tables:q} --options {params.options:q} --out {output.table:q}"
            " --metrics {output.metrics:q} 2>&1 | tee {log:q}"


for how, stage in PLAN.labelled.items():

    rule:
        name:
            how
        input:
            PLAN.table_of(stage),
            f"{RESULTS}/{how}/metrics.json",
