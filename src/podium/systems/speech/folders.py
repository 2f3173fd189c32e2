"""A corpus that lies in folders of wav files, one for each word: which there are, whose clips, and what they are for.

Speech Commands and the competition have no tables: the folder is the label, and the name of a file tells the speaker.
"""

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from podium.config import Dataset
from podium.data import columns
from podium.data.sources import SPLITS, Source
from podium.errors import UserError
from podium.storage import tables
from podium.systems.speech.labels import LABEL, LABELS, NOISE, UNLABELLED, check_commands
from podium.systems.speech.names import AND, clip_id, participant_of, percentage, speaker_of, wav_names

_FOLDERS_PER_FILE = 8  # so that jobs are few, and two cores are busy


class Layout(NamedTuple):
    """Where the folders lie below the root; "" is the root.

    Attributes:
        words: Holds a folder for each word, perhaps `NOISE`, and perhaps the archive's lists.
        unlabelled: Holds wav files without labels; None if there are none.
        test: Holds a folder for each word or class of a hidden test; None if there is none, or a list names it.
    """

    words: str
    unlabelled: str | None
    test: str | None


class Folders(Source):
    """A source whose raw files are a few folders each, and whose rows are the files in them.

    The path of a raw file is that of its folders, their names joined by `AND`. The splits: "train"; "supplemental" has
    no labels, unless ``labels.csv`` in the root tells them (columns path, label, speaker); "test" is the hidden test.

    A kind derives from this and says `layout`, `folder_names` and `fingerprint`.
    """

    labels = LABELS
    layout: Layout
    validation_percent = 10.0  # of the speakers to learn from, by their hash
    test_percent = 0.0

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self._validation_speakers: set[int] = set()

    @abstractmethod
    def folder_names(self, place: str) -> list[str]:
        """Names of the folders below `Layout.words` or `Layout.test`; known before the files are there."""

    def splits(self) -> list[str]:
        return [split for split in SPLITS if self._places[split]]

    def file_ids(self, split: str) -> list[int]:
        return list(range(len(self._places[split])))

    def raw_file(self, split: str, file_id: int | str) -> str:
        """As `Source.raw_file`: the folders."""
        return f"{self.root}/{self.csv_path(split, int(file_id))}"

    def csv_path(self, split: str, file_id: int) -> str:
        """The folders below the root."""
        place, names = self._places[split][file_id]
        return "/".join(filter(None, [place, AND.join(names)]))

    def tables(self) -> list[str]:
        """None: there are no csv files with columns of the house."""
        return []

    def csv(self, split: str) -> str:
        """What a message names in place of a csv file."""
        return f"{self.root}/{self.layout.words}" if split != "test" else f"{self.root}/{self.layout.test}"

    def read(self) -> dict[str, pd.DataFrame]:
        """As `Source.read`; the label of an unlabelled clip is `UNLABELLED`, that of a noise recording `NOISE`.

        Raises:
            UserError: A folder is missing, or a command has no clips to learn from.
        """
        return self._rows

    def held_out(self, participants: list[int]) -> set[int] | None:
        """Speakers who validate: by the archive's list or, without it, by their hash."""
        self.read()
        return self._validation_speakers.intersection(participants)

    @cached_property
    def _places(self) -> dict[str, list[tuple[str, list[str]]]]:
        """Of each split the raw files, by file id: where the folders are below the root, and their names."""
        layout = self.layout
        words = self._grouped(layout.words)
        found = {"train": words, "supplemental": [], "test": []}
        if layout.unlabelled is not None:
            place, _, name = layout.unlabelled.rpartition("/")
            found["supplemental"] = [(place, [name])]
        if layout.test is not None:
            found["test"] = self._grouped(layout.test)
        elif self.has_test_speakers():
            found["test"] = words
        return found

    def _grouped(self, place: str) -> list[tuple[str, list[str]]]:
        names = sorted(self.folder_names(place))
        step = _FOLDERS_PER_FILE
        return [(place, names[begin : begin + step]) for begin in range(0, len(names), step)]

    def has_test_speakers(self) -> bool:
        """Whether speakers of the hidden test lie among those to learn from; known before the files are there."""
        return self.test_percent > 0

    @cached_property
    def _rows(self) -> dict[str, pd.DataFrame]:
        told = _told(Path(self.root, "labels.csv"))
        rows = {}
        for split in self.splits():
            found = []
            for file_id, (place, words) in enumerate(self._places[split]):
                path = self.csv_path(split, file_id)
                for word, name in self._files(place, words):
                    label = UNLABELLED if split == "supplemental" else word
                    label, speaker = told.get("/".join(filter(None, [place, word, name])), (label, speaker_of(name)))
                    # Each noise recording is by somebody else, so that no fold is left without any.
                    participant = participant_of(f"{NOISE}/{name}" if word == NOISE else speaker)
                    if self._split_of(split, word, name, speaker, participant) == split:
                        found.append((path, file_id, clip_id(word, name), participant, label, ""))
            frame = pd.DataFrame(found, columns=[*columns.raw(LABEL), "skipped"])
            rows[split] = frame.astype(dict.fromkeys(("file_id", "sequence_id", "participant_id"), "int64"))
        check_commands(set(rows["train"][LABEL]), self.csv("train"))
        return rows

    def _files(self, place: str, words: list[str]) -> Iterator[tuple[str, str]]:
        """Folder and name of each wav file."""
        for word in words:
            yield from ((word, name) for name in wav_names(Path(self.root, place, word)))

    def _split_of(self, split: str, word: str, name: str, speaker: str, participant: int) -> str:
        """The split of a file in a folder of ``split``; notes whose clips validate."""
        is_shared = split == "train" or self.layout.test is None
        if split == "supplemental" or not is_shared or word == NOISE or not speaker:
            return "train" if split == "test" and is_shared else split
        validation, testing = self._lists
        if testing is not None:
            is_test, validates = f"{word}/{name}" in testing, f"{word}/{name}" in (validation or ())
        else:
            place = percentage(speaker)
            validates = place < self.validation_percent
            is_test = not validates and place < self.validation_percent + self.test_percent
        if validates:
            self._validation_speakers.add(participant)
        return "test" if is_test else "train"

    @cached_property
    def _lists(self) -> tuple[set[str] | None, set[str] | None]:
        """The archive's lists of the files that validate, and of those that test; None where there is none."""
        folder = Path(self.root, self.layout.words)
        return _listed(folder / "validation_list.txt"), _listed(folder / "testing_list.txt")


def _listed(path: Path) -> set[str] | None:
    """The entries of an archive's list; None if there is none."""
    try:
        return set(path.read_text(encoding="utf-8").split())
    except OSError:
        return None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text; fetch it again") from None


def _told(path: Path) -> dict[str, tuple[str, str]]:
    """Label and speaker by path, of a ``labels.csv``; nothing if there is none."""
    wanted = ["path", "label", "speaker"]
    try:
        table = tables.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        return {}
    if missing := [name for name in wanted if name not in table]:
        raise UserError(f"{path} lacks the column(s) {', '.join(missing)}; it needs path, label and speaker")
    return {path: (label, speaker) for path, label, speaker in table[wanted].itertuples(index=False)}
