# From a raw download to a .tflite file. Every artefact can be asked for by name:
#
#   results/data/{dataset}/            raw/ sequences.parquet shards/ index.parquet folds.parquet manifest.json
#   results/{experiment}/{stage}/      fold{fold}/  model.safetensors oof.parquet history.csv metrics.json recipe.json
#                                      seed{seed}/  model.safetensors reference.npz history.csv metrics.json recipe.json
#   results/{experiment}/{how}/        train_with_{how}.parquet: labels that a stage has from earlier ones (oof)
#   results/{experiment}/port/         seed{seed}/  the TensorFlow twin
#   results/{experiment}/export/       model.tflite inference_args.json model_card.json parity.json evaluation.json …
#   results/{experiment}/report/       report.html summary.md manifest.json
#   results/{experiment}/comparison/   {stage}/seed{seed}/…  comparison.md
#
# or by stage: snakemake data | STAGE | HOW | export | compare, with the stages and labels of the experiment's file
from snakemake.utils import min_version

min_version("9.27")


if not workflow.overwrite_configfiles:  # a file from the command line stands alone; single keys change this one

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


container: "podium.sif"  # with --sdm apptainer; built from podium.def


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/labels.smk"


if EXPERIMENT.export:

    include: "workflow/rules/export.smk"


if EXPERIMENT.comparison:

    include: "workflow/rules/compare.smk"


include: "workflow/rules/report.smk"
include: "workflow/rules/hooks.smk"


rule all:
    default_target: True
    input:
        [rules.export.input, rules.write_manifest.output, rules.write_report.output] if EXPERIMENT.export else [],
        rules.summarize.output if EXPERIMENT.export and HAS_DATA else [],
        rules.compare.input if EXPERIMENT.comparison and not EXPERIMENT.export else [],
