"""All that a dataset needs from Kaggle, from the first question to raw files with a receipt."""

import hashlib
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from podium.config import Archive, Dataset, KagglePreparedSource, KaggleSource
from podium.data.download import archive as zips
from podium.data.download.client import Remote
from podium.data.download.space import check_space
from podium.data.download.transfer import fetch, probe
from podium.data.sources.base import CSV_NAMES
from podium.errors import UserError
from podium.files import atomic_path, read_json, write_json
from podium.landmarks import COLUMNS

CONTENTS = "contents.json"  # beside the raw files: what has been unpacked, written last


@dataclass(frozen=True)
class Part:
    """One archive of a dataset.

    Attributes:
        place: From a member's name to its path below the raw folder, or None for what nobody needs.
    """

    remote: Remote
    archive: Archive
    place: Callable[[str], str | None]


def download(dataset: Dataset, raw: Path, archives: Path) -> dict:
    """Fetches, checks and unpacks what is not yet there; then checks that it is what the dataset file promises.

    Args:
        dataset: With a source of Kaggle's.
        raw: Folder of the raw files.
        archives: Folder for what is under way, and for archives that are kept; removed in the end where none are.

    Returns:
        The receipt, for JSON: where it came from, number and size of the files, and a digest over all of them.

    Raises:
        UserError: Something is missing or wrong. What has arrived stays, and another run goes on with it.
    """
    source = dataset.source
    if not isinstance(source, KaggleSource | KagglePreparedSource):
        raise UserError(f"dataset '{dataset.name}': source.kind is '{source.kind}'; nothing has to be downloaded")
    origin = _origin(source)
    contents = _known_contents(raw, origin)
    if contents is None:
        contents = _fetch_all(dataset, raw, archives)
        write_json(raw / CONTENTS, {"origin": origin, "files": contents})
    _check_promises(source, raw, contents)
    if not source.keep_archive:
        shutil.rmtree(archives, ignore_errors=True)
    listed = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()
    num_bytes = sum(size for size, _ in contents.values())
    return {"origin": origin, "num_files": len(contents), "num_bytes": num_bytes, "sha256_of_list": listed}


def _origin(source: KaggleSource | KagglePreparedSource) -> list[str]:
    if isinstance(source, KaggleSource):
        return [source.competition]
    return [source.competition, *(split.dataset for split in source.splits.values())]


def _known_contents(raw: Path, origin: list[str]) -> dict[str, list[int]] | None:
    """What an earlier run has unpacked; None where something has to be fetched."""
    if not (raw / CONTENTS).is_file():
        return None
    known = read_json(raw / CONTENTS)
    if known["origin"] != origin:
        raise UserError(
            f"{raw} holds {' and '.join(known['origin'])}, not {' and '.join(origin)}; remove the folder, or give the "
            "dataset another name"
        )
    files = known["files"]
    complete = all((raw / path).is_file() and (raw / path).stat().st_size == size for path, (size, _) in files.items())
    return files if complete else None


def _fetch_all(dataset: Dataset, raw: Path, archives: Path) -> dict[str, list[int]]:
    source = dataset.source
    parts = _parts(source)
    given = source.tables if isinstance(source, KagglePreparedSource) else None
    for name in _tables(source) if given else []:
        if not Path(given, name).is_file():
            raise UserError(f"{Path(given, name)} does not exist; source.tables must be a folder with {name}")
    tables = [] if isinstance(source, KaggleSource) or given else list(_tables(source))
    waiting = [part for part in parts if not zips.directory_path(_local(part.remote, archives)).is_file()]
    sizes = {part.remote: probe(part.remote, source) for part in waiting}
    for table in tables:
        probe(Remote(source.competition, table), source)
    arrived = [_local(part.remote, archives).stat().st_size for part in parts if part not in waiting]
    unpacked_bytes = sum(part.archive.unpacked_gb * 1e9 for part in parts)
    announced = [size if size is not None else unpacked_bytes / len(parts) for size in sizes.values()]
    check_space(dataset, sum(arrived + announced), unpacked_bytes, [raw, archives])
    contents = {}
    for part in parts:
        path = _local(part.remote, archives)
        if part in waiting:
            fetch(part.remote, path, source)
        contents |= _unpacked(part, path, raw, part in waiting, source.keep_archive)
    for name in tables:
        remote = Remote(source.competition, name)
        fetch(remote, archives / name, source)
        contents |= _place_table(archives / name, raw / name)
    for name in _tables(source) if given else []:
        contents |= _place_table(Path(given, name), raw / name)
    return contents


def _parts(source: KaggleSource | KagglePreparedSource) -> list[Part]:
    if isinstance(source, KaggleSource):
        return [Part(Remote(source.competition), source.archive, partial(_place_competition, source))]
    return [
        Part(Remote(split.dataset), split.archive, partial(_place_prepared, name, set(split.file_ids)))
        for name, split in source.splits.items()
    ]


def _tables(source: KaggleSource | KagglePreparedSource) -> Iterator[str]:
    return (CSV_NAMES[split] for split in source.splits)


def _local(remote: Remote, archives: Path) -> Path:
    """Where the client puts an archive."""
    return archives / f"{remote.name.split('/')[-1]}.zip"


def _place_competition(source: KaggleSource, name: str) -> str | None:
    wanted = {*_tables(source), "character_to_prediction_index.json"}
    split, _, file = name.partition("_landmarks/")
    if split in source.splits and re.fullmatch(r"\d+\.parquet", file):
        return name if int(file.removesuffix(".parquet")) in source.splits[split].file_ids else None
    return name if name in wanted else None


def _place_prepared(split: str, file_ids: set[int], name: str) -> str | None:
    """Folders above are the publisher's: train_landmarks_npy/ in one archive, supplemental_landmarks/ in another."""
    found = re.fullmatch(r"(?:.*/)?(\d+)/(\d+)\.npy", name)
    if found and int(found[1]) in file_ids:
        return f"{split}_landmarks/{found[1]}/{found[2]}.npy"
    return f"{split}_landmarks/inference_args.json" if name.split("/")[-1] == "inference_args.json" else None


def _unpacked(part: Part, path: Path, raw: Path, is_new: bool, is_kept: bool) -> dict[str, list[int]]:
    """Checks an archive that has arrived and unpacks it. A bad one is removed, so that another run fetches it anew."""
    try:
        if is_new:
            _check_digest(path, part.archive.sha256)
            zips.keep_directory(path)
        return zips.unpack(path, raw, part.place, part.archive.unpacked_gb * 1e9, is_kept)
    except zips.ArchiveError as error:
        for file in (path, zips.directory_path(path)):
            file.unlink(missing_ok=True)
        raise UserError(f"{part.remote}: {error}; the archive was removed, run again to fetch it anew") from None


def _check_digest(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        return
    with open(path, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise zips.ArchiveError(f"the sha256 of {path.name} is {found}, the dataset file says {sha256}")


def _place_table(source: Path, target: Path) -> dict[str, list[int]]:
    """Copies a csv file, out of a zip file where Kaggle has packed it."""
    if zipfile.is_zipfile(source):
        zips.keep_directory(source)
        return zips.unpack(source, target.parent, lambda name: name if name == target.name else None, 1e9, is_kept=True)
    with atomic_path(target) as partial_path:
        shutil.copyfile(source, partial_path)
    return {target.name: [target.stat().st_size, zlib.crc32(target.read_bytes())]}


def _check_promises(source: KaggleSource | KagglePreparedSource, raw: Path, contents: dict[str, list[int]]) -> None:
    """What the dataset file names must be there."""
    for path in (path for path in contents if path.endswith("inference_args.json")):
        if set(read_json(raw / path).get("selected_columns", [])) != set(COLUMNS):
            raise UserError(f"{raw / path} names other columns than the 390 that Podium reads; the arrays do not fit")
    folders = {path.rsplit("/", 1)[0] for path in contents}
    for name, split in source.splits.items():
        known = contents if isinstance(source, KaggleSource) else folders
        ending = ".parquet" if isinstance(source, KaggleSource) else ""
        expected = [CSV_NAMES[name]] if isinstance(source, KaggleSource) else []
        expected += [f"{name}_landmarks/{file_id}{ending}" for file_id in split.file_ids]
        missing = [path for path in expected if path not in known]
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise UserError(f"the download lacks {missing[0]}{more}; correct splits.{name} in the dataset file")
        if split.num_sequences is not None:
            num_rows = len(pd.read_csv(raw / CSV_NAMES[name], usecols=[0]))
            if num_rows != split.num_sequences:
                raise UserError(
                    f"{raw / CSV_NAMES[name]} has {num_rows} rows, splits.{name}.num_sequences says "
                    f"{split.num_sequences}; correct it if the data is right"
                )
