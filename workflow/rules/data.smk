"""Raw landmarks → memory-mapped shards, an index and folds.

Needs: nothing (synthetic) or a folder in the competition's layout (local).
Makes: results/data/{dataset}/.
Cost: one short job per parquet file, under 1 GB of memory each.
"""


if DATASET.source.kind == "synthetic":

    rule write_corpus_tables:
        output:
            train=f"{DATA}/raw/train.csv",
            supplemental=f"{DATA}/raw/supplemental_metadata.csv",
            test=f"{DATA}/raw/test.csv",
            characters=f"{DATA}/raw/character_to_prediction_index.json",
        log:
            f"results/logs/data/{DATASET.name}/write_corpus_tables.log",
        benchmark:
            f"results/benchmarks/data/{DATASET.name}/write_corpus_tables.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=STAGES.corpus,
            dataset=DATASET_FILE,
            root=f"{DATA}/raw",
        shell:
            "python workflow/scripts/generate_corpus.py tables --dataset {params.dataset:q} --out {params.root:q}"
            " 2>&1 | tee {log:q}"

    rule generate_landmarks:
        output:
            f"{DATA}/raw/{{split}}_landmarks/{{file_id}}.parquet",
        log:
            f"results/logs/data/{DATASET.name}/generate_landmarks/{{split}}_{{file_id}}.log",
        benchmark:
            f"results/benchmarks/data/{DATASET.name}/generate_landmarks/{{split}}_{{file_id}}.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=STAGES.corpus,
            dataset=DATASET_FILE,
        shell:
            "python workflow/scripts/generate_corpus.py landmarks --dataset {params.dataset:q}"
            " --split {wildcards.split} --file-id {wildcards.file_id} --out {output:q} 2>&1 | tee {log:q}"


rule list_sequences:
    input:
        SOURCE.tables(),
    output:
        table=f"{DATA}/sequences.parquet",
        skipped=f"{DATA}/sequences.json",
    log:
        f"results/logs/data/{DATASET.name}/list_sequences.log",
    benchmark:
        f"results/benchmarks/data/{DATASET.name}/list_sequences.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.shards,
        dataset=DATASET_FILE,
    shell:
        "python workflow/scripts/list_sequences.py --dataset {params.dataset:q} --out {output.table:q}"
        " --skipped {output.skipped:q} 2>&1 | tee {log:q}"


rule pack_shard:
    input:
        parquet=SOURCE.landmarks("{split}", "{file_id}"),
        table=f"{DATA}/sequences.parquet",
        skipped=f"{DATA}/sequences.json",
    output:
        shard=f"{DATA}/shards/{{split}}/{{file_id}}.npy",
        index=f"{DATA}/shards/{{split}}/{{file_id}}.parquet",
        counts=f"{DATA}/shards/{{split}}/{{file_id}}.json",
    log:
        f"results/logs/data/{DATASET.name}/pack_shard/{{split}}_{{file_id}}.log",
    benchmark:
        f"results/benchmarks/data/{DATASET.name}/pack_shard/{{split}}_{{file_id}}.tsv"
    resources:
        mem_mb=1000,
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.shards,
    shell:
        "python workflow/scripts/pack_shard.py --parquet {input.parquet:q} --table {input.table:q}"
        " --split {wildcards.split} --file-id {wildcards.file_id} --out {output.shard:q} 2>&1 | tee {log:q}"


rule index_data:
    input:
        table=f"{DATA}/sequences.parquet",
        skipped=f"{DATA}/sequences.json",
        shards=[
            f"{DATA}/shards/{split}/{file_id}.npy"
            for split in ("train", "supplemental")
            for file_id in FILE_IDS.get(split, [])
        ],
    output:
        index=f"{DATA}/index.parquet",
        folds=f"{DATA}/folds.parquet",
        manifest=f"{DATA}/manifest.json",
        inference_args=f"{DATA}/inference_args.json",
    log:
        f"results/logs/data/{DATASET.name}/index_data.log",
    benchmark:
        f"results/benchmarks/data/{DATASET.name}/index_data.tsv"
    conda:
        "../../envs/train.yaml"
    params:
        fingerprint=STAGES.index,
        dataset=DATASET_FILE,
        root=DATA,
    shell:
        "python workflow/scripts/index_data.py --dataset {params.dataset:q} --data {params.root:q} 2>&1 | tee {log:q}"


rule preprocess:
    input:
        rules.index_data.output,
