"""What a dataset file says of the virtual signer."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from podium.config import Count, Section, Seed


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
    sequences_per_file: Count = 250
    min_characters: Annotated[Count, Field(le=31)] = 3
    max_characters: Annotated[int, Field(ge=3, le=31)] = 31
    mean_frames_per_character: float = Field(9.0, ge=2, le=30, description="tempo; the real corpus has about 9")
    jitter: float = Field(1.0, ge=0, le=10, description="factor on how much landmarks tremble")
    gaps: float = Field(1.0, ge=0, le=5, description="factor on how often, and on how long, a hand is not found")

    @model_validator(mode="after")
    def _check(self) -> "SyntheticSource":
        if self.min_characters > self.max_characters:
            raise ValueError(f"min_characters {self.min_characters} exceeds max_characters {self.max_characters}")
        return self
