#!/bin/sh
# kaggle 2.2.4, python-dateutil 4.0.0, Python 3.11.
# Behaviour: kaggle imports six and does not require it. It used to come with python-dateutil, which since 4.0 does
# without. In a fresh environment `import kaggle` and the command `kaggle` end with ModuleNotFoundError.
# Output seen:
#   pip check: No broken requirements found.
#   import kaggle: ModuleNotFoundError: No module named 'six'
#   import kaggle with six: works
# Why it matters: TensorFlow happens to bring six, an environment for training alone does not, and the download of the
# data fails there. Podium requires six by itself.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check kaggle==2.2.4 python-dateutil==4.0.0
try() { env -i HOME="$folder" "$python" -c "import kaggle; print('works')" 2>&1 | tail -n 1; }
echo "pip check: $("$python" -m pip check)"
without=$(try)
echo "import kaggle: $without"
"$python" -m pip install --quiet --disable-pip-version-check six==1.17.0
with=$(try)
echo "import kaggle with six: $with"
case "$without $with" in
"ModuleNotFoundError: No module named 'six' works") ;;
*) echo "the behaviour has changed" && exit 1 ;;
esac
