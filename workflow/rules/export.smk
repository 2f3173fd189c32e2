"""The networks in TensorFlow, the file, and the proofs that the file is right.

Needs: results/{experiment}/round2/.
Makes: results/{experiment}/port/, results/{experiment}/export/.
Cost: minutes on one core.
"""


FORMATS = EXPERIMENT.export.formats
MODELS = [f"{EXPORT}/{EXPERIMENT.export.file_of(format)}" for format in FORMATS]
# int8 rounds too much to be equal; its score tells its worth. Where nothing is scored, it is held against torch coarsely.
PROVEN = [format for format in FORMATS if format != "int8" or WEIGHTS]
WEIGHT_FILES = expand(f"{RESULTS}/round2/seed{{seed}}/model.safetensors", seed=SEEDS)
PORTS = expand(f"{RESULTS}/port/seed{{seed}}", seed=SEEDS)


rule port_seed:
    input:
        model=f"{RESULTS}/round2/seed{{seed}}/model.safetensors",
        recipe=f"{RESULTS}/round2/seed{{seed}}/recipe.json",
    output:
        weights=f"{RESULTS}/port/seed{{seed}}/weights.safetensors",
        recipe=f"{RESULTS}/port/seed{{seed}}/recipe.json",
        saved_model=directory(f"{RESULTS}/port/seed{{seed}}/saved_model"),
    log:
        f"results/logs/{EXPERIMENT.name}/port_seed/seed{{seed}}.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/port_seed/seed{{seed}}.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.port,
        folder=f"{RESULTS}/port/seed{{seed}}",
    shell:
        "TF_CPP_MIN_LOG_LEVEL=3 python workflow/scripts/port_seed.py --model {input.model:q} --recipe {input.recipe:q} --out {params.folder:q}"
        " 2>&1 | tee {log:q}"


rule export_tflite:
    input:
        ports=[f"{folder}/weights.safetensors" for folder in PORTS],
        inference_args=INFERENCE_ARGS,
    output:
        models=MODELS,
        inference_args=f"{EXPORT}/inference_args.json",
    log:
        f"results/logs/{EXPERIMENT.name}/export_tflite.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/export_tflite.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.export,
        ports=PORTS,
        formats=FORMATS,
        settings=SETTINGS,
        frame_rate=f"--frame-rate {DATASET.frame_rate}" if DATASET.frame_rate else "",
    shell:
        "TF_CPP_MIN_LOG_LEVEL=3 python workflow/scripts/export_tflite.py --ports {params.ports:q} --inference-args {input.inference_args:q}"
        " --settings {params.settings:q} {params.frame_rate} --formats {params.formats}"
        " --models {output.models:q}"
        " 2>&1 | tee {log:q}"


rule answer_in_torch:
    input:
        models=WEIGHT_FILES,
        recipes=expand(f"{RESULTS}/round2/seed{{seed}}/recipe.json", seed=SEEDS),
        reference=f"{RESULTS}/round2/seed{SEEDS[0]}/reference.npz",
        sequences=[] if WEIGHTS else f"{DATA}/sequences.parquet",
        landmarks=[] if WEIGHTS else TEST_LANDMARKS,
    output:
        f"{EXPORT}/torch_answers.npz",
    log:
        f"results/logs/{EXPERIMENT.name}/answer_in_torch.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/answer_in_torch.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.answers,
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
        references=expand(f"{RESULTS}/round2/seed{{seed}}/reference.npz", seed=SEEDS),
        answers=f"{EXPORT}/torch_answers.npz",
        sequences=[] if WEIGHTS else f"{DATA}/sequences.parquet",
        landmarks=[] if WEIGHTS else TEST_LANDMARKS,
    output:
        f"{EXPORT}/parity.json",
    log:
        f"results/logs/{EXPERIMENT.name}/verify_parity.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/verify_parity.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.parity,
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
        landmarks=TEST_LANDMARKS,
    output:
        report=f"{EXPORT}/evaluation.json",
        predictions=f"{EXPORT}/predictions.csv",
    log:
        f"results/logs/{EXPERIMENT.name}/evaluate_tflite.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/evaluate_tflite.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.evaluation,
        formats=FORMATS,
    shell:
        "python workflow/scripts/evaluate_tflite.py --formats {params.formats} --models {input.models:q} --inference-args {input.inference_args:q}"
        " --sequences {input.sequences:q} --root {SOURCE.root:q} --out {output.report:q}"
        " --predictions {output.predictions:q} 2>&1 | tee {log:q}"


rule benchmark_tflite:
    input:
        model=f"{EXPORT}/model.tflite",
    output:
        f"{EXPORT}/benchmark.json",
    log:
        f"results/logs/{EXPERIMENT.name}/benchmark_tflite.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/benchmark_tflite.tsv"
    threads: 2
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.benchmark,
        frames=EXPERIMENT.export.benchmark_frames,
        num_runs=EXPERIMENT.export.num_benchmark_runs,
    shell:
        "python workflow/scripts/benchmark_tflite.py --model {input.model:q} --frames {params.frames}"
        " --num-runs {params.num_runs} --out {output:q} 2>&1 | tee {log:q}"


rule write_model_card:
    input:
        models=MODELS,
        inference_args=f"{EXPORT}/inference_args.json",
        parity=f"{EXPORT}/parity.json",
        recipes=expand(f"{RESULTS}/round2/seed{{seed}}/recipe.json", seed=SEEDS),
        manifest=[] if WEIGHTS else f"{DATA}/manifest.json",
        evaluation=[] if WEIGHTS else f"{EXPORT}/evaluation.json",
    output:
        f"{EXPORT}/model_card.json",
    localrule: True
    log:
        f"results/logs/{EXPERIMENT.name}/write_model_card.log",
    benchmark:
        f"results/benchmarks/{EXPERIMENT.name}/write_model_card.tsv"
    conda:
        "../../envs/export.yaml"
    params:
        fingerprint=STAGES.card,
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
        [] if WEIGHTS else rules.evaluate_tflite.output,
