#!/usr/bin/env bash
# Snakemake 9.27.1 with snakemake-executor-plugin-kubernetes 0.5.1: `--shared-fs-usage` is dropped without a word.
#
# Seen: with all uses of a shared file system named and a persistent volume mounted, a dry run ends with "If no shared
# filesystem is assumed for input and output files, a default storage provider … has to be set". The executor says of itself
# `implies_no_shared_fs=True`, and Snakemake then empties the set that the user has given.
#
# Why it matters: a volume that all pods share is the plain way to run a workflow on Kubernetes. profiles/kubernetes had
# the option, and could not have worked; it now corrects what the executor says of itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$folder/venv/bin/pip" install --quiet snakemake==9.27.1 snakemake-interface-common==1.23.0 \
    snakemake-executor-plugin-kubernetes==0.5.1
cd "$folder"
printf 'rule one:\n    output: "one.txt"\n    shell: "touch {output}"\n' > Snakefile
shared=(input-output persistence sources source-cache storage-local-copies software-deployment)
said=$("$folder/venv/bin/snakemake" --dry-run --executor kubernetes --jobs 1 --kubernetes-persistent-volumes claim:/data \
    --shared-fs-usage "${shared[@]}" 2>&1) && code=0 || code=$?
printf 'exit code %s\n%s\n' "$code" "$said"
[[ $code -ne 0 && $said == *"If no shared filesystem is assumed"* ]]
