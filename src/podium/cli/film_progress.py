"""A bar for each film, with the time that is left; on a terminal alone."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podium.landmarks.pictures.films import Film


@contextmanager
def film_progress(film: "Film") -> Iterator[Callable[[], object]]:
    """Gives what is to be called after each picture."""
    from tqdm import tqdm

    hide = not sys.stderr.isatty()
    with tqdm(total=film.num_pictures, desc=film.path.name, unit="picture", disable=hide, leave=False) as bar:
        yield bar.update
