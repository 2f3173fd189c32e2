"""Everything a YAML file may say: experiments, datasets and recipes.

Three kinds of file, each complete in itself: an *experiment* names a dataset, two recipes, folds and seeds; a
*dataset* says where sequences come from and who is kept aside; a *recipe* holds one network and its training. An
unknown key stops the run before it starts and names the nearest known one.
"""

from podium.config.base import Choice, Count, Name, Probability, Section
from podium.config.datasets import (
    FRAME_RATES,
    AnySource,
    Archive,
    Dataset,
    Download,
    Folds,
    KagglePreparedSource,
    KaggleSource,
    LocalSource,
    PreparedSplit,
    RemoteSplit,
    Shards,
    SyntheticSource,
)
from podium.config.experiments import RESERVED_NAMES, Comparison, Experiment, Export, Round1, Round2
from podium.config.loading import load, load_dataset, load_experiment, load_recipe, parse, read_yaml
from podium.config.recipes import (
    Data,
    Decoder,
    Eden,
    Model,
    ModelChoices,
    Optimizer,
    Recipe,
    ScaledAdam,
    Training,
)
from podium.config.zipformer import Stack, Zipformer

__all__ = [
    "AnySource",
    "Archive",
    "Choice",
    "Comparison",
    "Count",
    "Data",
    "Dataset",
    "Decoder",
    "Download",
    "Eden",
    "Experiment",
    "Export",
    "FRAME_RATES",
    "Folds",
    "KagglePreparedSource",
    "KaggleSource",
    "LocalSource",
    "Model",
    "ModelChoices",
    "Name",
    "Optimizer",
    "PreparedSplit",
    "Probability",
    "RESERVED_NAMES",
    "Recipe",
    "RemoteSplit",
    "Round1",
    "Round2",
    "ScaledAdam",
    "Section",
    "Shards",
    "Stack",
    "SyntheticSource",
    "Training",
    "Zipformer",
    "load",
    "load_dataset",
    "load_experiment",
    "load_recipe",
    "parse",
    "read_yaml",
]
