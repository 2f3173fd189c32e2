"""The public archive Speech Commands, versions 0.01 and 0.02 (P. Warden, https://arxiv.org/abs/1804.03209)."""

import platform
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from tqdm import tqdm

from podium.config import Count, Dataset, Section
from podium.errors import UserError
from podium.provenance import digest
from podium.storage.files import atomic_path, file_digest
from podium.systems.speech.folders import Folders, Layout
from podium.systems.speech.labels import LATER_WORDS, NOISE, WORDS
from podium.systems.speech.sources.registry import KINDS

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 20
_TRIES = 8


class SpeechCommandsSource(Section):
    """The archive as its makers serve it, or a copy of it."""

    kind: Literal["speech_commands"]
    version: Literal["0.01", "0.02"] = "0.02"
    archive: str = Field(description="address or path of speech_commands_v….tar.gz")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(None, description="checked where stated")
    timeout_s: Count = Field(60, description="silence after which a connection is broken off")


@KINDS.register("speech_commands")
class SpeechCommands(Folders):
    """A folder for each word; the archive's lists say which clips validate and which are the hidden test."""

    section = SpeechCommandsSource
    is_remote = True
    layout = Layout("train/audio", None, None)

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.root = f"results/data/{dataset.name}/raw"
        self.receipt = f"results/data/{dataset.name}/download.json"

    def folder_names(self, place: str) -> list[str]:
        return [*WORDS, *(LATER_WORDS if self.dataset.source.version == "0.02" else ()), NOISE]

    def has_test_speakers(self) -> bool:
        return True

    def arrival(self, split: str, file_id: int | str) -> str:
        return self.receipt

    def table_arrivals(self) -> list[str]:
        return [self.receipt]

    def fingerprint(self) -> str:
        """Of what is asked for; an archive is never asked whether it has changed."""
        return digest(self.dataset.source.model_dump(mode="json", exclude={"timeout_s", "archive"}))

    def fetch(self, raw: Path, archives: Path) -> dict:
        """As `Source.fetch`."""
        section = self.dataset.source
        if not hasattr(tarfile, "data_filter"):  # before a download of gigabytes
            raise UserError(
                f"Python {platform.python_version()} cannot unpack {section.archive} safely; use 3.11.4 or newer, or"
                " unpack it by tar and take it as kind: local"
            )
        archive = Path(section.archive)
        if section.archive.startswith(("http://", "https://")):
            archive = archives / section.archive.rsplit("/", 1)[-1]
            _download(section.archive, archive, section.timeout_s)
        elif not archive.is_file():
            raise UserError(f"dataset '{self.dataset.name}': {archive} does not exist; correct source.archive")
        if section.sha256 and (found := file_digest(archive)) != section.sha256:
            raise UserError(f"the sha256 of {archive} is {found}, not {section.sha256}; remove it and run again")
        num_files, num_bytes = _unpack(archive, raw / self.layout.words)
        missing = [name for name in self.folder_names("") if not (raw / self.layout.words / name).is_dir()]
        if missing:
            raise UserError(f"{archive} lacks the folder(s) {', '.join(missing)}; correct source.version or archive")
        return {"origin": [section.archive], "num_files": num_files, "num_bytes": num_bytes}


def _download(address: str, path: Path, timeout_s: float) -> None:
    """Fetches a file, going on where an earlier attempt or run ended."""
    import requests  # no plan must wait for it

    path.parent.mkdir(parents=True, exist_ok=True)
    partial, error = path.with_name(f"{path.name}.part"), None
    for _ in range(_TRIES if not path.is_file() else 0):
        begin = partial.stat().st_size if partial.is_file() else 0
        try:
            headers = {"Range": f"bytes={begin}-", "Accept-Encoding": "identity"}
            with requests.get(address, headers=headers, stream=True, timeout=timeout_s) as answer:
                if answer.status_code != requests.codes.requested_range_not_satisfiable:
                    answer.raise_for_status()
                    _write(answer, partial, begin)
            partial.rename(path)
            return
        except requests.exceptions.HTTPError as refused:
            raise UserError(f"{address} cannot be fetched ({refused.response.status_code}); correct it") from None
        except requests.exceptions.RequestException as broken:
            error = broken
    if error:
        raise UserError(f"{address} cannot be fetched ({type(error).__name__}); run again to go on")


def _write(answer: "requests.Response", partial: Path, begin: int) -> None:
    is_rest = answer.status_code == 206  # else the server does not go on, and sends all
    left = int(answer.headers.get("Content-Length", 0)) or None
    with open(partial, "ab" if is_rest else "wb") as stream, tqdm(total=left, unit="B", unit_scale=True) as bar:
        for chunk in answer.iter_content(_CHUNK):
            stream.write(chunk)
            bar.update(len(chunk))


def _unpack(archive: Path, folder: Path) -> tuple[int, int]:
    """Unpacks an archive in one piece; returns the number of files and of bytes.

    Raises:
        UserError: It is damaged, or has members that lead outside.
    """
    try:
        with atomic_path(folder) as partial, tarfile.open(archive) as packed:
            packed.extractall(partial, filter="data")
            files = [path.stat().st_size for path in partial.rglob("*") if path.is_file()]
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UserError(f"{archive} is damaged or no tar.gz archive ({error}); remove it and run again") from None
    return len(files), sum(files)
