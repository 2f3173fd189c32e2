"""A folder in the competition's layout that the user already has."""

from functools import cached_property
from pathlib import Path

from podium.data.sources import local
from podium.errors import UserError
from podium.provenance import digest
from podium.storage.digests import digests_of
from podium.systems.signs.sources.layout import Layout
from podium.systems.signs.sources.registry import KINDS


@KINDS.register("local")
class Local(Layout, local.Local):
    """See `podium.data.sources.local.Local`. A clip that its csv names and that is not there is counted when packed."""

    def table_arrivals(self) -> list[str]:
        """As `Source.table_arrivals`: the map of signs as well."""
        return [*self.tables(), self.map_path]

    def fingerprint(self) -> str:
        """As `podium.data.sources.local.Local.fingerprint`.

        Raises:
            UserError: A signer's folder is missing, a file cannot be read, or the map numbers the signs wrongly.
        """
        self.labels  # noqa: B018  checked now, before anything is made
        return digest(list(digests_of(self.table_arrivals()).values()), self._clips)

    def digest(self, split: str, file_id: int) -> str:
        """None: a raw file is a folder, whose files `fingerprint` covers."""
        return ""

    @cached_property
    def _clips(self) -> dict[str, str]:
        """sha256 of each clip that is there, by its path below the root.

        Raises:
            UserError: A signer's folder is missing.
        """
        paths = {}
        for split in self.splits():
            for file_id in self.file_ids(split):
                folder = Path(self.raw_file(split, file_id))
                if not folder.is_dir():
                    raise UserError(f"{folder} is no folder, but a csv file in {self.root} names clips in it")
                paths |= {path.relative_to(self.root).as_posix(): str(path) for path in folder.glob("*.parquet")}
        known = digests_of(paths.values())
        return {name: known[path] for name, path in sorted(paths.items())}
