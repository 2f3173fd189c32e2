"""A system that is as small as one can be: it tells rising waves from falling ones."""

from typing import Literal

import numpy as np

from podium import config
from podium.data.labels import Labels
from podium.data.sources import Generated

NAMES, WIDTH = ["falling", "rising"], 8


class WavesSource(config.Section):
    kind: Literal["waves"]
    num_waves: config.Count = 48


class Waves(Generated):
    section, pattern = WavesSource, "{split}_waves/{file_id}.npz"

    def splits(self):
        return ["train", "test"]

    def file_ids(self, split):
        return [1 if split == "train" else 2]

    def rows(self, split):
        (file_id,) = self.file_ids(split)
        ids = range(file_id * 1000, file_id * 1000 + self.dataset.source.num_waves)
        return [(file_id, one, file_id * 10 + one % 8 // 2, NAMES[one % 2]) for one in ids]

    def write_raw_file(self, split, file_id, path):
        np.savez(path, **{str(one): wave(one) for _, one, _, _ in self.rows(split)})


def wave(number):
    time_T = np.linspace(0, 1, 20 + number % 13) * (1 if number % 2 else -1)
    return (np.stack([time_T, np.gradient(time_T) * 20], axis=1) + 0.1 * np.sin(number)).astype(np.float32)


Recipe, Settings, LABELS, SOURCES = config.Recipe, config.Section, Labels(), {"waves": Waves}
LABEL, SCORES, TRAINING_ONLY, INPUT_COLUMNS = LABELS.column, {"score": "share"}, (), ["height", "slope"]
Dataset = config.dataset_section(SOURCES)
