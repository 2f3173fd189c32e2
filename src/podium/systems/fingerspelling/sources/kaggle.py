"""The competition's own files, which the workflow downloads."""

from podium.data.sources import kaggle
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.systems.fingerspelling.labels import LABELS
from podium.systems.fingerspelling.landmarks import COLUMNS
from podium.systems.fingerspelling.sources.registry import KINDS


@KINDS.register("kaggle")
class Kaggle(kaggle.Kaggle):
    """See `podium.data.sources.kaggle.Kaggle`."""

    labels = LABELS
    more_files = ("character_to_prediction_index.json",)
    stored_share = len(COLUMNS) / len(RAW_COLUMNS)
