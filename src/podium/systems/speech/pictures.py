"""What a report shows of spoken commands: classes, and waves."""

from typing import Any

import numpy as np
import pandas as pd

from podium.export.pictures import Edit, Pictures
from podium.systems.speech.conversion import answers_to
from podium.systems.speech.labels import CLASSES, LABEL


class WordPictures(Pictures):
    """See `podium.export.pictures`. A word outside the twelve classes is right as "unknown"."""

    def groups(self, rows: pd.DataFrame) -> dict[str, pd.Series]:
        """By the word that was said."""
        return {"word": rows[LABEL].astype(str)}

    def edits(self, label: str, prediction: str) -> list[Edit]:
        """The class that is right beside the one that was answered."""
        right = answers_to(label)
        if prediction in right:
            return [Edit("equal", prediction, prediction)]
        return [Edit("replace", right[0], prediction)]

    def sample(self, sample: Any) -> tuple[np.ndarray, str]:
        """A second of sound, and the likeliest of its targets."""
        names = CLASSES[len(sample.target_V)]
        return sample.x_W, names[int(np.argmax(sample.target_V))].strip("_")


PART = WordPictures(LABEL)
