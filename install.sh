#!/bin/sh
# Sets up .venv/ for `make`: finds a Python, makes the environment, installs what constraints.txt pins (docs/installing.md).
#   PYTHON=NAME            a Python of your choice
#   TORCH=auto|cpu|cuda    which torch; matters on Linux only
set -eu
cd "$(dirname "$0")"
venv=.venv
torch=${TORCH:-auto}
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'

stop() {
    echo "error: $1" >&2
    exit 2
}

have() { command -v "$1" > /dev/null 2>&1; }

pip() { "$venv/bin/python" -m pip "$@"; }

# What is installed there names its Python by its path: it cannot be moved, and that Python may leave the machine.
is_usable() {
    [ -e "$venv/ready" ] && "$venv/bin/python" -c "$fits" 2> /dev/null || return 1
    place=$(cat "$venv/ready")
    [ "${place:-$(pwd -P)}" = "$(pwd -P)" ]
}

make_environment() {
    rm -rf "$venv" # first: `make` puts it into PATH
    python=
    if [ "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11; fi
    for one; do
        if "$one" -c "$fits" 2> /dev/null; then
            python=$one
            break
        fi
    done
    if [ "$python" ] && "$python" -c 'import ensurepip, venv' 2> /dev/null; then
        "$python" -m venv "$venv"
    elif [ "$python" ] || [ -z "${PYTHON:-}" ] && have uv; then
        uv venv --quiet --seed --python "${python:->=3.11,<3.14}" "$venv"
    elif [ "$python" ]; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        stop "$python cannot make environments; install its module venv (Debian, Ubuntu: apt install python$version-venv) or uv"
    elif [ "${PYTHON:-}" ]; then
        stop "PYTHON=$PYTHON is no Python from 3.11 to 3.13; name another one"
    else
        stop "no Python from 3.11 to 3.13 found; install one (Debian, Ubuntu: apt install python3 python3-venv) or uv"
    fi
}

# PyTorch's build without CUDA lies in an index of PyTorch's own, which uv knows by the name "cpu".
install_small_torch() {
    pin=$(grep '^torch==' constraints.txt)
    case $(pip install --dry-run --no-deps --quiet --report - "$pin") in
        *'"install": []'* | *'+cpu"'*) return ;; # it is there, or an index of yours has it
    esac
    pip install --quiet --constraint constraints.txt uv
    echo "installing torch without CUDA, since $1 (for CUDA: make clean, then TORCH=cuda)" >&2
    "$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" --torch-backend cpu "$pin"
}

if [ "${1:-}" = check ]; then # only whether it can be used
    is_usable
    exit
fi
case $torch in
    auto | cpu | cuda) ;;
    *) stop "TORCH=$torch is none of auto, cpu, cuda" ;;
esac
# Without the file `ready`, which says where, an earlier installation was interrupted.
is_usable || make_environment
rm -f "$venv/ready"
if [ "$(uname)" = Linux ] && [ "$torch" = cpu ]; then
    install_small_torch "you ask for it" || stop "PyTorch's index is out of reach; without TORCH=cpu torch comes with CUDA"
elif [ "$(uname)" = Linux ] && [ "$torch" = auto ] && ! have nvidia-smi && ! have sbatch; then # login nodes have no GPU
    install_small_torch "there is no NVIDIA driver" \
        || echo "PyTorch's index is out of reach: torch comes with CUDA, 2.7 GB to download" >&2
fi
pip install --quiet --constraint constraints.txt --editable ".[test,video]"
pip check
pwd -P > "$venv/ready"
