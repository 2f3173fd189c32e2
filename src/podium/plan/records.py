"""What every artefact was made of, in a file beside it: ``.provenance/NAME.json`` in the artefact's folder.

Snakemake writes such records, and keeps them under ``.snakemake/``. There they stay behind when ``results/`` is moved
or copied, and an artefact without a record counts as finished, whatever it was made of. These records move with the
artefacts, and an artefact without one is made again.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from snakemake.exceptions import ProtectedOutputException
from snakemake.persistence import MetadataRecord, ParamsChange
from snakemake.persistence.file import FilePersistence

from podium.errors import UserError, run
from podium.plan.reasons import Parts, read_parts, reasons
from podium.storage.digests import digests_of
from podium.storage.files import check_writable, read_json, remove, write_text

RESULTS = "results/"
FOLDER = ".provenance"
_RAW = re.compile(r"results/data/[^/]+/raw/")
UNKNOWN = "nothing says what it was made of"
CUT = "it is not as large as it was when it was made"


class ChangeInWords(ParamsChange):
    """Changed parameters as `podium.plan.reasons` tells them."""

    def __str__(self) -> str:
        return "; ".join(sorted(self.only_new))


class Records(FilePersistence):
    """Snakemake's records: of artefacts below ``results/`` beside these, of all other files in their usual place.

    Attributes:
        parts: What today's fingerprints are made of, see `podium.plan.fingerprints.Fingerprints`.
    """

    parts: dict[str, Parts] = {}

    @contextmanager
    def lock(self) -> Iterator[None]:
        """As Snakemake. It names the files that a run cannot write; if the whole folder is meant, that is told."""
        with super().lock():
            try:
                yield
            except ProtectedOutputException:
                run(lambda: check_writable("results"))
                raise

    def _record_path(self, subject: str, id: str) -> str:
        if subject == self._metadata_path and id.startswith(RESULTS):
            return record_of(id)
        return super()._record_path(subject, id)

    def _io_read(self, subject: str, id: str) -> dict[str, Any]:
        """As Snakemake; a damaged record counts as absent."""
        try:
            record = super()._io_read(subject, id)
            MetadataRecord.model_validate(record)
        except (OSError, ValueError, RecursionError):
            return {}
        return record

    def started(self, job: Any, external_jobid: str | None = None) -> None:
        """Forgets the records first: were the job killed, new files could lie beside old records."""
        for file in job.output:
            self._delete_record(self._get_key(file))
        super().started(job, external_jobid)

    def has_metadata(self, job: Any) -> bool:
        """Says yes: Snakemake takes an artefact without a record for finished, and `params_changed` does not."""
        return True

    def has_outdated_metadata(self, job: Any) -> bool:
        """Says no: a record of another version of Snakemake is compared like any other."""
        return False

    def params_changed(self, job: Any, file: Any = None) -> bool | ParamsChange:
        """Whether artefacts were made with other parameters (the stage's fingerprint is one), or with unknown ones.

        An absent artefact is not unknown: it is made if something needs it.
        """
        doubts = {one: self._doubt(one) for one in (job.output if file is None else [file]) if os.path.exists(one)}
        if doubtful := {one for one, doubt in doubts.items() if doubt}:
            return ParamsChange(only_new={doubts[one] for one in doubtful}, files=doubtful)
        change = super().params_changed(job, file)
        return self._in_words(change) if change else change

    def _in_words(self, change: ParamsChange) -> ParamsChange:
        """The same change, said by what fingerprints were made of and are made of now."""
        old, new = ({one.strip("'\"") for one in params} for params in (change.only_old, change.only_new))
        artefact = min(change.files)
        before = [parts for one in sorted(old) if (parts := read_parts(artefact, one)) is not None]
        now = [self.parts[one] for one in sorted(new) if one in self.parts]
        if len(before) == len(now) == 1 and (words := reasons(before[0], now[0])):
            return ChangeInWords(set(), set(words), change.files)
        return change

    def _doubt(self, file: str) -> str:
        """Why a file may be something else than its record says; "" if nothing speaks for that.

        A copy that was interrupted leaves files that are cut off. (Raw files may be a user's edits: `input_changed`.)
        """
        if self.params(file) is None:
            return UNKNOWN
        record = self._io_read(self._metadata_path, file)
        is_cut = not _RAW.match(file) and record.get("size") not in (None, _size(file))
        return CUT if is_cut else ""

    def _write_record(self, key: str, record: MetadataRecord) -> None:
        """Adds the digests of raw files that are too large for Snakemake."""
        raw = [path for path in record.input or [] if _RAW.match(path) and path not in record.input_checksums]
        found = digests_of(path for path in raw if os.path.isfile(path))
        record.input_checksums |= {path: f"sha256:{sha256}" for path, sha256 in found.items()}
        if key.startswith(RESULTS):  # whole or not at all; a hard link to the record keeps the old content
            write_text(record_of(key), json.dumps(dict(record.items()) | {"artefact": key, "size": _size(key)}))
        else:
            super()._write_record(key, record)

    def _delete_record(self, key: str) -> bool:
        """Unlike Snakemake, keeps folders that become empty: a job is about to write into them."""
        if not key.startswith(RESULTS):
            return super()._delete_record(key)
        is_there = os.path.exists(record_of(key))
        remove(record_of(key))
        return is_there

    def input_changed(self, job: Any, file: Any = None) -> Any:
        """As Snakemake, but stops if a raw file that the workflow makes was edited; no fingerprint covers that."""
        if not self.params_changed(job):
            run(lambda: self._check_raw_files(job))
        return super().input_changed(job, file)

    def _check_raw_files(self, job: Any) -> None:
        records = [self.metadata(file) for file in job.output]
        noted = {path: one for record in records if record for path, one in record.input_checksums.items()}
        raw = [path for path in map(str, job.input) if _RAW.match(path) and path in noted and os.path.isfile(path)]
        for path, sha256 in digests_of(raw).items():
            if noted[path] != f"sha256:{sha256}":
                raise UserError(
                    f"{path} was edited after {job.rule.name} had read it; delete it to go on as before, or copy the"
                    " raw folder and name the copy as a dataset of kind local"
                )

    def _input(self, job: Any) -> list[str]:
        """Only what lies below results/: fingerprints cover the content of recipes, raw files and published weights."""
        return [path for path in super()._input(job) if path.startswith(RESULTS)]


def keep_records_beside_artefacts() -> None:
    """From now on Snakemake uses `Records` in place of its own class; to be called while it reads the Snakefile."""
    from snakemake import workflow  # which needs all of Snakemake: only where that runs anyway

    workflow.FilePersistence = Records


def _size(path: str) -> int | None:
    """Bytes of a file; None of a folder, and of nothing."""
    return os.path.getsize(path) if os.path.isfile(path) else None


def record_of(artefact: str | Path) -> str:
    """Path of an artefact's record."""
    folder, name = os.path.split(artefact)
    return os.path.join(folder, FOLDER, f"{name}.json")


def recorded(folder: str | Path) -> dict[str, str]:
    """Artefacts below a folder that have a record, each with the name of the rule that has made it.

    Copies that a user has put elsewhere are none, though their records were copied with them.
    """
    found = {}
    for record in sorted(Path(folder).rglob(f"{FOLDER}/*.json")):
        artefact = str(record.parent.parent / record.name.removesuffix(".json"))
        try:
            content = read_json(record, "rule")
        except UserError:  # a damaged record
            continue
        if content.get("artefact", artefact) == artefact:
            found[artefact] = str(content["rule"])
    return found


def fingerprints_in(folder: str | Path) -> set[str]:
    """The parameters, fingerprints among them, that artefacts below a folder were made with."""
    found: set[str] = set()
    for record in Path(folder).rglob(f"{FOLDER}/*.json"):
        try:
            found |= {str(one).strip("'\"") for one in read_json(record, "params")["params"]}
        except (UserError, TypeError):  # damaged, or none of these records
            continue
    return found


def remove_what_nothing_makes(
    folders: Iterable[str], is_made: Callable[[str], bool], kept_rules: set[str]
) -> list[str]:
    """Removes artefacts of an earlier configuration. Files without a record are a user's own and stay.

    What rules of ``kept_rules`` have made took long. It stays, too, unless today's configuration makes something in its
    folder.

    Args:
        folders: Where to look.
        is_made: Whether a job of today's configuration makes an artefact.
        kept_rules: Names of rules.

    Returns:
        Paths of what was removed.
    """
    rules = {artefact: rule for folder in folders for artefact, rule in recorded(folder).items()}
    made = {artefact for artefact in rules if is_made(artefact)}
    busy = {os.path.dirname(artefact) for artefact in made}
    removed = []
    for artefact in sorted(rules.keys() - made):
        if rules[artefact] in kept_rules and os.path.dirname(artefact) not in busy:
            continue
        remove(artefact)
        remove(record_of(artefact))
        _prune(Path(artefact).parent)
        removed.append(artefact)
    return removed


def _prune(folder: Path) -> None:
    """Removes the folder, and those that hold it, as far as they are empty."""
    for place in (folder / FOLDER, folder, *folder.parents):
        try:
            place.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            if place.name != FOLDER:
                return
