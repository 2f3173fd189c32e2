#!/bin/sh
# Snakemake 9.27.1: outputs that arrive without `.snakemake/` pass for up to date, with other parameters as well; exit code 0.
#
# What a file was made of stands in .snakemake/metadata of the folder where it was made. Where outputs are copied without that hidden
# folder (cp results/…, a new clone, an artefact of CI), `params`, `input` and `code` triggers do nothing. The
# plan says "Nothing to be done", and then one line about "missing provenance/metadata".
#
# Seen, after the value in `params` has been changed:
#   with .snakemake     → reason: Params have changed since last execution
#   without             → Nothing to be done; "1 jobs have missing provenance/metadata so that it in part cannot be used …"
#
# Why it matters to Podium's users: a changed recipe would not be trained, without an error. Podium therefore keeps these records
# beside its results (src/podium/records.py) and makes again what has none.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check "snakemake==9.27.1" "snakemake-interface-common<1.24"
cat > Snakefile <<'END'
rule write:
    output: "rate.txt"
    params: rate=config["rate"]
    shell: "echo {params.rate} > {output}"
END
plan() { env/bin/snakemake -n --config rate=2 2>&1 | grep -E "reason:|Nothing to be done|missing provenance" | sed 's/^ */  /'; }
env/bin/snakemake --cores 1 --config rate=1 > log 2>&1
with=$(plan)
rm -rf .snakemake
without=$(plan)
printf 'with .snakemake:\n%s\nwithout:\n%s\n' "$with" "$without"
case "$with/$without" in *"Params have changed"*/*"Nothing to be done"*"missing provenance"*) exit 0 ;; esac
echo "this has changed"; exit 1
