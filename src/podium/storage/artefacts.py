"""Files that one preprocessing command leaves for the next."""

from pathlib import Path

from podium.errors import UserError


def made_by(path: Path, command: str) -> Path:
    """``path`` itself.

    Args:
        command: A script of the workflow.

    Raises:
        UserError: It does not exist; the message names the command that writes it.
    """
    if not path.is_file():
        stage = "data" if path.parent.parent.name == "data" else path.parent.name  # as folders of results are called
        raise UserError(f"{path} does not exist; {command} writes it: run `snakemake {stage}`")
    return path
