"""Everything a YAML file may say: experiments, datasets and recipes.

Three kinds of file, each complete in itself: an *experiment* names a dataset and lists stages, each with a recipe and
folds or seeds; a *dataset* says where sequences come from and who is kept aside; a *recipe* holds one network and its
training. An unknown key stops the run before it starts and names the nearest known one.
"""

from podium.config.base import Choice, Count, Name, Probability, Section, Seed
from podium.config.datasets import (
    FRAME_RATES,
    Archive,
    Dataset,
    Download,
    Folds,
    KaggleSource,
    LocalSource,
    RemoteSplit,
    Shards,
    dataset_section,
)
from podium.config.experiment import RESERVED_NAMES, Experiment, Export, Labels, Stage, file_of
from podium.config.loading import load, parse, read_yaml
from podium.config.training import (
    TRAINING_USES,
    AdamW,
    Cosine,
    CosineFloor,
    Eden,
    Linear,
    Lion,
    Muon,
    Optimizer,
    Plateau,
    Recipe,
    RMSprop,
    ScaledAdam,
    Schedule,
    Training,
)

__all__ = [
    "AdamW", "Archive", "Choice", "Cosine", "CosineFloor", "Count", "Dataset", "Download", "Eden", "Experiment",
    "Export", "FRAME_RATES", "Folds", "KaggleSource", "Labels", "Linear", "Lion", "LocalSource", "Muon", "Name",
    "Optimizer", "Plateau", "Probability", "RESERVED_NAMES", "RMSprop", "Recipe", "RemoteSplit", "ScaledAdam",
    "Schedule", "Section", "Seed", "Shards", "Stage", "TRAINING_USES", "Training", "dataset_section", "file_of", "load",
    "parse", "read_yaml",
]  # fmt: skip
