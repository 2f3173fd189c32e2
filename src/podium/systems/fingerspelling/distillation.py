"""How trained networks teach a later stage: the keys beside ``labels: {how: distill}``.

What it learns from them in each step stands in its recipe, ``model.teaching``.
"""

from typing import Literal

from pydantic import Field

from podium.config import Probability, Section


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
        le=64,
        description="with 'read': beginnings of a text that the teachers keep as they read; 1 reads greedily. 8 halves"
        " their errors in two or three times the time",
    )
    min_confidence: Probability = Field(0.5, description="with 'read': clips that the teachers trust less are left out")


WAYS: dict[str, type[Section]] = {"distill": Distillation}
