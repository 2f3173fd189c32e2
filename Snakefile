# From raw landmarks to a .tflite file. Every artefact can be asked for by name:
#
#   results/data/{dataset}/            raw/ sequences.parquet shards/ index.parquet folds.parquet manifest.json
#   results/{experiment}/round1/       fold{fold}/  model.safetensors oof.parquet history.csv metrics.json
#   results/{experiment}/oof/          train_with_oof.parquet
#   results/{experiment}/round2/       seed{seed}/  model.safetensors history.csv metrics.json reference.npz
#   results/{experiment}/port/         seed{seed}/  the TensorFlow twin
#   results/{experiment}/export/       model.tflite inference_args.json model_card.json parity.json evaluation.json …
#   results/{experiment}/report/       summary.md manifest.json
#   results/{experiment}/comparison/   {recipe}/seed{seed}/…  comparison.md
#
# or by stage: snakemake data | round1 | oof | round2 | export | compare
from snakemake.utils import min_version

min_version("9.27")


if "round1" not in config:  # a file from the command line stands alone; single keys (--config) change this one

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


container: "podium.sif"  # with --sdm apptainer; built from podium.def


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/round1.smk"
include: "workflow/rules/round2.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/manifest.smk"
include: "workflow/rules/hooks.smk"


if EXPERIMENT.comparison:

    include: "workflow/rules/compare.smk"


rule all:
    default_target: True
    input:
        rules.export.input,
        RESULTS + "/report/manifest.json",
        [] if WEIGHTS else rules.summarize.output,
