"""Sets of weights in a file, of which one is taken.

A *set* is what one network needs. Tools put it under a key or a prefix of their own (``state_dict``, ``ema_model.``),
and wrappers of modules add parts to its names (``module.``). So a set is found by the names of the network itself.
"""

import re
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from os.path import commonprefix

import numpy as np

from podium.errors import UserError
from podium.registry import nearest
from podium.systems.fingerspelling.winners_weights.files import Keys, Tensors, to_plain

State = dict[str, np.ndarray]

TOP = "."  # the set without a prefix
ORIGINAL = "model"  # where the original keeps its weights
# What DistributedDataParallel, AveragedModel, torch.compile, FSDP, activation checkpoints and others put into names.
WRAPPERS = frozenset(
    ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module", "_module")
)
_AVERAGE = re.compile(r"(?:^|[^a-z])(?:ema|swa|avg|averag[a-z]*|shadow)(?:$|[^a-z])")
_AVERAGE_COUNTERS = ("n_averaged", "num_updates", "decay")  # single numbers that averages store beside their weights
_COUNTERS = (*_AVERAGE_COUNTERS, "step", "initted")
_STATISTICS = ("running_mean", "running_var")
_MAX_LISTED = 5


@dataclass(frozen=True)
class Weights:
    """The set that is taken.

    Attributes:
        name: The prefix of its names without wrappers; "." if there is none.
        state: By the network's own names; may lack some, or have others. Floating-point tensors are float32.
        remarks: What a person should know of the choice.
        statistics_of: The set that the norms' running statistics are taken from, if it is another.
    """

    name: str
    state: State
    remarks: list[str]
    statistics_of: str | None = None


def choose(tensors: Tensors, expected: Set[str], origin: str, name: str | None = None) -> Weights:
    """Takes a set of weights.

    Args:
        expected: The names of the network's tensors.
        origin: What error messages call the file.
        name: Which set. None: "model", or else the only set, or else the only one that is no average.

    Raises:
        UserError: There is no set, none of that name, or nothing tells which one to take; a tensor stands there twice
            or is not plain numbers.
    """
    file = _File(tensors, expected, origin)
    chosen = file.chosen(name)
    donor = file.donor(chosen)
    keys_of = {**file.beside(chosen), **(donor.keys_of if donor else {}), **chosen.keys_of}
    try:
        state = {one: to_plain(tensors[keys]) for one, keys in keys_of.items()}
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise UserError(f"{origin} holds a tensor that is not plain numbers ({error})") from None
    remarks = []
    if len(file.sets) > 1:
        others = ", ".join(f"'{one}'" for one in file.sets if one != chosen.name)
        hint = "" if name else " (--weights NAME takes another set)"
        remarks.append(f"took the weights '{chosen.name}', not {others}{hint}")
    elif chosen.name not in (TOP, ORIGINAL):
        remarks.append(f"took the weights under the prefix '{chosen.name}.'")
    if wrappers := file.wrappers_of(chosen):
        remarks.append(f"left the prefix {'.'.join(wrappers)}. out of the names")
    if donor:
        remarks.append(f"'{chosen.name}' lacks the running statistics of the norms; took those of '{donor.name}'")
    if unused := file.unused(file.in_sets | {*keys_of.values()}, chosen):
        remarks.append(f"left out {unused}")
    return Weights(chosen.name, state, remarks, donor.name if donor else None)


@dataclass(frozen=True)
class _Set:
    """Where the tensors of a network stand: the parts in front of their names, and each one's keys by its name."""

    prefix: Keys
    keys_of: dict[str, Keys]

    @property
    def name(self) -> str:
        return ".".join(self.prefix) or TOP


class _File:
    """The tensors of a file, and the sets that they form."""

    def __init__(self, tensors: Tensors, expected: Set[str], origin: str) -> None:
        self.tensors, self.expected, self.origin = tensors, expected, origin
        self.parts = {keys: ".".join(keys).split(".") for keys in tensors}  # a name has several
        self.wrappers = WRAPPERS - {part for name in expected for part in name.split(".")}
        self.places = {
            keys: tuple(one for one in parts if one not in self.wrappers) for keys, parts in self.parts.items()
        }
        self.sets = {one.name: one for one in self._sets()}
        self.in_sets = {keys for one in self.sets.values() for keys in one.keys_of.values()}
        self.counters = {
            keys
            for keys, place in self.places.items()
            if place and place[-1] in _COUNTERS and np.prod(tensors[keys].shape) == 1 and keys not in self.in_sets
        }

    def _sets(self) -> list[_Set]:
        """All that hold half of the names; if none does, those that hold most."""
        depth = 1 + max(name.count(".") for name in self.expected)
        found: dict[Keys, dict[str, Keys]] = defaultdict(dict)
        for keys, place in self.places.items():
            for start in range(max(0, len(place) - depth), len(place)):
                prefix, name = place[:start], ".".join(place[start:])
                if name not in self.expected or any(one.startswith("optim") for one in prefix):
                    continue
                if name in found[prefix]:
                    twice = " and ".join(".".join(one) for one in (found[prefix][name], keys))
                    raise UserError(f"{self.origin} holds one tensor twice, as {twice}; leave one of them out")
                found[prefix][name] = keys
        if not found:
            raise UserError(f"{self.origin} {self._of_strangers()}")
        enough = min(len(self.expected) / 2, max(map(len, found.values())))
        return [_Set(prefix, keys_of) for prefix, keys_of in found.items() if len(keys_of) >= enough]

    def _of_strangers(self) -> str:
        first = ", ".join(".".join(keys) for keys in list(self.tensors)[:3])
        if all(parts[-1].isdecimal() for parts in self.parts.values()):
            return f"holds a list of tensors without names ({first}); save them as a state dict"
        return f"holds {len(self.tensors)} tensor(s), none under a name of the recipe's network, but {first}"

    def chosen(self, name: str | None) -> _Set:
        if name is not None:
            if name not in self.sets:
                raise UserError(f"{self.origin} holds no weights '{name}': {nearest(name, list(self.sets))}")
            return self.sets[name]
        plain = [one for one in self.sets.values() if not self._is_average(one)]
        if ORIGINAL in self.sets or len(self.sets) == 1:
            return self.sets.get(ORIGINAL) or next(iter(self.sets.values()))
        if len(plain) != 1:
            names = ", ".join(f"'{one}'" for one in self.sets)
            raise UserError(f"{self.origin} holds several sets of weights, {names}; choose with --weights NAME")
        return plain[0]

    def _is_average(self, one: _Set) -> bool:
        counters = {(*one.prefix, counter) for counter in _AVERAGE_COUNTERS}
        return bool(_AVERAGE.search(one.name.lower())) or any(self.places[keys] in counters for keys in self.counters)

    def donor(self, one: _Set) -> _Set | None:
        """The set that has the norms' running statistics, if ``one`` lacks just these; averages of parameters do."""
        missing = self.expected - one.keys_of.keys()
        if not missing or missing != {name for name in self.expected if name.endswith(_STATISTICS)}:
            return None
        donors = [each for each in self.sets.values() if missing <= each.keys_of.keys()]
        if len(donors) != 1:
            raise UserError(
                f"{self.origin}: the weights '{one.name}' lack the running statistics of all norms (running_mean,"
                " running_var), as averages of parameters do; import a file that holds the network's own weights, too"
            )
        return donors[0]

    def beside(self, one: _Set) -> dict[str, Keys]:
        """What else stands in the dictionaries of a set under its prefix: tables, and what does not fit."""
        folders, depth = {keys[:-1] for keys in one.keys_of.values()}, len(one.prefix)
        known = self.in_sets | self.counters
        return {
            ".".join(place[depth:]): keys
            for keys, place in self.places.items()
            if keys[:-1] in folders and place[:depth] == one.prefix and keys not in known
        }

    def wrappers_of(self, one: _Set) -> list[str]:
        return list(
            dict.fromkeys(part for keys in one.keys_of.values() for part in self.parts[keys] if part in self.wrappers)
        )

    def unused(self, used: set[Keys], chosen: _Set) -> str:
        """Tensors of no set, by the part at which their places leave that of the chosen set."""
        groups: dict[str, list[Keys]] = defaultdict(list)
        for keys, place in self.places.items():
            if keys not in used:
                shared = len(commonprefix([place, chosen.prefix]))
                groups[".".join(place[: shared + 1])].append(keys)
        told = [
            f"{name} ({len(group)} tensor(s){' without names' * all(keys[-1].isdecimal() for keys in group)})"
            for name, group in groups.items()
        ]
        return ", ".join(told[:_MAX_LISTED]) + (
            f" and {len(told) - _MAX_LISTED} more" if len(told) > _MAX_LISTED else ""
        )
