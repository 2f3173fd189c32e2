"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from podium.config import Recipe, dataset_section
from podium.landmarks.inspect.inspection import Inspection
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION
from podium.systems.fingerspelling.sources import KINDS

__all__ = ["INPUT_COLUMNS", "LABEL", "LABELS", "SOURCES", "Dataset", "Recipe", "inspection", "label_problem"]

INPUT_COLUMNS = COLUMNS  # of a clip
LABEL = LABELS.column  # in tables
label_problem = LABELS.problem
SOURCES = KINDS.entries()
Dataset = dataset_section(SOURCES)


def inspection() -> Inspection:
    """What `podium data inspect` must know."""
    from podium.systems.fingerspelling.raw import SHORT_FRAMES  # loads Arrow, for which no plan must wait

    return Inspection(SELECTION, LABELS, SHORT_FRAMES)
