#!/usr/bin/env bash
# pip 26.3: `pip install --dry-run --platform …` picks wheels for the other machine, but reads markers for this one.
#
# Seen on Linux, x86-64, asked for macOS on Arm: "colorama; sys_platform == 'linux'" is installed, and
# "six; sys_platform == 'darwin'" is ignored ("markers … don't match your environment").
#
# Why it matters: pins with markers (tensorflow-cpu on Linux and x86-64, tensorflow elsewhere) cannot be checked for other
# machines with pip: it would look for tensorflow-cpu's wheel for macOS. `make check-pins` uses uv, which reads markers for
# the machine it is asked for; the last step shows that.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$folder/venv/bin/pip" install --quiet pip==26.3 uv==0.13.9
printf '%s\n' "colorama==0.4.6; sys_platform == 'linux'" "six==1.17.0; sys_platform == 'darwin'" > "$folder/wanted.txt"
other=(--platform macosx_14_0_arm64 --python-version 3.12 --only-binary :all: --target "$folder/target")
by_pip=$("$folder/venv/bin/pip" install --dry-run "${other[@]}" --requirement "$folder/wanted.txt" 2>&1 | grep -E "^(Would|Ignoring)")
by_uv=$("$folder/venv/bin/uv" pip compile --quiet --no-header --no-annotate --python-platform aarch64-apple-darwin \
    --python-version 3.12 "$folder/wanted.txt")
printf 'pip, asked for macOS:\n%s\nuv, asked for macOS:\n%s\n' "$by_pip" "$by_uv"
[[ $by_pip == *"Would install colorama"* && $by_pip == *"Ignoring six"* && $by_uv == six==1.17.0 ]]
