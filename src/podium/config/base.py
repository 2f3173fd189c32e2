"""What all sections share."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

# "published": as the winners compute it, oversights included. "corrected": as it was meant.
Choice = Literal["published", "corrected"]
Probability = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1, strict=True)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Section(BaseModel):
    """A part of a YAML file: no unknown keys, no change after loading.

    Attributes:
        MOVED: What is said of a key that earlier versions had: "gone; write …".
    """

    MOVED: ClassVar[dict[str, str]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
