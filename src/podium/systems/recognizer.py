"""Podium as a library: a clip in, text out.

    from podium import Recognizer

    recognizer = Recognizer("results/demo/export/model.tflite")
    print(recognizer.read(landmarks).text)
"""

from pathlib import Path
from types import ModuleType
from typing import Any

from podium.errors import UserError
from podium.recognise import recognizer
from podium.recognise.recognizer import Ask, find_model, open_tflite
from podium.recognise.settings import SETTINGS_FILE, read_settings, system_in
from podium.recognise.tflite import TfliteFile
from podium.systems import names, part
from podium.systems.files import read_recipe


class Recognizer(recognizer.Recognizer):
    """A model, whatever it is: a ``.tflite`` file, or a network in torch.

    Whose model it is stands in the ``inference_args.json`` beside a ``.tflite`` file. A file alone opens, too, if what
    it takes and returns tells its system.

    Args:
        path: A ``.tflite`` file; a ``.safetensors`` file with the ``recipe.json`` of its training beside it; or a
            folder that holds one of both as ``model.tflite`` or ``model.safetensors``.
        num_threads: Threads that work on one clip, at most 256. Those of torch are shared by the whole process.

    Raises:
        UserError: The file is absent or is none of Podium's, the model card beside it is of another file, or
            ``num_threads`` is no number of threads.
    """

    def __init__(self, path: str | Path, num_threads: int = 1) -> None:
        recognizer.check_threads(num_threads)
        path = find_model(path)
        place = path.with_name(SETTINGS_FILE)
        settings = read_settings(place)
        if path.suffix == ".tflite":
            system = system_in(settings, place) if place.is_file() else None
            if system:
                part(system, "answers").check_settings(settings, place)
            file = open_tflite(path, num_threads)
            answers = part(system or _system_of(path, file), "answers")
            if not answers.is_own(file.inputs, file.outputs):
                raise UserError(f"{path} does not take or return what a file of its system does; export it again")
            ask: Ask = file.answer
        elif path.suffix == ".safetensors":
            system, recipe = read_recipe(path.with_name("recipe.json"))
            answers = part(system, "answers")
            answers.check_settings(settings, place)
            settings = {"frame_rate": settings.get("frame_rate")}  # nothing is built in
            ask = _open_weights(path, part(system, "learner"), recipe, num_threads)
        else:
            raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
        super().__init__(path, answers, ask, settings)


def _system_of(path: Path, file: TfliteFile) -> str:
    """Whose file it is, by what it takes and returns."""
    found = [system for system in names() if part(system, "answers").is_own(file.inputs, file.outputs)]
    if not found:
        raise UserError(f"{path} does not take or return what a file of a system does; it is not one of Podium's files")
    if len(found) > 1:
        raise UserError(f"{path} may be of {' or '.join(found)}; put the {SETTINGS_FILE} of its export beside it")
    return found[0]


def _open_weights(path: Path, learner: ModuleType, recipe: Any, num_threads: int) -> Ask:
    import torch

    from podium.training.weights import load_network

    torch.set_num_threads(num_threads)
    return learner.assemble([load_network(path, learner, recipe)], [recipe], {}).answer
