"""Scores a model on real hand shapes that are put on virtual bodies: words at all tempos, held letters, an alphabet.

    python benchmarks/real_hands.py MODEL… [--shared ../shared] [--seed 0] [--parts words,held] [--out FILE]

The hands are those of `shared/real/handshapes`, as MediaPipe has seen them: letters of one signer, digits of 218
people. Bodies, faces, cameras, paths of the wrist, tremor and gaps are the virtual signer's. MODEL is what
`podium predict --model` takes. It prints a table, and writes all readings as JSON.

Letters in names: F frames, J joints (21), N hands.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hands import (
    POSE_OF_JOINT,
    Hands,
    alone,
    as_columns,
    close_up,
    mirrored,
    on_body,
    read_digits,
    read_letters,
    spelled,
    turned,
    without_face,
)

from podium import Recognizer
from podium.landmarks.person.observation import POSE, RIGHT_HAND
from podium.systems.fingerspelling.corpus.clip import record
from podium.systems.fingerspelling.corpus.person import Person, sample_person
from podium.systems.fingerspelling.score import edit_distance

STILL_LETTERS = "abcdefghiklmnopqrstuvwxy"
SAME_SHAPE = {"0": "0o", "2": "2v", "6": "6w", "9": "9f", "1": "1z"}  # a held hand cannot tell these apart
TEMPOS, SLOW_TEMPOS = range(4, 10), (15, 30, 60)
WORDS = (
    "hello water thank friend school mother coffee orange purple window summer winter garden kitchen doctor nurse"
    " paper bottle family dinner carpet engine planet guitar bridge forest silver butter pepper market travel ticket"
    " camera letter number yellow basket farmer singer circle"
).split()


@dataclass(frozen=True)
class Case:
    """One clip with what it shows."""

    kind: str
    text: str
    clip_F3: np.ndarray


def words(hands: Hands, people: list[Person], rng: np.random.Generator, num: int) -> Iterator[Case]:
    """Words at each tempo; views in other ways at 6 frames per letter; few slow ones."""
    views = {"alone": None, "no_face": without_face, "close_up": close_up}
    plans = [("body", tempo, num) for tempo in TEMPOS] + [(view, 6, num) for view in views]
    plans += [("body", tempo, max(num // 4, 4)) for tempo in SLOW_TEMPOS]
    for view, tempo, count in plans:
        for index in range(count):
            text = WORDS[index % len(WORDS)][: 31 if tempo < 15 else 4]
            person = people[int(rng.integers(len(people)))]
            if view == "alone":
                clip_F3 = alone(spelled(text, hands, len(text) * tempo, rng), rng)
            else:
                clip_F3 = on_body(lambda n, text=text: spelled(text, hands, n, rng), text, tempo, person, rng)
                clip_F3 = views[view](clip_F3, rng) if view in views else clip_F3
            yield Case(f"words {view} {tempo}", text, mirrored(clip_F3) if rng.random() < 0.3 else clip_F3)


def held(
    letters: Hands, digits: Hands, people: list[Person], rng: np.random.Generator, num_each: int
) -> Iterator[Case]:
    """One hand each, held still for a second or so."""
    for name, hands, characters in (("letter", letters, STILL_LETTERS), ("digit", digits, "0123456789")):
        for character in characters:
            for row in rng.choice(hands.rows[character], num_each, replace=False):
                length = int(rng.integers(20, 46))
                person = people[int(rng.integers(len(people)))]
                joints_J3 = hands.joints_NJ3[row]
                other_J3 = turned(joints_J3, rng)
                other_F3 = on_body(lambda n, j=other_J3: np.repeat(j[None], n, 0), character, length, person, rng)
                yield Case(f"held {name} turned", character, mirrored(other_F3) if rng.random() < 0.3 else other_F3)
                body_F3 = on_body(lambda n, j=joints_J3: np.repeat(j[None], n, 0), character, length, person, rng)
                yield Case(f"held {name} body", character, mirrored(body_F3) if rng.random() < 0.3 else body_F3)
                lone_F3 = alone(np.repeat(joints_J3[None], length, 0), rng)
                yield Case(f"held {name} alone", character, mirrored(lone_F3) if rng.random() < 0.3 else lone_F3)


def _in_lap(digits: Hands, clip_F3: np.ndarray, aspect: float, rng: np.random.Generator) -> np.ndarray:
    """(F, 21, 2) a real hand, half open, that hangs or lies low and hardly moves."""
    open_J3, closed_J3 = (digits.joints_NJ3[rng.choice(digits.rows[digit])] for digit in "50")
    loose_J2 = (open_J3 + rng.uniform(0.3, 0.7) * (closed_J3 - open_J3))[:, :2]
    angle = np.deg2rad(rng.uniform(120, 240))
    turn_22 = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    hand_F3 = clip_F3[:, RIGHT_HAND]
    knuckle_F2 = (hand_F3[:, 9, :2] - hand_F3[:, 0, :2]) * (1, aspect)
    palm = np.nanpercentile(np.linalg.norm(knuckle_F2, axis=1), 90)
    wrist_F2 = np.array([0.42, 0.8]) + np.cumsum(rng.normal(0, 0.001, (len(clip_F3), 2)), 0)
    hand_J2 = palm * (loose_J2 @ turn_22.T) * (1, -1 / aspect)
    return wrist_F2[:, None] + hand_J2 + rng.normal(0, [0.0012, 0.0012 / aspect], (len(clip_F3), 21, 2))


def empty(digits: Hands, people: list[Person], rng: np.random.Generator, num: int) -> Iterator[Case]:
    """Nothing to read: noise, an idle person, an open hand that waves."""
    for index in range(num):
        person = replace(people[index % len(people)], p_starts_raised=1.0, p_hand_missing=0.05, is_left_handed=False)
        clip_F3 = record("hello", person, 12.0, rng)
        length = len(clip_F3)
        noise_F3 = clip_F3.copy()
        noise_F3[:, RIGHT_HAND] = rng.uniform(0, 1, (length, 21, 3)) * (1, 1, 0.2)
        yield Case("empty noise", "", noise_F3)
        still_F3 = clip_F3.copy()
        lap_FJ2 = _in_lap(digits, clip_F3, person.camera.aspect, rng)
        still_F3[:, RIGHT_HAND] = np.concatenate([lap_FJ2, rng.normal(0, 0.01, (length, 21, 1))], -1)
        for joint, point in POSE_OF_JOINT.items():
            still_F3[:, POSE.start + point, :2] = lap_FJ2[:, joint]
        yield Case("empty idle", "", still_F3)
        wave_F3 = record("5" * 5, person, 12.0, rng)
        hand_F2 = wave_F3[:, RIGHT_HAND, :2]
        angle_F = 0.6 * np.sin(np.arange(len(wave_F3)) * rng.uniform(0.3, 0.7))
        turn_F22 = np.stack([np.cos(angle_F), -np.sin(angle_F), np.sin(angle_F), np.cos(angle_F)], 1).reshape(-1, 2, 2)
        wave_F3[:, RIGHT_HAND, :2] = (hand_F2 - hand_F2[:, :1]) @ turn_F22.swapaxes(1, 2) + hand_F2[:, :1]
        yield Case("empty wave", "", wave_F3)


@dataclass
class Reader:
    """A model, and what it has read so far."""

    recognizer: Recognizer
    readings: list[dict]

    def read(self, kind: str, text: str, clip_F3: np.ndarray) -> str:
        """The text of a clip, noted."""
        reading = self.recognizer.read(as_columns(clip_F3))
        told = {"read": reading.text, "confidence": reading.confidence, "reason": reading.reason}
        self.readings.append({"kind": kind, "text": text, **told})
        return reading.text


def alphabet(reader: Reader, hands: Hands, people: list[Person], rng: np.random.Generator, num: int) -> list[int]:
    """How many letters of an alphabet are named by most windows of a second, for each of several people."""
    found, letters = [], "abcdefghijklmnopqrstuvwxyz"
    for index in range(num):
        lengths = rng.integers(20, 41, 26)
        bounds = np.concatenate([[0], np.cumsum(lengths)])

        def joints(num_frames: int, lengths=lengths) -> np.ndarray:
            film_F3 = np.concatenate([hands.film(c, int(n), rng) for c, n in zip(letters, lengths, strict=True)])
            for place in np.cumsum(lengths)[:-1]:
                u_F = np.linspace(0, 1, 9)[:, None, None]
                u_F = u_F**3 * (10 - 15 * u_F + 6 * u_F**2)
                film_F3[place - 4 : place + 5] = film_F3[place - 4] + u_F * (film_F3[place + 4] - film_F3[place - 4])
            return film_F3[np.arange(num_frames) * len(film_F3) // num_frames]

        person = people[index % len(people)]
        clip_F3 = without_face(on_body(joints, letters, 30.0, person, rng), rng)
        scale = len(clip_F3) / bounds[-1]
        reader.read("alphabet whole", letters, clip_F3)
        votes = [Counter() for _ in letters]
        for start in range(0, len(clip_F3) - 24, 6):
            text = reader.recognizer.read(as_columns(clip_F3[start : start + 25])).text
            letter = int(np.searchsorted(bounds * scale, start + 12, side="right")) - 1
            votes[min(letter, 25)].update(text)
        found.append(sum(bool(v) and v.most_common(1)[0][0] == c for v, c in zip(votes, letters, strict=True)))
        reader.readings.append({"kind": "alphabet", "text": letters, "read": [v.most_common(2) for v in votes]})
    return found


def report(readings: list[dict], alphabets: list[int]) -> dict[str, float]:
    """Score of each kind: words by edits, held hands by the share that is named and nothing else."""
    scores: dict[str, float] = {}
    for kind in dict.fromkeys(note["kind"] for note in readings):
        notes = [note for note in readings if note["kind"] == kind]
        if kind.startswith("held"):
            scores[kind] = float(np.mean([n["read"] == n["text"] for n in notes]))
            scores[f"{kind}, most frequent"] = float(np.mean([_most(n["read"]) == n["text"] for n in notes]))
            if "digit" in kind:
                allowed = [_most(n["read"]) in tuple(SAME_SHAPE.get(n["text"], n["text"])) for n in notes]
                scores[f"{kind}, or its letter"] = float(np.mean(allowed))
        elif kind.startswith("empty"):
            scores[f"{kind} read as nothing"] = float(np.mean([n["read"] == "" for n in notes]))
        elif kind != "alphabet":
            edits = sum(edit_distance(n["text"], n["read"]) for n in notes)
            scores[kind] = 1 - edits / sum(len(n["text"]) for n in notes)
    if alphabets:
        scores["alphabet, letters of 26"] = float(np.mean(alphabets))
    return scores


def _most(text: str) -> str:
    return Counter(text).most_common(1)[0][0] if text else ""


def confusions(readings: list[dict], kind: str) -> str:
    """What held hands are taken for, most frequent first."""
    taken = [(note["text"], _most(note["read"])) for note in readings if note["kind"] == kind]
    wrong = Counter(pair for pair in taken if pair[0] != pair[1])
    return " ".join(f"{text}>{read or '-'}:{count}" for (text, read), count in wrong.most_common(24))


def main() -> None:
    """Reads all and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", default="words,held,alphabet,empty")
    parser.add_argument("--words", type=int, default=40, help="of each tempo")
    parser.add_argument("--held", type=int, default=10, help="hands of each character")
    parser.add_argument("--alphabets", type=int, default=4)
    help_holds = "make holds short before the model reads, as models with the setting holds: short do"
    parser.add_argument("--short-holds", action="store_true", help=help_holds)
    parser.add_argument("--beam", type=int, default=1, help="as of `podium predict`; for trained networks")
    parser.add_argument("--out", type=Path, help="JSON file for all readings")
    arguments = parser.parse_args()
    folder, parts = arguments.shared / "real" / "handshapes", arguments.parts.split(",")
    letters, digits = read_letters(folder), read_digits(folder)
    people = [sample_person(np.random.default_rng([77, arguments.seed, n])) for n in range(60)]
    told = {}
    for model in arguments.models:
        rng = np.random.default_rng([5, arguments.seed])
        recognizer = Recognizer(model, beam=arguments.beam)
        if arguments.short_holds:
            recognizer._settings = {**recognizer._settings, "holds": "short"}
        reader, alphabets = Reader(recognizer, []), []
        cases: list[Iterator[Case]] = []
        if "words" in parts:
            cases.append(words(letters, people, rng, arguments.words))
        if "held" in parts:
            cases.append(held(letters, digits, people, rng, arguments.held))
        if "empty" in parts:
            cases.append(empty(digits, people, rng, 20))
        for some in cases:
            for case in some:
                reader.read(case.kind, case.text, case.clip_F3)
        if "alphabet" in parts:
            alphabets = alphabet(reader, letters, people, rng, arguments.alphabets)
        scores = report(reader.readings, alphabets)
        told[str(model)] = {"scores": scores, "readings": reader.readings}
        print(model)
        for kind, score in scores.items():
            print(f"  {kind:40} {score:.3f}")
        for kind in ("held letter body", "held letter turned", "held letter alone", "held digit body"):
            print(f"  {kind}: {confusions(reader.readings, kind)}")
    if arguments.out:
        arguments.out.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
