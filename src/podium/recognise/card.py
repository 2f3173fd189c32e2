"""The model card beside a .tflite file: whether it describes that file."""

from pathlib import Path

from podium.errors import UserError
from podium.storage.files import file_digest, read_json

NAME = "model_card.json"
_REMEDY = "export both again, or put the file into a folder of its own"


def listed_files(model: Path) -> dict[str, str] | None:
    """sha256 of the files that the card beside a model describes, by name; None if there is no card.

    Raises:
        UserError: The card is damaged.
    """
    card = model.with_name(NAME)
    if not card.is_file():
        return None
    files = read_json(card, "files")["files"]
    if not isinstance(files, list) or not all(isinstance(one, dict) for one in files):
        raise UserError(f"{card} does not list its 'files'; export the model again")
    return {str(one.get("file")): str(one.get("sha256")) for one in files}


def card_problem(model: Path) -> str:
    """Why the card beside a .tflite file does not describe it; "" if it does, or if there is no card.

    Such a file may be the rest of an earlier export. It answers like any other, with an older network.
    """
    if model.suffix != ".tflite":
        return ""
    try:
        listed = listed_files(model)
    except UserError as error:
        return str(error)
    if listed is None or file_digest(model) in listed.values():
        return ""
    if model.name in listed:
        return f"{model} is not the file that {NAME} beside it describes (another sha256); {_REMEDY}"
    others = ", ".join(listed) or "nothing"
    return f"{model} is not among the files of {NAME} beside it ({others}); it may be of an earlier export; {_REMEDY}"
