# The environment in which every stage runs, from the same pins as `make run`. The code of the rules comes from the checkout
# that is mounted; the image's own copy serves the command `podium`.
#   docker build --tag podium:0.1.0 .
#   docker run --rm --gpus all --shm-size=8g --volume "$PWD:/work" podium:0.1.0 snakemake --cores all
FROM python:3.11-slim-bookworm

# The user's name is for whoever runs the image under an id that it does not know.
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    USER=podium

# git tells the manifest the commit; training.compile needs a compiler. Debian keeps no versions that could be pinned.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc git libc6-dev && rm -rf /var/lib/apt/lists/* \
    && git config --system safe.directory '*'

WORKDIR /opt/podium
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN python -m pip install --constraint constraints.txt . && python -m pip check

# Snakemake keeps its caches in the home; whoever runs the image under another id gives one: --user "$(id -u)" --env HOME=/tmp.
RUN useradd --create-home --uid 1000 podium
USER 1000
WORKDIR /work
CMD ["podium", "--help"]
