"""The report of an experiment: a page of pictures, made of the files that are there."""

from operator import attrgetter
from pathlib import Path

from podium.report import error_pictures, file_pictures, training_pictures
from podium.report.clip_pictures import best_clips, worst_clips
from podium.report.first_screen import first_screen
from podium.report.manifest import by_subject, differences
from podium.report.material import Material
from podium.report.page import Groups, page, page_of_two
from podium.report.page_parts import escaped
from podium.storage.files import write_text

FILE = "report/report.html"  # below the experiment's folder
PICTURES = {
    "What is read wrong": (
        error_pictures.confusions, worst_clips, best_clips, error_pictures.people, error_pictures.groups,
        error_pictures.lengths, error_pictures.calibration,
    ),
    "Training": (
        file_pictures.recipes, training_pictures.losses, training_pictures.validation_score,
        training_pictures.stages, training_pictures.augmented,
    ),
    "The file": (file_pictures.formats, file_pictures.parity, file_pictures.latency),
    "Cost": (file_pictures.cost,),
}  # fmt: skip
OF_FILES = {training_pictures.stages, file_pictures.formats, file_pictures.parity, file_pictures.latency}
OF_COMPARISONS = {file_pictures.recipes}
_MAX_VALUE = 100  # how long a value that differs may be
_NUM_DIFFERENCES = 12  # of a subject that are shown; `podium diff` prints all


def write_report(place: str | Path, out: Path | None = None) -> Path:
    """Writes the page of one experiment.

    Args:
        place: Its folder, its name below results/, or its manifest.
        out: The file; None is `FILE`.

    Returns:
        The file.

    Raises:
        UserError: There is no manifest.
    """
    material = Material(place)
    path = out or material.results / FILE
    write_text(path, page(f"{material.name}: report", first_screen(material), _groups([material], material)))
    return path


def write_report_of_two(one: str | Path, other: str | Path, out: Path | None = None) -> Path:
    """Writes a page with two experiments beside each other.

    Args:
        out: The file; None is ``report/report_beside_{other}.html`` below the first.

    Raises:
        UserError: One of both has no manifest.
    """
    here, there = Material(one), Material(other)
    path = out or here.results / f"report/report_beside_{there.name}.html"
    groups = _groups([here, there], here), _groups([here, there], there, "other-")
    firsts = first_screen(here), first_screen(there)
    write_text(path, page_of_two(f"{here.name} | {there.name}", firsts, _differences(here, there), groups))
    return path


def _groups(shown: list[Material], material: Material, before: str = "") -> Groups:
    """The pictures of an experiment, without those that are of no experiment on the page.

    Args:
        shown: The experiments on it.
        before: Begins the pictures' names.
    """
    has_file, compares = (any(map(test, shown)) for test in (attrgetter("has_file"), attrgetter("compared")))
    left_out = (set() if has_file else OF_FILES) | (set() if compares else OF_COMPARISONS)
    found = {
        heading: [draw(material, before) for draw in some if draw not in left_out] for heading, some in PICTURES.items()
    }
    return {heading: some for heading, some in found.items() if some}


def _differences(here: Material, there: Material) -> str:
    """What differs between two manifests, without what is not a cause."""
    parts = []
    found = by_subject(differences(here.manifest, there.manifest))
    for subject in ("scores", "dataset", "data", "recipes", "configuration"):
        some = found.get(subject, [])
        rows = "".join(
            f"<tr><th>{escaped(key)}</th><td>{escaped(_short(left))}</td><td>{escaped(_short(right))}</td></tr>"
            for key, left, right in some[:_NUM_DIFFERENCES]
        )
        if some:
            parts.append(f'<h3>{subject}</h3><table class="three">{rows}</table>')
        if len(some) > _NUM_DIFFERENCES:
            parts.append(f"<p>and {len(some) - _NUM_DIFFERENCES} more: <code>podium diff</code> prints all</p>")
    return f"<h2>What differs</h2>{''.join(parts) or '<p>Nothing but times, code and files.</p>'}"


def _short(value: object) -> str:
    """A value as a page has room for it."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
