"""Builds the Dockerfile and runs the tiny chain in the image: `make test-image`.

    python tests/image.py install | run

Needs root on Debian or Ubuntu, about 12 GB of disk and a quarter of an hour. The base comes from no registry of images:
it is a bookworm of Debian's packages under the base's name, with the same Python. Images lie in a store of their own,
which is removed in the end. pip's configuration on this machine serves the build too; it does not stay in the image.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from project import ROOT, TINY, copy_project

PACKAGES = ("debootstrap", "podman", "runc")
FOLDER = Path("/var/tmp/podium-image")
# What the base of the Docker Hub has besides Debian's smallest system; its headers serve torch.compile.
IN_BASE = ("ca-certificates", "libpython3-dev", "python3", "python3-venv")
IMAGE = "podium:test"
SOMEBODY = "4711"  # a user id that the image does not know
# podman's own limits, and even this machine's, may be higher than a container may set.
LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")
COMPILING = "import torch; print(torch.compile(lambda x: x.sin() + 1)(torch.ones(9)).sum())"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["install", "run"], nargs="?", default="run")
    if parser.parse_args().what == "install":
        install()
        return
    if os.getuid() != 0:
        sys.exit("error: a system of its own takes root")
    remove()
    try:
        for step in (make_base, build, run_the_chain, predict, too_little_shared_memory, compile_a_function):
            started = time.monotonic()
            step()
            print(f"{step.__name__}: {time.monotonic() - started:.0f} s", flush=True)
    finally:
        remove()


def install() -> None:
    missing = [name for name in PACKAGES if shutil.which(name) is None and not Path(f"/usr/sbin/{name}").exists()]
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], check=True)


def remove() -> None:
    if FOLDER.exists():
        podman("rmi", "--all", "--force", check=False)
        shutil.rmtree(FOLDER)


def podman(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Calls podman with a store of its own; crun, its usual runtime, refuses machines with both kinds of cgroups."""
    store = ["--root", FOLDER / "images", "--runroot", FOLDER / "run", "--runtime", "runc"]
    return subprocess.run(["podman", *store, *words], **{"check": True, "text": True} | options)


def make_base() -> None:
    """A system under the name of the Dockerfile's base; its environment in /usr/local stands for the base's Python."""
    name = re.search(r"^FROM (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    version, suite = re.fullmatch(r"python:([\d.]+)-slim-(\w+)", name).groups()
    system = FOLDER / "base"
    system.mkdir(parents=True)
    words = ["--variant=minbase", f"--include={','.join(IN_BASE)}", suite, system]
    # It mounts /proc in the new system; in a namespace of its own, even one that is interrupted leaves nothing mounted.
    subprocess.run(["unshare", "--mount", "debootstrap", *words], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["chroot", system, "python3", "-m", "venv", "/usr/local"], check=True)
    with subprocess.Popen(["tar", "-C", system, "-c", "."], stdout=subprocess.PIPE) as packed:
        podman("import", "--quiet", "-", f"docker.io/library/{name}", stdin=packed.stdout)
    shutil.rmtree(system)
    said = podman("run", "--rm", "--network", "none", *LIMITS, name, "python", "--version", capture_output=True)
    assert said.stdout.startswith(f"Python {version}."), said.stdout


def build() -> None:
    words = ["--isolation", "chroot", "--network", "host", "--pull=never", *pip_settings(), "--tag", IMAGE, ROOT]
    podman("build", "--quiet", *words)
    podman("images")


def pip_settings() -> list[str]:
    """Options that lend a build this machine's configuration of pip, with the folders that it names."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    pairs = [line.split("=", 1) for line in said.stdout.splitlines()]
    settings = {key.split(".", 1)[1]: ast.literal_eval(value) for key, value in pairs}
    file = FOLDER / "pip.conf"
    file.write_text("[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    shared = {Path("/etc/pip.conf"): file}
    for key, value in settings.items():
        for word in value.split():
            path = Path(word.removeprefix("file://"))
            if path.is_absolute() and path.exists():
                path = path.parent if "index" in key else path  # files lie beside an index
                shared[path] = path
    return [word for inside, path in shared.items() for word in ("--volume", f"{path}:{inside}:ro")]


def in_image(*words: object, shm: str = "1m", **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a command in the image, as somebody else, without a network, with hardly any shared memory."""
    about = ["--rm", "--network", "none", "--user", SOMEBODY, "--shm-size", shm, "--volume", f"{checkout()}:/work"]
    return podman("run", *about, *LIMITS, IMAGE, *words, **options)


def checkout() -> Path:
    """A checkout that belongs to whom the image is run as."""
    folder = FOLDER / "checkout"
    if not folder.exists():
        copy_project(folder)
        git = ["git", "-C", folder, "-c", "user.name=test", "-c", "user.email=test@localhost"]
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "test"]):
            subprocess.run([*git, *words], check=True)
        subprocess.run(["chown", "--recursive", SOMEBODY, folder], check=True)
    return folder


def run_the_chain() -> None:
    in_image("snakemake", "--cores", "2", "--configfile", TINY, "--quiet", "all")
    manifest = (checkout() / "results/tiny/report/manifest.json").read_text()
    git = ["git", "-c", "safe.directory=*", "-C", checkout(), "rev-parse", "HEAD"]
    assert subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip() in manifest, "the commit"


def predict() -> None:
    clips, answers = "results/data/tiny/raw/test_landmarks", "answers.csv"
    in_image("podium", "predict", clips, "--model", "results/tiny/export", "--out", answers)
    assert (checkout() / answers).read_text().count("\n") == 12, "one line per clip"


def too_little_shared_memory() -> None:
    """Loader processes need more than there is: one line."""
    recipe = checkout() / "config/recipes/fingerspelling/tiny_round1.yaml"
    text = recipe.read_text()
    recipe.write_text(text.replace("training:\n", "training:\n  num_workers: 2\n"))
    words = ["--recipe", recipe.relative_to(checkout()), "--data", "results/data/tiny"]
    done = in_image("podium", "try", "one-epoch", *words, check=False, capture_output=True)
    assert done.returncode == 2 and done.stderr.startswith("error: /dev/shm has 1 MB free"), done.stderr
    print(done.stderr, end="")
    done = in_image("podium", "try", "one-epoch", *words, shm="1g", check=False)
    assert done.returncode == 0


def compile_a_function() -> None:
    in_image("python", "-c", COMPILING)


if __name__ == "__main__":
    main()
