"""What a dataset file says of the virtual speakers."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from podium.config import Count, Section, Seed
from podium.systems.speech.labels import COMMANDS, WORDS

Engine = Literal["espeak", "flite", "hibari", "kokoro", "piper"]


def _unquoted(word: Any) -> Any:
    if isinstance(word, bool):
        raise ValueError("YAML reads yes, no, on and off as true and false; put these words in quotes")
    return word


Word = Annotated[str, BeforeValidator(_unquoted), Field(pattern="^[a-z]+$")]


class Speakers(Section):
    """How many persons speak by one synthesiser, split by split; nobody is in two of them."""

    train: Count
    unlabelled: int = Field(0, ge=0)
    test: int = Field(0, ge=0)


class SyntheticSource(Section):
    """Virtual speakers: a corpus that is computed by free synthesisers, not downloaded."""

    kind: Literal["synthetic"]
    seed: Seed = Field(0, description="the same seed makes the same bytes, with the same versions of the synthesisers")
    engines: dict[Engine, Speakers] = Field(min_length=1, description="synthesisers; docs/speech.md lists them")
    words: list[Word] = Field(list(WORDS), description="each person to learn from says each of them")
    other_words: list[Word] = Field([], description="folder unknown_unknown: words that are no class")
    new_words: list[Word] = Field([], description="words that only people in the unlabelled and the test part say")
    recordings: Count = Field(2, description="of each word by each person")
    takes: Count = Field(1, description="how often a person says each word; recordings differ in place and noise too")
    silence_percent: float = Field(10, ge=0, le=50, description="of the unlabelled and the test part")
    noise_recordings: Count = Field(8, description="in _background_noise_")
    noise_seconds: Count = 30

    @model_validator(mode="after")
    def _check(self) -> "SyntheticSource":
        lacking = [word for word in COMMANDS if word not in self.words]
        if lacking:
            raise ValueError(f"words lacks the command(s) {', '.join(lacking)}")
        if self.takes > self.recordings:
            raise ValueError("takes must not exceed recordings: each take is recorded at least once")
        return self
