"""Puts the page together: scripts, the model with its card, MediaPipe's models. Any web server can serve the folder."""

import shutil
import tempfile
import zipfile
from pathlib import Path

from podium.errors import UserError
from podium.landmarks.pictures.packages import cache_folder
from podium.landmarks.pictures.task_file import holistic_task
from podium.page.modules import NAME as MODULES
from podium.page.modules import SITE, modules
from podium.recognise.card import NAME as CARD
from podium.recognise.card import card_problem
from podium.recognise.pretrained import WEB, pretrained
from podium.recognise.settings import SETTINGS_FILE
from podium.storage.files import check_writable, read_json

TASK, DETECTOR = "holistic.task", "pose_detector.tflite"
_OURS = "film_reader.mjs"  # which no folder but a page has


def build(folder: Path, model: Path | None = None, task: Path | None = None) -> None:
    """Makes the folder, or makes it anew if a page is in it; whole or not at all.

    Args:
        folder: Where.
        model: A ``model_web.tflite``, or the folder of one, with card and settings beside it; None takes the model
            that comes with Podium.
        task: MediaPipe's models, a file of the user's own.

    Raises:
        UserError: Something else is in the folder, the model is none for the page, or the network is needed and absent.
    """
    if folder.exists() and not (folder / _OURS).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already and holds no page; name another folder with --out")
    web = web_model(model)
    packages, task = modules(), None if is_of_sound(web) else holistic_task(task)
    folder.parent.mkdir(parents=True, exist_ok=True)
    check_writable(folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".page_") as workplace:
        made, former = Path(workplace) / "made", Path(workplace) / "former"
        shutil.copytree(SITE, made, ignore=shutil.ignore_patterns(MODULES, "package*.json", "model_*", SETTINGS_FILE))
        shutil.copytree(packages, made / MODULES)
        shutil.copyfile(web, made / WEB)
        for name in (CARD, SETTINGS_FILE):
            shutil.copyfile(web.with_name(name), made / name)
        if task:
            shutil.copyfile(task, made / TASK)
            with zipfile.ZipFile(task) as archive:
                (made / DETECTOR).write_bytes(archive.read(DETECTOR))
        if folder.exists():
            folder.rename(former)
        made.rename(folder)


def default_folder() -> Path:
    """Where the page is made unless somebody says otherwise."""
    return cache_folder() / "page"


def web_model(named: Path | None) -> Path:
    """The file for browsers that a path means.

    Raises:
        UserError: It is absent, its card or settings are, or the page does not know what it says.
    """
    path = named or pretrained().parent
    path = path / WEB if path.is_dir() else path
    if not path.is_file():
        raise UserError(f"{path} does not exist; name a {WEB}, or export the model with the format web")
    missing = [name for name in (CARD, SETTINGS_FILE) if not path.with_name(name).is_file()]
    if missing:
        raise UserError(f"{path} lacks {' and '.join(missing)} beside it; take all three from one export")
    if problem := card_problem(path):
        raise UserError(problem)
    if path.name != WEB:
        raise UserError(f"{path} is not the file for browsers; name the {WEB} of an export")
    card = read_json(path.with_name(CARD), "input", "output")
    if not is_of_sound(path) and not ("columns" in card["input"] and "alphabet" in card["output"]):
        raise UserError(
            f"{path} is none that the page can read with; it takes models of landmarks that write letters, and of sound"
        )
    return path


def is_of_sound(web: Path) -> bool:
    """Whether a file hears words rather than reads landmarks, by the card beside it."""
    card = read_json(web.with_name(CARD), "input", "output")
    return "sample_rate" in card["input"] and "classes" in card["output"]
