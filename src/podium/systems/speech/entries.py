"""What an epoch is made of: wanted words, unknown ones and silences; clips with labels of their own, and clips that
earlier stages have labelled.

Letters in tensor names: N entries, R rows of a table.
"""

import functools
import logging
import math
from dataclasses import dataclass

import numpy as np

from podium.errors import UserError
from podium.systems.speech.labels import SILENCE, UNKNOWN
from podium.systems.speech.recipe import Recipe

log = logging.getLogger(__name__)

SILENT = -1  # an entry that is no row: a crop of noise
_OF_AN_EPOCH = (0, 2)  # more numbers than a sample's generator has, and others than the sampler's
_OFTEN = 10  # that a clip is heard in an epoch
_CHOICE_SEED = 59185  # of the unknown words that the original chose once and for all


@dataclass(frozen=True)
class Share:
    """A set of clips, and how many of its unknown words and silences count.

    Attributes:
        wanted_R, unknown_R, silent_R: Rows.
        num_unknown: Of ``unknown_R``, chosen at random.
        num_silent: Of ``silent_R``, likewise; of crops of noise if there are no rows.
    """

    wanted_R: np.ndarray
    unknown_R: np.ndarray
    silent_R: np.ndarray
    num_unknown: int
    num_silent: int

    @classmethod
    def of(cls, names_R: np.ndarray, chosen_R: np.ndarray, silence: float, unknown: float | None) -> "Share":
        """The chosen rows of a table.

        Args:
            names_R: Classes.
            chosen_R: bool.
            silence: Silences, as a share of wanted words.
            unknown: Unknown words, likewise; None takes all.
        """
        rows = {
            kind: np.flatnonzero(chosen_R & is_kind)
            for kind, is_kind in (("unknown", names_R == UNKNOWN), ("silent", names_R == SILENCE))
        }
        wanted_R = np.flatnonzero(chosen_R & (names_R != UNKNOWN) & (names_R != SILENCE))
        num_unknown = len(rows["unknown"]) if unknown is None else math.ceil(unknown * len(wanted_R))
        num_silent = math.ceil(silence * len(wanted_R))
        if len(rows["silent"]):
            num_silent = min(num_silent, len(rows["silent"]))
        return cls(wanted_R, *rows.values(), min(num_unknown, len(rows["unknown"])), num_silent)

    def __len__(self) -> int:
        return len(self.wanted_R) + self.num_unknown + self.num_silent

    def entries(self, rng: np.random.Generator) -> np.ndarray:
        """(N,): rows, and `SILENT` for crops of noise."""
        unknown_N = rng.choice(self.unknown_R, self.num_unknown, replace=False)
        if len(self.silent_R):
            silent_N = rng.choice(self.silent_R, self.num_silent, replace=False)
        else:
            silent_N = np.full(self.num_silent, SILENT)
        return np.concatenate([self.wanted_R, unknown_N, silent_N])


class Entries:
    """What each item of each epoch is.

    Published: as many whole batches as the clips with labels of their own fill; each item is drawn with replacement,
    from the labelled set or from the others; unknown words are chosen once. Corrected: each entry of the labelled set
    is heard once per epoch, and beside them as many others as their share asks for, all before one is heard again;
    unknown words are chosen anew in each epoch.

    Args:
        names_R: Class of each row.
        own_R, extra_R: bool: which rows have labels of their own, and which those of earlier stages.

    Raises:
        UserError: No row is a wanted word.
    """

    def __init__(self, names_R: np.ndarray, own_R: np.ndarray, extra_R: np.ndarray, recipe: Recipe, seed: int) -> None:
        data = recipe.data
        self.own = Share.of(names_R, own_R, data.silence_share, data.unknown_share)
        self.extra = Share.of(names_R, extra_R, data.silence_share, data.pseudo_unknown_share)
        if not len(self.own.wanted_R):
            raise UserError("there is no clip of a wanted word to train on; look at the labels of the dataset")
        self._share = data.pseudo_share if len(self.extra) else 0.0
        self._is_drawn = recipe.choices.sampling == "published"
        self._seed, self._batch_size = seed, recipe.training.batch_size
        self._of_epoch = functools.lru_cache(maxsize=2)(self._drawn_epoch)
        if extra_R.any():
            self._tell_poor_labels(int(extra_R.sum()))

    def _tell_poor_labels(self, num_labelled: int) -> None:
        """Unknown words and silences of earlier stages come along with wanted words only; few clips are heard often."""
        if not len(self.extra):
            log.warning(f"earlier stages labelled {num_labelled} clips, none as a wanted word; none is learned from")
        elif (times := self._share * len(self) / len(self.extra)) > _OFTEN:
            log.warning(
                f"earlier stages labelled {num_labelled} clips, {len(self.extra.wanted_R)} as wanted words; an epoch"
                f" hears each about {times:.0f} times; lower data.pseudo_share, or the stage's labels.p"
            )

    def __getstate__(self) -> dict:
        """Without what is remembered, which a loader process draws again."""
        return {name: value for name, value in vars(self).items() if name != "_of_epoch"}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._of_epoch = functools.lru_cache(maxsize=2)(self._drawn_epoch)

    def __len__(self) -> int:
        num_own = len(self.own)
        if self._is_drawn:
            return max(num_own // self._batch_size, 1) * self._batch_size
        return num_own + round(num_own * self._share / (1 - self._share))

    def row(self, epoch: int, item: int, rng: np.random.Generator) -> int:
        """A row of the table, or `SILENT`.

        Args:
            rng: The sample's own.
        """
        own_N, extra_N = self._of_epoch(0 if self._is_drawn else epoch)
        if self._is_drawn:
            entries_N = extra_N if rng.random() < self._share else own_N
            return int(entries_N[rng.integers(len(entries_N))])
        return int(own_N[item] if item < len(own_N) else extra_N[item - len(own_N)])

    def _drawn_epoch(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        if self._is_drawn:
            rng = np.random.default_rng(_CHOICE_SEED)
            return self.own.entries(rng), self.extra.entries(rng)
        rng = np.random.default_rng([self._seed, epoch, *_OF_AN_EPOCH])
        own_N = self.own.entries(rng)
        num_extra = len(self) - len(own_N)
        rounds = -(-num_extra // max(len(self.extra), 1))
        extra_N = [rng.permutation(self.extra.entries(rng)) for _ in range(rounds)]
        return own_N, np.concatenate([*extra_N, np.empty(0, np.int64)])[:num_extra].astype(np.int64)
