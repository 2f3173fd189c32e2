#!/bin/sh
# Snakemake 9.27.1: a job runs again because its input is newer, although `mtime` is not among --rerun-triggers.
#
# The option reads like a list of everything that makes a job run again, and leaving `mtime` out like the way to be independent
# of time stamps. 9.27.1 looks at times all the same. What saves most files is another rule: an input of unchanged
# content does not count as newer, as far as Snakemake has stored its checksum, which it does up to
# --max-checksum-file-size (1 MB unless given).
#
# Seen (a 3 MB input, touched):
#   --rerun-triggers params input code                                     → reason: Updated input files: a.bin
#   the same, if the first run had --max-checksum-file-size 10000000    → Nothing to be done
#
# Why it matters to Podium's users: a copy of results/ that has lost its times would train again. Podium's profiles raise the limit to
# 100 MB and take larger inputs for `ancient`; a profile of your own needs that line as well.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check "snakemake==9.27.1" "snakemake-interface-common<1.24"
cat > Snakefile <<'END'
rule count:
    input: "a.bin"
    output: "b.txt"
    shell: "wc -c < {input} > {output}"
END
plan() {
    rm -rf b.txt .snakemake
    env/bin/snakemake --cores 1 $1 > log 2>&1
    sleep 1; touch a.bin
    env/bin/snakemake -n --rerun-triggers params input code $1 2>&1 | grep -E "reason:|Nothing to be done" | sed 's/^ */  /'
}
dd if=/dev/zero of=a.bin bs=1000000 count=3 2> log
small=$(plan ""); large=$(plan "--max-checksum-file-size 10000000")
printf 'limit 1 MB:\n%s\nlimit 10 MB:\n%s\n' "$small" "$large"
case "$small/$large" in *"Updated input files: a.bin"*/*"Nothing to be done"*) exit 0 ;; esac
echo "this has changed"; exit 1
