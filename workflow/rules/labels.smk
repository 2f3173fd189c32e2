"""Labels that a stage learns from beside the dataset's own: what earlier stages say of clips that they have not seen.

Needs: the runs of these stages, or a published table in their place (`given`); a stage that it replaces runs only if it is
asked for by name.
Makes: results/{experiment}/{how}/.
Cost: seconds.
"""

LABEL_RULES = {}

for how, stage in PLAN.labelled.items():
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

    rule:
        name:
            how
        input:
            PLAN.table_of(stage),
            f"{RESULTS}/{how}/metrics.json",
