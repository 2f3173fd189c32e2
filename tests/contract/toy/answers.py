"""The name of the larger logit."""

from podium.systems.toy.plan import INPUT_COLUMNS, LABEL, NAMES
from podium.systems.toy.samples import open_raw, prepare

from podium.export.classes import Classes

PART = Classes(NAMES, LABEL, len(INPUT_COLUMNS), "waves in, their direction out", open_raw, prepare)
