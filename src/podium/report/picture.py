"""A picture of a report, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass

from podium.errors import UserError
from podium.report.material import Material, Missing


@dataclass(frozen=True)
class Picture:
    """What a page shows under one heading.

    Attributes:
        name: For ids and links, on a page only once.
        title: The heading.
        sentence: What the picture says of this experiment.
        body: HTML; "" if something that it needs is missing, which ``sentence`` then tells.
    """

    name: str
    title: str
    sentence: str
    body: str = ""


Drawn = tuple[str, str]  # a sentence, and HTML
Draw = Callable[..., Picture]  # (material, before=""): "before" begins the picture's name


def picture(title: str) -> Callable[[Callable[[Material, str], Drawn]], Draw]:
    """Makes a `Picture` of a function of the material and of the picture's name. What is missing is told."""

    def decorate(draw: Callable[[Material, str], Drawn]) -> Draw:
        def drawn(material: Material, before: str = "") -> Picture:
            name = before + draw.__name__.replace("_", "-")
            try:
                return Picture(name, title, *draw(material, name))
            except (Missing, UserError) as error:
                return Picture(name, title, f"Not shown: {error}.")

        return drawn

    return decorate


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 clip", "2 clips"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
