"""The networks in TensorFlow, the file, and the proofs that the file is right.

Needs: the runs of its members.
Makes: results/{experiment}/port/, results/{experiment}/export/.
Cost: minutes on one core.
"""
from podium.config import file_of


FORMATS = EXPERIMENT.export.formats
MODELS = [f"{EXPORT}/{file_of(format)}" for format in FORMATS]
# int8 rounds too much to be equal; its score tells its worth. If nothing is scored, it is held against torch coarsely.
PROVEN = [format for format in FORMATS if format != "int8" or PLAN.is_imported]
WEIGHT_FILES = get_member_files("model.safetensors")
PORTS = [f"{RESULTS}/port/{member}" for member in PLAN.members]
# What an export asks of the data comes with published checkpoints.
HAS_DATA = not PLAN.is_imported
INFERENCE_ARGS = f"{DATA}/inference_args.json" if HAS_DATA else get_member_files("inference_args.json")[0]


rule port_seed:
    input:
        model=get_member_file("model.safetensors"),
        recipe=get_member_file("recipe.json"),
    output:
        weights=f"{RESULTS}/port/{{member}}/weights.safetensors",
        recipe=f"{RESULTS}/port/{{member}}/recipe.json",
        saved_model=directory(f"{RESULTS}/port/{{member}}/saved_model"),
    log:
        f"{LOGS}/port_seed/{{member}}.log",
    benchmark:
        f"{BENCHMARKS}/port_seed/{{member}}.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.port,
        folder=f"{RESULTS}/port/{{member}}",
    priority: 1  # what the file waits for goes first; scores of single networks keep the other cores busy meanwhile
    shell:
        "TF_CPP_MIN_LOG_LEVEL=3 python workflow/scripts/port_seed.py --model {input.model:q} --recipe {input.recipe:q} --out {params.folder:q}"
        " 2>&1 | tee {log:q}"


rule export_tflite:
    input:
        ports=[f"{folder}/weights.safetensors" for folder in PORTS],
        inference_args=INFERENCE_ARGS,
        reference=get_member_files("reference.npz")[0],
        index=f"{DATA}/index.parquet" if HAS_DATA else [],
        shards=[ancient(f"{shard}.npy") for shard in SHARDS] if HAS_DATA else [],
    output:
        models=MODELS,
        inference_args=f"{EXPORT}/inference_args.json",
    log:
        f"{LOGS}/export_tflite.log",
    benchmark:
        f"{BENCHMARKS}/export_tflite.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.export,
        ports=PORTS,
        formats=FORMATS,
        settings=SETTINGS,
        frame_rate=f"--frame-rate {DATASET.frame_rate}" if DATASET.frame_rate else "",
        data=f"--data {DATA}" if HAS_DATA else "",
    priority: 1
    shell:
        "TF_CPP_MIN_LOG_LEVEL=3 python workflow/scripts/export_tflite.py --ports {params.ports:q} --inference-args {input.inference_args:q}"
        " --settings {params.settings:q} {params.frame_rate} {params.data} --reference {input.reference:q}"
        " --formats {params.formats}"
        " --models {output.models:q}"
        " 2>&1 | tee {log:q}"


rule answer_in_torch:
    input:
        models=WEIGHT_FILES,
        recipes=get_member_files("recipe.json"),
        reference=get_member_files("reference.npz")[0],
        sequences=f"{DATA}/sequences.parquet" if HAS_DATA else [],
        raw_files=TEST_FILES if HAS_DATA else [],
    output:
        f"{EXPORT}/torch_answers.npz",
    log:
        f"{LOGS}/answer_in_torch.log",
    benchmark:
        f"{BENCHMARKS}/answer_in_torch.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=FINGERPRINTS.answers,
        num_clips=EXPERIMENT.export.num_parity_clips,
        settings=SETTINGS,
    shell:
        "python workflow/scripts/answer_in_torch.py --models {input.models:q} --recipes {input.recipes:q}"
        " --reference {input.reference:q} --sequences {input.sequences:q} --root {SOURCE.root:q}"
        " --num-clips {params.num_clips} --settings {params.settings:q}"
        " --out {output:q} 2>&1 | tee {log:q}"


rule verify_parity:
    input:
        models=[model for format, model in zip(FORMATS, MODELS) if format in PROVEN],
        inference_args=f"{EXPORT}/inference_args.json",
        ports=[f"{folder}/weights.safetensors" for folder in PORTS],
        weights=WEIGHT_FILES,
        references=get_member_files("reference.npz"),
        answers=f"{EXPORT}/torch_answers.npz",
        sequences=f"{DATA}/sequences.parquet" if HAS_DATA else [],
        raw_files=TEST_FILES if HAS_DATA else [],
    output:
        f"{EXPORT}/parity.json",
    log:
        f"{LOGS}/verify_parity.log",
    benchmark:
        f"{BENCHMARKS}/verify_parity.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.parity,
        formats=PROVEN,
        ports=PORTS,
        num_clips=EXPERIMENT.export.num_parity_clips,
    shell:
        "TF_CPP_MIN_LOG_LEVEL=3 python workflow/scripts/verify_parity.py --formats {params.formats}"
        " --models {input.models:q} --ports {params.ports:q} --weights {input.weights:q}"
        " --references {input.references:q} --answers {input.answers:q} --sequences {input.sequences:q}"
        " --root {SOURCE.root:q} --num-clips {params.num_clips} --out {output:q} 2>&1 | tee {log:q}"


rule evaluate_tflite:
    input:
        models=MODELS,
        inference_args=f"{EXPORT}/inference_args.json",
        sequences=f"{DATA}/sequences.parquet",
        raw_files=TEST_FILES,
    output:
        report=f"{EXPORT}/evaluation.json",
        predictions=f"{EXPORT}/predictions.csv",
    log:
        f"{LOGS}/evaluate_tflite.log",
    benchmark:
        f"{BENCHMARKS}/evaluate_tflite.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.evaluation,
        formats=FORMATS,
    shell:
        "python workflow/scripts/evaluate_tflite.py --formats {params.formats} --models {input.models:q} --inference-args {input.inference_args:q}"
        " --sequences {input.sequences:q} --root {SOURCE.root:q} --out {output.report:q}"
        " --predictions {output.predictions:q} 2>&1 | tee {log:q}"


rule benchmark_tflite:
    input:
        models=MODELS,
    output:
        f"{EXPORT}/benchmark.json",
    log:
        f"{LOGS}/benchmark_tflite.log",
    benchmark:
        f"{BENCHMARKS}/benchmark_tflite.tsv"
    threads: 2
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.benchmark,
        formats=FORMATS,
        frames=EXPERIMENT.export.benchmark_frames,
        num_runs=EXPERIMENT.export.num_benchmark_runs,
    shell:
        "python workflow/scripts/benchmark_tflite.py --formats {params.formats} --models {input.models:q}"
        " --frames {params.frames} --num-runs {params.num_runs} --out {output:q} 2>&1 | tee {log:q}"


rule write_model_card:
    input:
        models=MODELS,
        inference_args=f"{EXPORT}/inference_args.json",
        parity=f"{EXPORT}/parity.json",
        recipes=get_member_files("recipe.json"),
        manifest=f"{DATA}/manifest.json" if HAS_DATA else [],
        evaluation=f"{EXPORT}/evaluation.json" if HAS_DATA else [],
    output:
        f"{EXPORT}/model_card.json",
    localrule: True
    log:
        f"{LOGS}/write_model_card.log",
    benchmark:
        f"{BENCHMARKS}/write_model_card.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=FINGERPRINTS.card,
        name=EXPERIMENT.name,
    shell:
        "python workflow/scripts/write_model_card.py --name {params.name:q} --models {input.models:q}"
        " --inference-args {input.inference_args:q} --parity {input.parity:q} --recipes {input.recipes:q}"
        " --manifest {input.manifest:q} --evaluation {input.evaluation:q} --dataset {DATASET_FILE:q} --out {output:q}"
        " 2>&1 | tee {log:q}"


rule export:
    input:
        rules.export_tflite.output,
        rules.verify_parity.output,
        rules.write_model_card.output,
        rules.benchmark_tflite.output,
        rules.evaluate_tflite.output if HAS_DATA else [],
