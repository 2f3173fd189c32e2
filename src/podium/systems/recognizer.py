"""Podium as a library: a clip in, text out.

    from podium import Recognizer

    recognizer = Recognizer("results/demo/export/model.tflite")
    print(recognizer.read(landmarks).text)

    recognizer = Recognizer("results/EXPERIMENT/STAGE", beam=8)  # trained networks: slower, with fewer errors
"""

from numbers import Integral
from pathlib import Path
from types import ModuleType
from typing import Any

from podium.errors import UserError
from podium.recognise import recognizer
from podium.recognise.recognizer import Ask, find_model, open_tflite, seeds_in
from podium.recognise.settings import SETTINGS_FILE, read_settings, system_in
from podium.recognise.tflite import TfliteFile
from podium.systems import names, part
from podium.systems.files import read_recipes


class Recognizer(recognizer.Recognizer):
    """A model, whatever it is: a ``.tflite`` file, or a network in torch.

    Whose model it is stands in the ``inference_args.json`` beside a ``.tflite`` file. A file alone opens, too, if what
    it takes and returns tells its system.

    Args:
        path: A ``.tflite`` file; a ``.safetensors`` file with the ``recipe.json`` of its training beside it; a
            folder that holds one of both as ``model.tflite`` or ``model.safetensors``; or the folder of a stage, whose
            seeds then read together, with the settings of the experiment's export if there is one.
        num_threads: Threads that work on one clip, at most 256. Those of torch are shared by the whole process.
        beam: Beginnings of a text that networks keep which write texts; 1 reads greedily, as a file does.

    Attributes:
        seeds: Of a stage: the networks that read together. Empty otherwise.

    Raises:
        UserError: The file is absent or is none of Podium's, the model card beside it is of another file,
            ``num_threads`` is no number of threads, or the model does not read with a beam.
    """

    def __init__(self, path: str | Path, num_threads: int = 1, beam: int = 1) -> None:
        recognizer.check_threads(num_threads)
        if not isinstance(beam, Integral) or isinstance(beam, bool) or beam < 1:
            raise UserError(f"a beam has a whole number of beginnings, at least 1, not {beam!r}")
        seeds, named = seeds_in(path), Path(path)
        path = seeds[0] if seeds else find_model(path)
        place = named.resolve().parent / "export" / SETTINGS_FILE if seeds else path.with_name(SETTINGS_FILE)
        settings = read_settings(place)
        if path.suffix == ".tflite":
            if beam > 1:
                raise UserError(
                    f"{path} reads greedily; a beam needs trained networks: name a .safetensors file, or the folder of"
                    " a stage, results/EXPERIMENT/STAGE"
                )
            system = system_in(settings, place) if place.is_file() else None
            if system:
                part(system, "answers").check_settings(settings, place)
            file = open_tflite(path, num_threads)
            answers = part(system or _system_of(path, file), "answers")
            if not answers.is_own(file.inputs, file.outputs):
                raise UserError(f"{path} does not take or return what a file of its system does; export it again")
            ask: Ask = file.answer
        elif path.suffix == ".safetensors":
            files = seeds or [path]
            system, recipes = read_recipes([file.with_name("recipe.json") for file in files])
            if any(recipe != recipes[0] for recipe in recipes):
                raise UserError(f"{named}: its seeds were trained with different recipes; train them again")
            answers = part(system, "answers")
            answers.check_settings(settings, place)
            if not seeds:
                settings = {"frame_rate": settings.get("frame_rate")}  # nothing is built in
            ask = _open_weights(files, recipes, part(system, "learner"), settings if seeds else {}, num_threads, beam)
        else:
            raise UserError(f"{path} is no model; name a .tflite or .safetensors file, or the folder of one")
        super().__init__(named if seeds else path, answers, ask, settings)
        self.seeds = tuple(seeds)


def _system_of(path: Path, file: TfliteFile) -> str:
    """Whose file it is, by what it takes and returns."""
    found = [system for system in names() if part(system, "answers").is_own(file.inputs, file.outputs)]
    if not found:
        raise UserError(f"{path} does not take or return what a file of a system does; it is not one of Podium's files")
    if len(found) > 1:
        raise UserError(f"{path} may be of {' or '.join(found)}; put the {SETTINGS_FILE} of its export beside it")
    return found[0]


def _open_weights(
    files: list[Path], recipes: list[Any], learner: ModuleType, settings: dict[str, Any], num_threads: int, beam: int
) -> Ask:
    import torch

    from podium.training.weights import load_network

    if beam > 1 and not hasattr(learner, "search"):
        raise UserError(f"{files[0]} does not write texts; only networks that do read with a beam")
    torch.set_num_threads(num_threads)
    networks = [load_network(file, learner, recipe) for file, recipe in zip(files, recipes, strict=True)]
    if beam > 1:
        return learner.search(networks, recipes, settings, int(beam)).answer
    return learner.assemble(networks, recipes, settings).answer
