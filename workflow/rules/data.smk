"""Raw files → memory-mapped shards, an index and folds.

Needs: nothing (if the source is generated), a folder of the user's, or a Kaggle account (if it is remote).
Makes: results/data/{dataset}/.
Cost: one short job per parquet file, under 1 GB of memory each; the competition takes what its download takes.
"""

from podium.data.sources import TRAINED_SPLITS


def get_raw_digest(wildcards):
    return SOURCE.digest(wildcards.split, int(wildcards.file_id))


def get_raw_file(wildcards):
    return SOURCE.raw_file(wildcards.split, int(wildcards.file_id))


def get_place_of_raw_file(wildcards):
    return get_raw_file(wildcards).removeprefix(f"{SOURCE.root}/")


# Large files: Snakemake would tell a change by the time stamp. Their content is in the fingerprints.
SHARDS = [
    f"{DATA}/shards/{split}/{file_id}" for split in TRAINED_SPLITS for file_id in FILE_IDS.get(split, [])
]

# Raw files and archives are no outputs: Snakemake removes what an interrupted job has declared, and this took hours.
if SOURCE.is_remote:

    rule download:
        output:
            receipt=SOURCE.receipt,
        log:
            f"results/logs/data/{DATASET.name}/download.log",
        benchmark:
            f"results/benchmarks/data/{DATASET.name}/download.tsv"
        localrule: True
        conda:
            "../../envs/train.yaml"
        params:
            # If packed files are discarded, other shards need another download, and a plan must say so.
            fingerprint=FINGERPRINTS.shards if SOURCE.discards_raw else SOURCE.fingerprint(),
            raw=SOURCE.root,
            archives=f"{DATA}/archives",
        shell:
            "python workflow/scripts/download.py --system {SYSTEM} --dataset {DATASET_FILE:q} --raw {params.raw:q}"
            " --archives {params.archives:q} --out {output.receipt:q} 2>&1 | tee {log:q}"

    rule discard_raw:
        input:
            f"{DATA}/shards/{{split}}/{{file_id}}.npy",
        output:
            touch(f"{DATA}/shards/{{split}}/{{file_id}}.discarded"),
        localrule: True
        priority: 1
        params:
            raw_file=get_raw_file,
        shell:
            "rm -rf {params.raw_file:q}"


if SOURCE.is_generated:

    rule write_corpus_tables:
        output:
            SOURCE.generated_tables(),
        log:
            f"results/logs/data/{DATASET.name}/write_corpus_tables.log",
        benchmark:
            f"results/benchmarks/data/{DATASET.name}/write_corpus_tables.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.corpus,
            root=SOURCE.root,
        shell:
            "python workflow/scripts/generate_corpus.py tables --system {SYSTEM} --dataset {DATASET_FILE:q} --out {params.root:q}"
            " 2>&1 | tee {log:q}"

    rule generate_raw_file:
        output:
            SOURCE.arrival("{split}", "{file_id}"),
        log:
            f"results/logs/data/{DATASET.name}/generate_raw_file/{{split}}_{{file_id}}.log",
        benchmark:
            f"results/benchmarks/data/{DATASET.name}/generate_raw_file/{{split}}_{{file_id}}.tsv"
        conda:
            "../../envs/train.yaml"
        params:
            fingerprint=FINGERPRINTS.corpus,
        shell:
            "python workflow/scripts/generate_corpus.py raw-file --system {SYSTEM} --dataset {DATASET_FILE:q}"
            " --split {wildcards.split} --file-id {wildcards.file_id} --out {output:q} 2>&1 | tee {log:q}"


# A user's own tables are told by their content, which is in the fingerprints: copies elsewhere have new times.
TABLES = [ancient(table) if SOURCE.is_own else table for table in SOURCE.table_arrivals()]


rule list_sequences:
    input:
        TABLES,
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
        fingerprint=FINGERPRINTS.shards,
    shell:
        "python workflow/scripts/list_sequences.py --system {SYSTEM} --dataset {DATASET_FILE:q} --out {output.table:q}"
        " --skipped {output.skipped:q} 2>&1 | tee {log:q}"


rule pack_shard:
    input:
        raw_file=ancient(SOURCE.arrival("{split}", "{file_id}")),
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
        fingerprint=FINGERPRINTS.shards,
        raw_file=get_place_of_raw_file,
        sha256=get_raw_digest,
        dtype=DATASET.shards.dtype,
    shell:
        "python workflow/scripts/pack_shard.py --system {SYSTEM} --raw-file {SOURCE.root:q}/{params.raw_file:q} --table {input.table:q}"
        " --split {wildcards.split} --file-id {wildcards.file_id} --sha256 {params.sha256:q}"
        " --dtype {params.dtype} --out {output.shard:q}"
        " 2>&1 | tee {log:q}"


rule index_data:
    input:
        table=f"{DATA}/sequences.parquet",
        skipped=f"{DATA}/sequences.json",
        shards=[ancient(f"{shard}.npy") for shard in SHARDS],
        discarded=[f"{shard}.discarded" for shard in SHARDS if SOURCE.discards_raw],
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
        fingerprint=FINGERPRINTS.index,
        root=DATA,
    shell:
        "python workflow/scripts/index_data.py --system {SYSTEM} --dataset {DATASET_FILE:q} --data {params.root:q} 2>&1 | tee {log:q}"


rule data:
    input:
        rules.index_data.output,
        [f"{shard}.npy" for shard in SHARDS],
        [SOURCE.receipt] if SOURCE.is_remote else [],
