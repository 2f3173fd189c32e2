"""What a dataset file says of the virtual signer."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from podium.config import Count, Probability, Section, Seed

Tempo = Annotated[float, Field(ge=2, le=90)]
Share = Annotated[float, Field(ge=-0.5, le=1.5)]


class Conditions(Section):
    """How people spell and film themselves in everyday life. Shares are of the clips unless they say otherwise."""

    frames_per_character: tuple[Tempo, Tempo] = Field((3, 60), description="bounds of a clip's tempo, drawn evenly in"
                                                      " its logarithm")  # fmt: skip
    max_clip_frames: Annotated[int, Field(ge=30, le=2000)] = Field(384, description="longer texts are spelled faster")
    p_empty: Probability = Field(0.1, description="nothing to read: rest, waving, gestures, noise; the text is empty")
    p_alone: Probability = Field(0.25, description="the picture shows one hand, no face and no body")
    p_no_face: Probability = Field(0.2, description="the face is out of sight, of clips with a body")
    p_close_up: Probability = Field(0.15, description="the picture shows little around the hand")
    p_glitches: Probability = Field(0.15, description="hands are swapped or leap for moments")
    p_other_rate: Probability = Field(0.15, description="filmed at 15 to 60 frames a second, given at 30")
    p_frozen: Probability = Field(0.3, description="a photo held, of texts of one character")
    holds: Literal["all", "short"] = Field(
        "short", description="whether all frames are written, or holds made short as a file with that setting gets them"
    )
    variety: float = Field(1.0, ge=0, le=3, description="how much more people's shapes differ than in other corpora")
    measured: tuple[Share, Share] = Field(
        (-0.2, 1.2), description="bounds of a person's share of the shapes as MediaPipe was seen to report them"
    )


class SyntheticSource(Section):
    """The virtual signer: a corpus that is computed, not downloaded."""

    kind: Literal["synthetic"]
    seed: Seed = Field(0, description="the same seed makes the same bytes")
    num_train_sequences: Count = Field(description="fingerspelled names, addresses, numbers")
    num_supplemental_sequences: int = Field(ge=0, description="few distinct sentences by many signers")
    num_test_sequences: int = Field(ge=0, description="hidden test, signed by people who appear nowhere else")
    num_train_signers: Count
    num_test_signers: Count
    num_supplemental_phrases: Count = 40
    num_supplemental_signers: int = Field(
        0, ge=0, description="people who sign the supplement alone; 0: those of train do"
    )
    supplemental_phrases: Literal["sentences", "training"] = Field(
        "sentences", description="what the supplement spells; 'training': what the train split spells as well"
    )
    sequences_per_file: Count = 250
    min_characters: Annotated[Count, Field(le=31)] = 3
    max_characters: Annotated[int, Field(ge=3, le=31)] = 31
    mean_frames_per_character: float = Field(9.0, ge=2, le=30, description="tempo; the real corpus has about 9")
    jitter: float = Field(1.0, ge=0, le=10, description="factor on how much landmarks tremble")
    gaps: float = Field(1.0, ge=0, le=5, description="factor on how often, and on how long, a hand is not found")

    conditions: Conditions | None = Field(
        None, description="everyday texts, tempos and cameras; null is the competition's phone at arm's length"
    )

    @model_validator(mode="after")
    def _check(self) -> "SyntheticSource":
        if self.min_characters > self.max_characters:
            raise ValueError(f"min_characters {self.min_characters} exceeds max_characters {self.max_characters}")
        if self.conditions and self.supplemental_phrases != "sentences":
            raise ValueError("supplemental_phrases says nothing beside conditions: all splits spell everyday texts")
        return self
