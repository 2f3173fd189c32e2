"""The virtual corpus on disk: who is in it, what each says, and the files.

Persons follow from the seed alone. Each folder can then be written by itself, in any order and on any machine with the
same versions of the synthesisers, with the same bytes.
"""

import functools
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import soundfile

from podium.audio.speaker import engines
from podium.audio.speaker.noise import KINDS, noise
from podium.audio.speaker.person import Person, draw_person, draw_take
from podium.audio.speaker.recording import RATE, record, record_silence
from podium.storage.files import atomic_path
from podium.systems.speech.corpus.section import SyntheticSource
from podium.systems.speech.labels import COMMANDS, NOISE, SILENCE, UNKNOWN

# Purposes of random streams; part of what a seed means, so never renumber.
_NAMES, _PERSON, _CLIP, _NOISE, _ORDER = range(5)
_NOISE_LEVEL = 0.05


class Spoken(NamedTuple):
    """A clip of the corpus: who says what, which time, its folder and the name of its file; "" is said in a silence."""

    speaker: "Speaker"
    word: str
    number: int
    name: str


class Speaker(NamedTuple):
    """A virtual speaker: the name in file names, eight hex digits, and the person."""

    name: str
    person: Person


class Corpus:
    """What a configuration describes."""

    def __init__(self, source: SyntheticSource) -> None:
        self._source = source

    def write_labels(self, root: Path) -> None:
        """Writes ``labels.csv``: path, label and speaker of the clips that have no labels where they lie."""
        rows = [(f"test/{one.name}", one.word or SILENCE, one.speaker.name) for one in self._unlabelled()]
        with atomic_path(root / "labels.csv") as partial:
            pd.DataFrame(sorted(rows), columns=["path", "label", "speaker"]).to_csv(partial, index=False)

    def write_folders(self, split: str, place: str, words: list[str], listed: Path) -> None:
        """Writes some folders of wav files, and then the list of them with their digests.

        Args:
            place: The folder that they are in, below the corpus' root.
            words: Their names.
            listed: ``lists/{split}/{file_id}.csv`` below the root.

        Raises:
            UserError: A synthesiser is not installed.
        """
        folder = listed.parents[2] / place
        for word in words:  # they may be of another configuration, or of a run that was interrupted
            shutil.rmtree(folder / word, ignore_errors=True)
            (folder / word).mkdir(parents=True)
        rows = []
        for name, x_S in self._sounds(split, words):
            soundfile.write(folder / name, x_S, RATE, subtype="PCM_16")
            rows.append((name, hashlib.sha256((folder / name).read_bytes()).hexdigest()))
        listed.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(listed) as partial:
            pd.DataFrame(sorted(rows), columns=["name", "sha256"]).to_csv(partial, index=False)

    def _sounds(self, split: str, words: list[str]) -> Iterator[tuple[str, np.ndarray]]:
        """Folder and name, and samples, of each file of some folders."""
        if NOISE in words:
            for number in range(self._source.noise_recordings):
                yield f"{NOISE}/{KINDS[number % len(KINDS)]}_{number}.wav", self._noise(number)
        clips = [one for word in words if word != NOISE for one in self._clips(split, word)]
        for one in clips:
            if not one.word:
                yield one.name, record_silence(one.speaker.person, self._stream(_CLIP, split, one.name))
        for engine in self._source.engines:
            yield from self._spoken(split, [one for one in clips if one.word and one.speaker.person.engine == engine])

    def _spoken(self, split: str, clips: list[Spoken]) -> Iterator[tuple[str, np.ndarray]]:
        """The clips of one synthesiser: it says each take once, and the takes are recorded in turn."""
        if not clips:
            return
        keys = [(one.speaker.name, one.word, one.number % self._source.takes) for one in clips]
        persons = {key: one.speaker.person for key, one in zip(keys, clips, strict=True)}
        takes = [draw_take(key[1], person, self._stream(_CLIP, split, *key)) for key, person in persons.items()]
        words, rate = engines.say(clips[0].speaker.person.engine, takes)
        word_of = dict(zip(persons, words, strict=True))
        for key, one in zip(keys, clips, strict=True):
            rng = self._stream(_CLIP, split, one.name, one.word)
            yield one.name, record(word_of[key], rate, one.speaker.person, rng)

    def _clips(self, split: str, folder: str) -> Iterator[Spoken]:
        source = self._source
        if split == "supplemental":
            yield from self._unlabelled()
            return
        if split == "test":
            yield from self._test(folder)
            return
        words = [folder] if folder in source.words else source.other_words
        for speaker in self._speakers(split):
            said = self._some(words, speaker, source.recordings)
            yield from (
                Spoken(speaker, word, number, f"{folder}/{_name(speaker, number)}") for number, word in enumerate(said)
            )

    def _test(self, folder: str) -> Iterator[Spoken]:
        """The hidden test as the archive's test set has it: the ten commands, and about as much of the two others."""
        source = self._source
        others = [word for word in source.words if word not in COMMANDS] + source.other_words + source.new_words
        for speaker in self._speakers("test"):
            if folder == UNKNOWN:
                said = self._some(others, speaker, source.recordings) if others else []
                yield from (
                    Spoken(speaker, word, number, f"{folder}/{word}_{_name(speaker, number)}.wav")
                    for number, word in enumerate(said)
                )
            else:
                word, numbers = "" if folder == SILENCE else folder, range(source.recordings)
                yield from (Spoken(speaker, word, number, f"{folder}/{_name(speaker, number)}") for number in numbers)

    def _unlabelled(self) -> Iterator[Spoken]:
        """All words by people of its own, and silences; names in an order that tells nothing."""
        source, speakers = self._source, self._speakers("supplemental")
        said = [
            (speaker, word, number)
            for speaker in speakers
            for word in (*source.words, *source.new_words)
            for number in range(source.recordings)
        ]
        num_silences = round(len(said) * source.silence_percent / (100 - source.silence_percent))
        said += [(speakers[number % len(speakers)], "", number) for number in range(num_silences)]
        codes = self._codes(len(said), "clips")
        for code, (speaker, word, number) in zip(codes, said, strict=True):
            yield Spoken(speaker, word, number, f"audio/clip_{code}.wav")

    def _some(self, words: list[str], speaker: Speaker, number: int) -> list[str]:
        """Some of many words, drawn for a speaker."""
        rng = self._stream(_ORDER, speaker.name)
        return [words[place] for place in rng.choice(len(words), number, replace=number > len(words))]

    def _speakers(self, split: str) -> list[Speaker]:
        return _speakers(self._source.model_dump_json(), split)

    def _noise(self, number: int) -> np.ndarray:
        """A noise recording; of a level of its own, and of another each few seconds."""
        rng = self._stream(_NOISE, number)
        kind, length = KINDS[number % len(KINDS)], self._source.noise_seconds * RATE
        x_S = noise(kind, length, rng) * _NOISE_LEVEL * 10 ** (rng.normal(0, 6) / 20)
        return np.clip(x_S, -1, 1)

    def _codes(self, number: int, *purpose: str) -> list[str]:
        """Distinct names of eight hex digits, in an order that tells nothing."""
        rng, codes = self._stream(_NAMES, *purpose), {}
        while len(codes) < number:
            codes[f"{rng.integers(2**32):08x}"] = None
        return list(codes)

    def _stream(self, purpose: int, *key: object) -> np.random.Generator:
        return _stream(self._source.seed, purpose, *key)


@functools.lru_cache(maxsize=16)
def _speakers(configuration: str, split: str) -> list[Speaker]:
    """The persons of a split, engine by engine."""
    source = SyntheticSource.model_validate_json(configuration)
    found = []
    for engine, numbers in source.engines.items():
        number = {"train": numbers.train, "supplemental": numbers.unlabelled, "test": numbers.test}[split]
        for place in range(number):
            rng = _stream(source.seed, _PERSON, split, engine, place)
            found.append(Speaker(f"{rng.integers(2**32):08x}", draw_person(engine, rng)))
    return found


def _stream(seed: int, purpose: int, *key: object) -> np.random.Generator:
    """An independent generator for one purpose."""
    words = hashlib.sha256("/".join(map(str, key)).encode()).digest()
    spawn = (purpose, *np.frombuffer(words[:16], dtype="<u4").tolist())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=spawn))


def _name(speaker: Speaker, number: int) -> str:
    return f"{speaker.name}_nohash_{number}.wav"
