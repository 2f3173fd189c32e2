"""What a dataset file says of the virtual signer."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from podium.config import Count, Section, Seed
from podium.registry import nearest
from podium.systems.signs.corpus.dictionary import SIGNS


class SyntheticSource(Section):
    """The virtual signer: a corpus of isolated signs that is computed, not downloaded."""

    kind: Literal["synthetic"]
    seed: Seed = Field(0, description="the same seed makes the same bytes")
    num_train_clips: Count
    num_test_clips: int = Field(0, ge=0, description="hidden test, signed by people who appear nowhere else")
    num_train_signers: Count
    num_test_signers: int = Field(0, ge=0)
    signs: Annotated[list[str], Field(min_length=2)] | None = Field(None, description="null takes all that are known")
    median_frames: float = Field(14.0, ge=4, le=200, description="of a clip; the real clips at hand have 14")
    jitter: float = Field(1.0, ge=0, le=10, description="factor on how much landmarks tremble")
    gaps: float = Field(1.0, ge=0, le=5, description="factor on how often a hand is not found")
    variety: float = Field(1.0, ge=0, le=3, description="factor on how differently people make the same sign")

    @model_validator(mode="after")
    def _check(self) -> "SyntheticSource":
        for sign in self.signs or []:
            if sign not in SIGNS:
                raise ValueError(f"the virtual signer does not know '{sign}'; {nearest(sign, list(SIGNS))}")
        if (self.num_test_clips > 0) != (self.num_test_signers > 0):
            raise ValueError("num_test_clips and num_test_signers are both 0, or neither")
        return self
