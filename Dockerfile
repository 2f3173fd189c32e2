# The environment in which every stage runs, from the same pins as `make run`. The code of the rules comes from the checkout
# that is mounted; the image's own copy serves the command `podium`.
#   docker build --tag podium:0.1.0 .
#   docker run --rm --gpus all --shm-size=8g --user "$(id -u)" --volume "$PWD:/work" podium:0.1.0 snakemake --cores all
FROM python:3.11-slim-bookworm

# The name and the home are for a user id that the image does not know; Snakemake keeps its caches in the home.
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    USER=podium

# git tells the manifest the commit; training.compile needs a compiler, on a CPU one of C++. Debian keeps no versions
# that could be pinned.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends g++ git && rm -rf /var/lib/apt/lists/* \
    && git config --system safe.directory '*'

WORKDIR /opt/podium
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN python -m pip install --constraint constraints.txt . && python -m pip check

RUN useradd --uid 1000 podium
USER 1000
WORKDIR /work
CMD ["podium", "--help"]
