"""Draws what each augmentation does to one clip: ``python docs/augmentations.py``, docs/pictures/augmentations.png.

The clip is the virtual signer's. Every augmentation runs with the parameters that its tests use, all of them with the
same seed; a frame that an augmentation leaves without any landmark is empty.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from podium.landmarks.drawing import ASPECT, draw_frame
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.landmarks.normalise import standardise, statistics
from podium.storage.files import atomic_path
from podium.systems.fingerspelling.augment import AUGMENTATIONS, build_augmentations
from podium.systems.fingerspelling.clips import mirror
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import sample_person
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION

PATH = Path(__file__).parent / "pictures/augmentations.png"
PHRASE = "12 elm rd"
NUM_FRAMES = 10
SEED = 3
WINDOW = (0, 1, ASPECT, 0.45)


def main() -> None:
    rng = np.random.default_rng(SEED)
    clip_FL3 = record(PHRASE, sample_person(rng), 9.0, rng)
    columns = [RAW_COLUMNS[1:].index(column) for column in COLUMNS]
    raw_TK = clip_FL3.transpose(0, 2, 1).reshape(len(clip_FL3), -1)[:, columns]
    mean_C, deviation_C = statistics(raw_TK)

    def fresh() -> np.ndarray:
        return standardise(raw_TK, mean_C, deviation_C)

    rows = {"the clip": fresh(), "mirror": mirror(fresh())}
    for name in AUGMENTATIONS.names():
        entry = {"name": name, **AUGMENTATIONS.get(name).example, "p": 1.0}
        rows[name] = build_augmentations([entry])[0](fresh(), np.random.default_rng(SEED))
    figure = Figure(figsize=(1.05 * NUM_FRAMES + 1.6, 1.0 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), NUM_FRAMES)
    for axes_row, (name, x_TLC) in zip(grid, rows.items(), strict=True):
        shown = np.linspace(0, len(x_TLC) - 1, NUM_FRAMES).round().astype(int)
        for axes, frame in zip(axes_row, shown, strict=True):
            draw_frame(axes, x_TLC[frame] * deviation_C + mean_C, WINDOW, SELECTION.names)
        label = f"{name.replace('_', ' ')}\n{len(x_TLC)} frames"
        axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)
    with atomic_path(PATH) as partial:
        figure.savefig(partial, format="png", dpi=80)


if __name__ == "__main__":
    main()
