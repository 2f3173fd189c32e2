"""What the rules of `plausibility` say of real and virtual people: ``python benchmarks/plausibility.py``.

Prints false alarms (of clips as they are, and of what people do, too), the range of every figure that the rules look
at, and the share of clips in which a planted fault is found; real recordings where --shared holds them.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from bound import doubts, figures  # noqa: E402
from planted import FAULTS, HABITS, real_clips, real_hands, virtual_clips  # noqa: E402


class Tally:
    """Counts over the clips of one corpus."""

    def __init__(self) -> None:
        self.num_clips = 0
        self.false_alarms = {habit: Counter() for habit in HABITS}
        self.found = Counter()
        self.silent = Counter()
        self.seen: dict[str, list[float]] = {}

    def add(self, clips: Iterable[np.ndarray]) -> None:
        """Looks at clips in every form."""
        for raw_TK in clips:
            rng = np.random.default_rng(self.num_clips)
            self.num_clips += 1
            for name, value in figures(raw_TK).items():
                self.seen.setdefault(name, []).append(value)
            for habit, change in HABITS.items():
                self.false_alarms[habit].update(doubts(change(raw_TK, rng)))
            for fault, (change, kind) in FAULTS.items():
                said = doubts(change(raw_TK, rng))
                self.found[fault] += kind in said
                self.silent[fault] += not said


def main() -> None:
    """Prints three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=10_000, help="virtual clips (10,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="where real/ and golden/ lie")
    arguments = parser.parse_args()
    tallies = {name: Tally() for name in ("real", "virtual")}
    for clips in real_clips(arguments.shared).values():
        tallies["real"].add(clips)
    tallies["virtual"].add(virtual_clips(arguments.clips, arguments.seed))
    tallies = {name: tally for name, tally in tallies.items() if tally.num_clips}
    head = " | ".join(f"{name}, {tally.num_clips:,} clips" for name, tally in tallies.items())

    print(f"| false alarms | {head} |\n|---|" + "---:|" * len(tallies))
    for habit in HABITS:
        told = [tally.false_alarms[habit] for tally in tallies.values()]
        cells = (", ".join(f"{number} {kind}" for kind, number in one.items()) or "0" for one in told)
        print(f"| {habit} | " + " | ".join(cells) + " |")
    said = [doubts(raw_TK) for raw_TK in real_hands(arguments.shared)]
    print(f"\nPictures of single hands: {len(said):,}, {sum(map(bool, said))} false alarms")
    print(f"\n| figure | {head} |\n|---|" + "---:|" * len(tallies))
    for name in next(iter(tallies.values())).seen:
        print(f"| {name} | " + " | ".join(_range(tally.seen[name]) for tally in tallies.values()) + " |")
    print(f"\n| planted fault | {head} |\n|---|" + "---:|" * len(tallies))
    for fault in FAULTS:
        cells = (
            f"{tally.found[fault] / tally.num_clips:.1%} (silent {tally.silent[fault] / tally.num_clips:.1%})"
            for tally in tallies.values()
        )
        print(f"| {fault} | " + " | ".join(cells) + " |")


def _range(values: list[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    return f"{min(known):.2f} to {max(known):.2f}" if known else "never seen"


if __name__ == "__main__":
    main()
