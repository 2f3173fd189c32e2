"""A picture of the page that reads a virtual signer, wide by day and narrow by night:

    python docs/page.py docs/pictures/page.png --model results/demo/export

Needs Chromium, and npm once.
"""

import argparse
import io
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests/browser"))

from chromium import Chromium  # noqa: E402

from podium.errors import run  # noqa: E402
from podium.landmarks.clip_films import select  # noqa: E402
from podium.page.building import build  # noqa: E402
from podium.page.serving import server  # noqa: E402
from podium.storage.files import atomic_path  # noqa: E402
from podium.systems.fingerspelling.corpus.clip import record  # noqa: E402
from podium.systems.fingerspelling.corpus.person import sample_person  # noqa: E402
from podium.systems.fingerspelling.landmarks import SELECTION  # noqa: E402

SCREENS = [(1120, 640, "light"), (400, 640, "dark")]  # width, height
TEMPO = 9.0  # frames per letter
GAP = 12  # pixels


def write_clip(path: Path, text: str, seed: int) -> None:
    """A virtual person who spells a text, as the page takes it."""
    rng = np.random.default_rng(seed)
    clip_FL3 = record(text, sample_person(rng), TEMPO, rng)
    np.save(path, np.stack([select(x_L3.astype(np.float32), SELECTION) for x_L3 in clip_FL3]))


def screenshots(site: Path, clip: Path, profile: Path) -> list[bytes]:
    """PNGs of the page that has read a clip, one for each of `SCREENS`."""
    found = []
    with server(site, 0) as serving, Chromium(profile) as page:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        page.show(*SCREENS[0])
        page.open(f"http://localhost:{serving.server_port}")
        page.wait("document.querySelector('#status').textContent === 'ready'")
        page.choose("#file", clip)
        page.wait("document.querySelector('#status').textContent === 'done'")
        page.value("document.activeElement.blur()")
        for screen in SCREENS:
            page.show(*screen)
            found.append(page.picture())
        serving.shutdown()
    return found


def draw(path: Path, model: Path | None, text: str, seed: int) -> None:
    """Writes the picture."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        site, clip = Path(folder) / "page", Path(folder) / "virtual.npy"
        build(site, model)
        write_clip(clip, text, seed)
        pictures = [Image.open(io.BytesIO(one)) for one in screenshots(site, clip, Path(folder) / "profile")]
    whole = Image.new("RGB", (sum(width for width, _, _ in SCREENS) + GAP, SCREENS[0][1]), "white")
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width + GAP
    with atomic_path(path) as partial:
        whole.quantize(128).save(partial, format="png", optimize=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Draw the page that reads a virtual signer.")
    parser.add_argument("path", type=Path, help="the PNG to write")
    parser.add_argument("--model", type=Path, help="the folder of an export (the model that comes with Podium)")
    parser.add_argument("--text", default="zoe kay")
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    draw(arguments.path, arguments.model, arguments.text, arguments.seed)


if __name__ == "__main__":
    run(main)
