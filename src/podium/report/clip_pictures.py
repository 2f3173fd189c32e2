"""Clips as film strips, the worst and the best that were read.

Letters in tensor names: T frames, K columns, P points, C coordinates (x, y), N frames that are shown.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from podium.data import columns
from podium.report.drawing import INK, SERIES, as_svg, figure
from podium.report.material import Material, Missing
from podium.report.page_parts import escaped
from podium.report.picture import Drawn, counted, picture
from podium.storage.tables import read_table
from podium.systems.files import read_recipe

NUM_FRAMES = 10
NUM_CLIPS = 4
_MAX_CURVES = 8
_WAVE_STEPS = 600


def strip(x: np.ndarray, lines: Sequence[tuple[int, int]], name: str, colour: str = INK) -> str:
    """A clip as SVG.

    Args:
        x: (T,), (T, K) or (T, P, 2), see `podium.export.pictures.Pictures.shown`.
        lines: Pairs of points to join.
    """
    with figure(1.15 if x.ndim == 3 else 0.9) as (drawn, (axes,)):
        axes.set_axis_off()
        if x.ndim == 3:
            _draw_points(axes, x, lines, colour)
        elif x.ndim == 2:
            axes.plot(x[:, :_MAX_CURVES], linewidth=1)
            for line, series in zip(axes.lines, SERIES, strict=False):
                line.set_color(series)
        else:
            _draw_wave(axes, x, colour)
        return as_svg(drawn, name)


def _draw_wave(axes, x_T: np.ndarray, colour: str) -> None:
    """The lowest and the highest value of each short stretch."""
    parts = np.array_split(x_T, min(_WAVE_STEPS, max(1, len(x_T))))
    low, high = ([f(part) for part in parts] for f in (np.min, np.max))
    axes.fill_between(range(len(parts)), low, high, color=colour, linewidth=0.4)
    largest = max(1e-6, float(np.abs(x_T).max()))
    axes.set_ylim(-largest, largest)
    axes.margins(x=0)


def _draw_points(axes, x_TPC: np.ndarray, lines: Sequence[tuple[int, int]], colour: str) -> None:
    """Evenly chosen frames beside each other, all to one scale; a frame without a point stays empty."""
    x_NPC = x_TPC[np.linspace(0, len(x_TPC) - 1, min(NUM_FRAMES, len(x_TPC))).round().astype(int)]
    is_seen = np.isfinite(x_NPC).all(axis=2)
    axes.set_aspect("equal")
    if not is_seen.any():
        axes.text(0.5, 0.5, "no point in any frame", ha="center", va="center", transform=axes.transAxes)
        return
    low_C, high_C = (np.percentile(x_NPC[is_seen], share, axis=0) for share in (1, 99))
    width, height = np.maximum(high_C - low_C, 1e-6)
    xs, ys = [], []
    for number, (x_PC, is_seen_P) in enumerate(zip(x_NPC, is_seen, strict=True)):
        for one, other in lines:
            if is_seen_P[one] and is_seen_P[other]:
                xs += [x_PC[one, 0] + number * width * 1.15, x_PC[other, 0] + number * width * 1.15, np.nan]
                ys += [x_PC[one, 1], x_PC[other, 1], np.nan]
    axes.plot(xs, ys, color=colour, linewidth=0.9, solid_capstyle="round")
    axes.set_xlim(low_C[0] - 0.1 * width, low_C[0] + (NUM_FRAMES * 1.15) * width)
    axes.set_ylim(high_C[1] + 0.05 * height, low_C[1] - 0.05 * height)


@picture("Clips that were read worst")
def worst_clips(material: Material, name: str) -> Drawn:
    """Film strips with the label above the prediction; where both differ, in colour."""
    rows, where = material.predictions
    is_read = rows["prediction"].map(lambda one: bool(material.pictures.said(one)))
    if not is_read.any():
        raise Missing(f"none of {counted(len(rows), 'clip')} was read")
    read = rows[is_read & (rows["score"] < 1)].sort_values(["score", "sequence_id"], kind="stable")
    if read.empty:
        raise Missing("every clip that was read was read right")
    chosen, bodies = _strips(material, read, where, name)
    low, high = chosen["score"].iloc[0], chosen["score"].iloc[-1]
    told = f"{len(read):,} of {counted(int(is_read.sum()), 'clip')} that were read have an error"
    told += f"; the {len(chosen)} worst score {low:.2f}" + (f" to {high:.2f}" if high > low else "")
    unread = int((~is_read).sum())
    told += _compare_lengths(chosen, rows)
    if unread:
        told += f"; {counted(unread, 'clip')} got no answer: they count in the score, and are not shown here"
    return f"{told}.", bodies


@picture("Clips that were read best")
def best_clips(material: Material, name: str) -> Drawn:
    """The longest labels among the highest scores."""
    rows, where = material.predictions
    by = rows.assign(label_length=rows[material.label].str.len())
    best = by.sort_values(["score", "label_length", "sequence_id"], ascending=[False, False, True], kind="stable")
    chosen, bodies = _strips(material, best, where, name)
    num_right = int((rows["score"] == 1).sum())
    return (
        f"{num_right:,} of {counted(len(rows), 'clip')} are read without an error; these are the longest of them.",
        bodies,
    )


def _compare_lengths(chosen: pd.DataFrame, rows: pd.DataFrame) -> str:
    if "num_frames" not in rows or rows["num_frames"].nunique() < 2:
        return ""
    ours, all_ = chosen["num_frames"].median(), rows["num_frames"].median()
    return f"; their median length is {ours:.0f} frames, that of all clips {all_:.0f}"


def _strips(material: Material, rows: pd.DataFrame, where: str, name: str) -> tuple[pd.DataFrame, str]:
    """The first rows whose clips are there, and their strips."""
    chosen = rows.drop_duplicates("sequence_id").head(NUM_CLIPS)  # several networks may have read a clip
    clips = _test_clips(material, chosen) if where == "hidden test" else _training_clips(material, chosen)
    parts = []
    for number, (row, x) in enumerate(zip(chosen.itertuples(), clips, strict=True)):
        told = f"clip {row.sequence_id}, person {row.participant_id}, score {row.score:.2f}"
        confidence = getattr(row, "confidence", None)
        if isinstance(confidence, float) and np.isfinite(confidence):
            told += f", confidence {confidence:.2f}"
        text = aligned(material, getattr(row, material.label), row.prediction)
        drawing = "<p>The clip has no frames.</p>"
        if x is None:
            drawing = "<p>The clip itself is not there any more.</p>"
        elif len(x):
            shown = material.pictures.shown(x)
            told += f", {100 * np.isfinite(shown).mean():.0f} % of the points found" if shown.ndim == 3 else ""
            drawing = strip(shown, material.pictures.lines, f"{name}-{number}")
        parts.append(f'<div class="film"><p class="clip">{told}</p>{text}{drawing}</div>')
    return chosen, "".join(parts)


def _test_clips(material: Material, rows: pd.DataFrame) -> list[np.ndarray | None]:
    wanted = columns.sequences(material.label)
    table = read_table(material.data / "sequences.parquet", wanted)[wanted]
    table = table[(table["split"] == "test") & table["sequence_id"].isin(rows["sequence_id"])].reset_index(drop=True)
    root = material.results.parent.parent / material.source.root
    found = {}
    for position, x in material.part("answers").test_clips(table, root):
        found[int(table["sequence_id"][position])] = x
    return [found.get(one) for one in rows["sequence_id"].tolist()]


def _training_clips(material: Material, rows: pd.DataFrame) -> list[np.ndarray | None]:
    samples = material.part("samples")
    table = read_table(material.data / "index.parquet", [*columns.TRAINED, *samples.TABLE_COLUMNS])
    table = table.set_index("sequence_id", drop=False).loc[rows["sequence_id"]].reset_index(drop=True)
    _, recipe = read_recipe(material.results / material.runs[0] / "recipe.json")
    clips = samples.validation(table, material.data, recipe)
    return [clips.raw(row) for row in range(len(table))]


def aligned(material: Material, label: str, prediction: str) -> str:
    """A label above its prediction, piece by piece."""
    edits = material.pictures.edits(label, prediction)
    lines = {"is": [], "read": []}
    for edit in edits:
        width = max(len(edit.label), len(edit.prediction))
        for line, text in zip(lines.values(), (edit.label, edit.prediction), strict=True):
            line.append(f'<span class="{edit.kind}">{escaped(text.ljust(width, "·"))}</span>')
    note = "" if material.pictures.said(prediction) else " (nothing was read)"
    return (
        '<pre class="aligned">'
        + "\n".join(f"{name:>4} {''.join(line)}" for name, line in lines.items())
        + f"{note}</pre>"
    )
