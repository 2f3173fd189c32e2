"""Figures of matplotlib as pieces of SVG that take their colours from the page: light, dark and on paper.

A figure is drawn in colours that nothing else uses; each of them then becomes a variable of the page's style.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#010203", "#010204", "#010205", "#010206"
SERIES = tuple(f"#0102{number:02x}" for number in range(16, 24))
GOOD, BAD = SERIES[2], SERIES[3]
# What they are on a light and on a dark page; the series can be told apart by people who see few colours.
COLOURS = {
    INK: ("ink", "#1f2328", "#e6e8eb"),
    MUTED: ("muted", "#59636e", "#a3abb5"),
    GRID: ("grid", "#d5dae0", "#3a414a"),
    PAPER: ("paper", "#ffffff", "#16191d"),
    **{
        colour: (f"series{number}", light, dark)
        for number, (colour, light, dark) in enumerate(
            zip(
                SERIES,
                ("#0969b5", "#c2570c", "#1a7f47", "#c0262d", "#7c4dbd", "#8a6d00", "#b0307f", "#47617a"),
                ("#62b0ee", "#f3a15f", "#5cc98a", "#ff8079", "#bfa0f5", "#d9bd4e", "#ee87c4", "#a6bdd4"),
                strict=True,
            )
        )
    },
}
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "podium", "font.size": 10, "font.family": "sans-serif",
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": MUTED, "axes.titlesize": 11, "axes.titlecolor": INK,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.facecolor": "none", "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.7,
    "xtick.color": MUTED, "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "figure.facecolor": "none", "legend.frameon": False, "legend.fontsize": 9, "lines.linewidth": 1.6,
    "text.parse_math": False,
}  # fmt: skip
WIDTH = 8.0  # inches


@contextmanager
def figure(height: float = 3.2, columns: int = 1, **options: object) -> Iterator[tuple["Figure", list["Axes"]]]:
    """A figure of the page's width with axes beside each other, drawn in the page's style.

    Args:
        height: Inches.
        options: Of `Figure.subplots`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        drawn = Figure(figsize=(WIDTH, height), layout="constrained")
        drawn.get_layout_engine().set(wspace=0.05)
        yield drawn, list(drawn.subplots(1, columns, squeeze=False, **options)[0])


def as_svg(drawn: "Figure", name: str) -> str:
    """A figure as an ``<svg>`` element for a page.

    Args:
        name: Begins all of its ids, so that those of two figures differ.
    """
    stream = io.StringIO()
    drawn.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r'^<svg([^>]*?) width="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r'^<svg([^>]*?) height="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"| version="1.1"', "", text)
    text = re.sub(r"font: (?:(\d+) )?(\S+px) '[^;\"]*", _font, text)
    text = re.sub(r"#0102[0-9a-f]{2}", lambda found: f"var(--{COLOURS[found[0]][0]})", text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _font(found: re.Match[str]) -> str:
    """The size and the weight of a text, whose font is the page's."""
    weight, size = found.groups()
    return f"font-size: {size}" + (f"; font-weight: {weight}" if weight else "")


def whole_epochs(axes: "Axes") -> None:
    """Ticks of the axis at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def logarithmic(axes: "Axes") -> None:
    """Makes the x axis logarithmic, with powers of ten as plain text."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def bars(axes: "Axes", names: list[str], values: list[float], colours: list[str] | str, form: str = "{:.2f}") -> None:
    """Lying bars from the top down, each with its value, which a line behind it does not cross."""
    drawn = axes.barh(range(len(names)), values, color=colours, height=0.72)
    told = [form.format(value) for value in values]
    behind = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
    axes.bar_label(drawn, labels=told, padding=4, fontsize=8.5, color=INK, bbox=behind)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.16)
