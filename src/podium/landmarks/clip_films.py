"""Films as clips: each utterance of the hands is one, with its time. Landmarks are found while it is read.

Legend: T frames, K columns, L the 543 landmarks, C coordinates.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from podium.data.clip_files import Clip, ClipFile, FilmOptions
from podium.data.recordings import clips
from podium.errors import ClipError, UserError
from podium.landmarks.clip_arrays import GivenClip
from podium.landmarks.foreign import read_foreign
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.pictures.films import Film
from podium.landmarks.pictures.finding import find_landmarks
from podium.landmarks.pictures.opening import open_film
from podium.landmarks.pictures.task_file import holistic_task
from podium.landmarks.remarks import MEANINGS
from podium.landmarks.selection import Selection
from podium.landmarks.table_recordings import TableRecordings
from podium.landmarks.utterances import Cutter

NOBODY = "nobody was seen in {} pictures; sit so that face and hands are in the picture, with light from the front"


def film_source(path: Path, selection: Selection, options: FilmOptions) -> ClipFile:
    """A video, a folder of frames or a camera.

    Raises:
        UserError: It cannot be opened.
    """
    if path.is_file() or path.is_dir():
        film = open_film(path)  # what is wrong with it is told before anything is read
    else:
        film = None

    def read() -> Iterator[Clip]:
        try:
            now = open_film(path, options.fps, options.seconds) if film is None or options.fps else film
            task = holistic_task(options.task)
            with options.progress(now) as done:
                frames = (select(x_LC, selection) for x_LC in find_landmarks(now, task, done))
                yield from _utterances(path, frames, options.fps or now.rate, selection, lambda: remarks_of(now))
        except UserError as error:
            yield Clip(path, None, None, problem=str(error))

    return ClipFile(path, 1, read, is_film=True)


def film_table_clips(path: Path, open_table: Callable[[], TableRecordings], selection: Selection) -> Iterator[Clip]:
    """The utterances of a film whose landmarks `podium landmarks` has written."""
    try:
        recordings = open_table()
        for sequence_id, x_TK in clips(recordings):
            yield from _utterances(path, x_TK, recordings.rate(sequence_id) or 1.0, selection, tuple)
    except UserError as error:
        yield Clip(path, None, None, problem=str(error))


def foreign_source(path: Path, selection: Selection) -> ClipFile:
    """Landmarks in somebody else's format, see `podium.landmarks.foreign`."""

    def read() -> Iterator[Clip]:
        try:
            given = read_foreign(path)
        except UserError as error:
            yield Clip(path, None, None, problem=str(error))
            return
        x_TK = np.stack([select(x_LC, selection) for x_LC in given.x_TLC])
        if np.isnan(x_TK).all():
            yield Clip(path, None, None, problem="a clip without a single landmark")
            return
        yield Clip(path, None, GivenClip(x_TK, given.remarks, given.rate), len(x_TK))

    return ClipFile(path, 1, read)


def select(x_LC: np.ndarray, selection: Selection) -> np.ndarray:
    """(K,) float32 of (543, 3): the landmarks of a system, all x, then all y, then all z."""
    places = [_PLACE[name] for name in selection.names]
    return np.ascontiguousarray(x_LC[places].T).reshape(-1)


def remarks_of(film: Film) -> tuple[str, ...]:
    """What is doubtful about a film, as far as it has been read."""
    account = film.account
    found = {
        "several_people": account.is_crowded,
        "no_face": account.is_headless,
        "lone_hands": account.num_lone > 0,
        "pictures_lost": account.num_damaged > 0,
    }
    return tuple(kind for kind in MEANINGS if found.get(kind))


def _utterances(
    path: Path,
    frames: Iterable[np.ndarray],
    rate: float,
    selection: Selection,
    remarks: Callable[[], tuple[str, ...]],
) -> Iterator[Clip]:
    """Clips of a film; one without an utterance if no hand is raised in it.

    Raises:
        ClipError: Nobody is in it.
    """
    cutter = Cutter(selection, rate)
    num_clips = num_frames = num_empty = 0

    def clip(utterance) -> Clip:
        span = (utterance.begin / rate, utterance.end / rate)
        content = GivenClip(utterance.x_TK, remarks(), rate)
        return Clip(path, in_words(span), content, len(utterance.x_TK), span=span)

    for x_K in frames:
        num_frames += 1
        num_empty += bool(np.isnan(x_K).all())
        for utterance in cutter.take(x_K):
            num_clips += 1
            yield clip(utterance)
    for utterance in cutter.finish():
        num_clips += 1
        yield clip(utterance)
    if num_frames and num_empty == num_frames:
        raise ClipError(NOBODY.format(num_frames))
    if not num_clips:
        reason = "hands_down" if cutter.num_with_hands else "no_hand" if num_frames else "no_frames"
        empty_TK = np.empty((0, len(selection.columns)), np.float32)
        span = (0.0, num_frames / rate)
        yield Clip(path, None, GivenClip(empty_TK, remarks(), rate, reason), num_frames, span=span)


def in_words(span: tuple[float, float]) -> str:
    """Begin and end, as in ``0:01.20-0:03.40``."""
    return "-".join(f"{int(time // 60)}:{time % 60:05.2f}" for time in span)


_PLACE = {name: place for place, name in enumerate(RAW_NAMES)}
