#!/bin/sh
# Snakemake 9.27.1.
# Behaviour: a job that asks for more than a limit of --resources neither waits nor ends the run: what it asks for is lowered
# to the limit, without a word. So `gpu=0` does not keep back jobs with `gpu=1`, and memory that grows with `attempt` stops
# growing.
# Output seen:
#   --resources gpu=0, a job with gpu=1: runs, with 0 GPUs
#   --resources gpu=1 --set-resources train:gpu=4: runs, with 1 GPU
#   --resources mem_mb=5000, a job with 4000 * attempt, tried three times: 4000 5000 5000
# Why it matters: Podium's default profile has the limit gpu=1. Who gives a training four GPUs and forgets the limit waits
# four times as long; who sets gpu=0 so that the GPU stays free gets a training that lasts for days; and a job that died
# for want of memory is tried again with as little. Set the limits above the largest request (--resources gpu=4).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-interface-common==1.23.0
cat > Snakefile <<'END'
rule train:
    output: "weights.txt"
    resources: gpu=1
    shell: "echo {resources.gpu} > {output}"
rule grow:
    output: "grown.txt"
    retries: 2
    resources: mem_mb=lambda wildcards, attempt: 4000 * attempt
    shell: "echo {resources.mem_mb} >> asked.txt; false"
END
train() {
    venv/bin/snakemake --cores 1 --force "$@" -- weights.txt > log 2>&1 || { cat log >&2 && return 1; }
    cat weights.txt
}
none=$(train --resources gpu=0)
echo "--resources gpu=0, a job with gpu=1: runs, with $none GPUs"
one=$(train --resources gpu=1 --set-resources train:gpu=4)
echo "--resources gpu=1 --set-resources train:gpu=4: runs, with $one GPU"
if venv/bin/snakemake --cores 1 --resources mem_mb=5000 -- grown.txt > log 2>&1; then exit 1; fi
asked=$(tr '\n' ' ' < asked.txt)
echo "--resources mem_mb=5000, a job with 4000 * attempt, tried three times: $asked"
case "$none/$one/$asked" in "0/1/4000 5000 5000 ") ;; *) echo "the behaviour has changed" && exit 1 ;; esac
