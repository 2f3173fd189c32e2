"""Functions of general rooms with what fingerspelling hands them: its landmarks, its labels, its kinds of corpora."""

from functools import partial

from podium.config import Dataset
from podium.data import sources
from podium.data.sources.base import Source
from podium.data.sources.base import read_csv as _read_csv
from podium.landmarks import clip_arrays, plausibility, timing
from podium.landmarks.inspect import film, folders
from podium.landmarks.inspect import survey as surveys
from podium.landmarks.inspect import text as texts
from podium.systems.fingerspelling import plan
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION

INSPECTION = plan.inspection()

as_clip = partial(clip_arrays.as_clip, columns=COLUMNS)
read_given = partial(clip_arrays.read_given, columns=COLUMNS)
doubts = partial(plausibility.doubts, selection=SELECTION)
figures = partial(plausibility.figures, selection=SELECTION)
without_zeros = partial(plausibility.without_zeros, selection=SELECTION)
signing = partial(timing.signing, selection=SELECTION)
read_csv = partial(_read_csv, label=plan.LABEL)
open_folder = partial(folders.open_folder, inspection=INSPECTION)
open_recordings = partial(folders.open_recordings, columns=COLUMNS)
read_clip = partial(folders.read_clip, columns=COLUMNS)
survey = partial(surveys.survey, inspection=INSPECTION)
lines = partial(texts.lines, labels=plan.LABELS)
draw = partial(film.draw, inspection=INSPECTION)
picture = partial(film.picture, inspection=INSPECTION)
presence = partial(film.presence, selection=SELECTION)


def choose(folder: folders.Folder, clips: dict, sequence_id: int | None = None) -> film.Choice:
    return film.choose(folder, clips, plan.LABEL, sequence_id)


def create(dataset: Dataset) -> Source:
    """The source of a dataset."""
    return sources.create(dataset, plan.SOURCES)
