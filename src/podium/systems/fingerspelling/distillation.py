"""How trained networks teach a later stage: the keys beside ``labels: {how: distill}``.

What it learns from them in each step stands in its recipe, ``model.teaching``.
"""

from typing import Literal

from pydantic import Field, model_validator

from podium.config import Probability, Section

MAX_BEAM = 64


class Distillation(Section):
    """The networks of earlier stages teach."""

    supplemental: Literal["own", "read"] = Field(
        "own",
        description="texts of the supplemental clips: their own; or what the teachers read together, for clips that"
        " nobody has labelled, whatever text stands in their table",
    )
    beam: int = Field(
        1,
        ge=1,
        le=MAX_BEAM,
        description="with 'read': beginnings of a text that the teachers keep as they read, with fewer errors and in"
        " more time; 1 reads greedily",
    )
    min_confidence: Probability = Field(0.5, description="with 'read': clips that the teachers trust less are left out")

    @model_validator(mode="after")
    def _check_beam(self) -> "Distillation":
        if self.beam > 1 and self.supplemental != "read":
            raise ValueError("beam is for 'supplemental: read'; the clips have texts of their own")
        return self


WAYS: dict[str, type[Section]] = {"distill": Distillation}
