"""Stages against each other: each trains from several seeds on the same clips and reads people it has not seen.

Needs: their runs, see train.smk.
Makes: results/{experiment}/comparison/comparison.md; without a file, the report as well.
Cost: seconds; the trainings go side by side if there is room.
"""

COMPARED = [PLAN.stages[name] for name in EXPERIMENT.comparison]


rule compare_recipes:
    input:
        [f"{PLAN.place(stage, run)}/{name}" for stage in COMPARED for run in stage.runs for name in TRAINED_FILES],
    output:
        table=report(
            f"{RESULTS}/comparison/comparison.md", category="Comparison", caption="../report/comparison.rst"
        ),
        picture=report(
            f"{RESULTS}/comparison/comparison.png", category="Comparison", caption="../report/comparison.rst"
        ),
    localrule: True
    log:
        f"{LOGS}/compare_recipes.log",
    benchmark:
        f"{BENCHMARKS}/compare_recipes.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=FINGERPRINTS.comparison,
        folder=f"{RESULTS}/comparison",
        recipes=[stage.name for stage in COMPARED],
        seeds=COMPARED[0].section.seeds,
    shell:
        "python workflow/scripts/compare_recipes.py --system {SYSTEM} --folder {params.folder:q}"
        " --recipes {params.recipes:q} --seeds {params.seeds} 2>&1 | tee {log:q}"


rule compare:
    input:
        rules.compare_recipes.output,
        [] if EXPERIMENT.export else f"{RESULTS}/report/report.html",
