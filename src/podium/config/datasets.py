"""``config/datasets/NAME.yaml``: corpora and where they come from."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field, StrictInt, create_model, model_validator

from podium.config.base import Count, Name, Section, Seed

FRAME_RATES = (1, 1000)  # frames a second; a number beyond these is a time or a count


class LocalSource(Section):
    """A folder in the competition's layout that the user already has."""

    kind: Literal["local"]
    root: str = Field(description="folder with train.csv and train_landmarks/, relative to the working directory")
    num_test_participants: int = Field(0, ge=0, description="people set aside as a hidden test")
    seed: Seed = Field(0, description="chooses these people")


class RemoteSplit(Section):
    """What a split of a download must hold; checked when it has arrived."""

    file_ids: Annotated[list[Annotated[StrictInt, Field(ge=0)]], Field(min_length=1)] = Field(
        description="names of its raw files"
    )
    num_sequences: Count | None = Field(None, description="rows of its csv; null checks nothing")

    @model_validator(mode="after")
    def _check_ids(self) -> "RemoteSplit":
        if len(set(self.file_ids)) < len(self.file_ids):
            twice = next(one for one in self.file_ids if self.file_ids.count(one) > 1)
            raise ValueError(f"file_ids names {twice} twice")
        return self


class Archive(Section):
    """An archive before it is fetched."""

    unpacked_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        description="about what it unpacks to, in 10⁹ bytes; an archive that claims more than 1.5 times that is refused"
    )
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(None, description="checked where stated")


class Download(Section):
    """What is common to sources on Kaggle."""

    competition: Annotated[str, Field(pattern=r"^[\w-]+$")] = Field(description="the last part of its address")
    keep_archive: bool = Field(False, description="false gives its space back file by file while it is unpacked")
    keep_raw: bool = Field(True, description="false removes each raw file once it is packed")
    retries: int = Field(8, ge=0, description="attempts after a failure before giving up; any progress starts anew")
    timeout_s: Annotated[float, Field(gt=0)] = Field(300, description="silence after which a connection is broken off")


class KaggleSource(Download):
    """The competition's own files: one archive of csv tables and parquet files."""

    kind: Literal["kaggle"]
    archive: Archive
    splits: dict[Literal["train", "supplemental"], RemoteSplit]
    num_test_participants: int = Field(0, ge=0, description="people set aside as a hidden test")
    seed: Seed = Field(0, description="chooses these people")

    @model_validator(mode="after")
    def _check(self) -> "KaggleSource":
        if "train" not in self.splits:
            raise ValueError("splits must hold 'train'")
        if self.num_test_participants and not self.keep_raw:
            raise ValueError("keep_raw: false removes the hidden test too; set num_test_participants to 0")
        return self


class Shards(Section):
    """How clips are stored."""

    dtype: Literal["float32", "float16"] = Field("float32", description="'float16' halves the disk; see docs/data.md")


class Folds(Section):
    """How people are distributed; a person is in one place only."""

    num_folds: Annotated[int, Field(ge=2)] = 4
    num_holdout_participants: int = Field(0, ge=0, description="in no fold; they validate the full-fit seeds")
    table: str | None = Field(None, description="csv of your own (participant_id, fold; -1 holds out) to use instead")


class Dataset(Section):
    """``config/datasets/NAME.yaml``: a corpus, from its source to its folds."""

    name: Name = Field(description="the folder under results/data/")
    title: str | None = Field(None, description="what it is, for people")
    url: str | None = None
    licence: str | None = None
    frame_rate: float | None = Field(
        None,
        ge=FRAME_RATES[0],
        le=FRAME_RATES[1],
        description="frames a second of the clips; `podium predict --fps` and the library resample others to it",
    )
    source: Any
    shards: Shards = Shards()
    folds: Folds = Folds()

    def description(self) -> dict[str, str | None]:
        """What people are told of it, which nothing is made of."""
        return self.model_dump(include={"title", "url", "licence"})


class Kind(Protocol):
    """A kind of source, see `podium.data.sources.base.Source`; its ``section`` tells its kind by a literal."""

    section: type[Section]


def dataset_section(kinds: Mapping[str, type[Kind]]) -> type[Dataset]:
    """The `Dataset` of a system: its ``source`` is the section of one of some kinds.

    Args:
        kinds: The system's ``plan.SOURCES``.
    """
    sections = [kind.section for kind in kinds.values()]
    source: Any = reduce(or_, sections)
    if len(sections) > 1:
        source = Annotated[source, Field(discriminator="kind")]
    return create_model("Dataset", __base__=Dataset, __doc__=Dataset.__doc__, source=(source, ...))
