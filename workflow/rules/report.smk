"""What came out, for people.

Needs: every stage.
Makes: results/{experiment}/report/.
Cost: seconds.
"""

SCORED_FOLDS = [] if EXPERIMENT.oof_table else FOLDS


rule summarize:
    input:
        manifest=f"{DATA}/manifest.json",
        histories=expand(f"{RESULTS}/round1/fold{{fold}}/history.csv", fold=SCORED_FOLDS)
        + expand(f"{RESULTS}/round2/seed{{seed}}/history.csv", seed=SEEDS),
        oof=f"{RESULTS}/oof/metrics.json",
        seeds=expand(f"{RESULTS}/round2/seed{{seed}}/metrics.json", seed=SEEDS),
        seed_evaluations=expand(rules.evaluate_seed.output, seed=SEEDS) if TEST_LANDMARKS else [],
        export=rules.export.input,
    output:
        tables=f"{RESULTS}/report/results.md",
        summary=report(f"{RESULTS}/report/summary.md", category="Summary", caption="../report/summary.rst"),
        progress=report(f"{RESULTS}/report/progress.png", category="Training", caption="../report/progress.rst"),
    localrule: True
    log:
        f"results/logs/{EXPERIMENT.name}/summarize.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/summarize.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.summary,
        data=DATA,
        results=RESULTS,
        folds=len(SCORED_FOLDS),
        seeds=SEEDS,
    shell:
        "python workflow/scripts/summarize.py --data {params.data:q} --results {params.results:q}"
        " --folds {params.folds} --seeds {params.seeds} 2>&1 | tee {log:q}"
