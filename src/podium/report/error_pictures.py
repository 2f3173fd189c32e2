"""What is read wrong, of whom, in which clips, and whether the confidence tells."""

import numpy as np
import pandas as pd

from podium.report.drawing import BAD, INK, MUTED, SERIES, as_svg, bars, figure
from podium.report.material import Material, Missing
from podium.report.picture import Drawn, counted, picture

MAX_MATRIX = 64
NUM_PAIRS = 12
MAX_BARS = 16
NUM_BINS = 6
MIN_IN_GROUP = 5


@picture("What is taken for what")
def confusions(material: Material, name: str) -> Drawn:
    """A matrix if there are few classes, and the most frequent errors."""
    rows, where = material.predictions
    table = material.pictures.confusions(rows)
    wrong = table[table["label"] != table["prediction"]]
    wrong = wrong.sort_values(["number", "label", "prediction"], ascending=[False, True, True], kind="stable")
    if wrong.empty:
        raise Missing(f"nothing was taken for anything else in {counted(len(rows), 'clip')}")
    names = sorted(set(table["label"]) | set(table["prediction"]), key=lambda one: (one == "", one))
    is_small = len(names) <= MAX_MATRIX
    with figure(
        _matrix_height(len(names)) if is_small else 3.6,
        1 + is_small,
        **({"width_ratios": [3, 1.5]} if is_small else {}),
    ) as (drawn, all_axes):
        if is_small:
            _draw_matrix(all_axes[0], table, names)
        most = wrong.head(NUM_PAIRS)
        pairs = [f"{_name(one)} → {_name(other)}" for one, other in zip(most["label"], most["prediction"], strict=True)]
        bars(all_axes[-1], pairs, most["number"].tolist(), BAD, "{:.0f}")
        all_axes[-1].set_title("most frequent errors")
        all_axes[-1].set_xlabel("times")
        svg = as_svg(drawn, name)
    number = int(wrong["number"].sum())
    left, added = (int(wrong.loc[wrong[side] == "", "number"].sum()) for side in ("prediction", "label"))
    told = f"{counted(number, 'error')} on the {where}"
    if left or added:
        told += (
            f": {100 * (number - left - added) / number:.0f} % are one taken for another, {100 * left / number:.0f} %"
        )
        told += f" were left out and {100 * added / number:.0f} % added"
    share = most["number"].sum() / number
    first = most.iloc[0]
    told += f"; most often {_what_happens(first['label'], first['prediction'])}"
    told += f" ({counted(int(first['number']), 'time')})"
    return f"{told}; the {len(most)} most frequent errors are {100 * share:.0f} % of all.", svg


def _matrix_height(num_classes: int) -> float:
    return 6.4 if num_classes > 32 else 4.4


def _name(one: str) -> str:
    return one or "nothing"


def _what_happens(label: str, prediction: str) -> str:
    if not prediction:
        return f"{label} is left out"
    return f"{label} is read as {prediction}" if label else f"{prediction} is added"


def _draw_matrix(axes, table: pd.DataFrame, names: list[str]) -> None:
    """Rows are labels, columns what was read; the darker, the larger the share of the row. Right ones are blue."""
    from matplotlib.colors import to_rgb

    place = {one: number for number, one in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for label, prediction, number in table[["label", "prediction", "number"]].itertuples(index=False):
        counts[place[label], place[prediction]] = number
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows, columns = np.nonzero(counts)
    is_right = rows == columns
    size = 45 * _matrix_height(len(names)) / len(names)
    for chosen, colour in ((is_right, SERIES[0]), (~is_right, BAD)):
        strength = np.clip(np.sqrt(shares[rows[chosen], columns[chosen]]), 0.3, 1).round(2)
        colours = [(*to_rgb(colour), one) for one in strength]
        axes.scatter(columns[chosen], rows[chosen], s=size**2 * 0.45, marker="s", c=colours, linewidths=0)
    told = [_name(one) for one in names]
    font = min(8, 350 / len(names))
    axes.set_xticks(range(len(names)), told, fontsize=font)
    for text in axes.get_xticklabels():
        text.set_rotation(90 if len(text.get_text()) > 2 else 0)
    axes.set_yticks(range(len(names)), told, fontsize=font)
    axes.set_xlim(-0.7, len(names) - 0.3)
    axes.set_ylim(len(names) - 0.3, -0.7)
    axes.tick_params(length=0)
    axes.grid(alpha=0.4)
    axes.set(xlabel="read as", ylabel="is", title="share of each row: the darker, the more; blue is right")


def _scores(material: Material, rows: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Of each group: score and number."""
    found = {
        group: (material.pictures.score(part), len(part))
        for group, part in rows.groupby(groups, observed=True, sort=True)
        if len(part)
    }
    return pd.DataFrame.from_dict(found, orient="index", columns=["score", "number"])


@picture("Score of each person")
def people(material: Material, name: str) -> Drawn:
    """Bars, or a histogram of many."""
    rows, where = material.predictions
    scores = _scores(material, rows, rows["participant_id"]).sort_values("score", kind="stable")
    if len(scores) < 2:
        raise Missing(f"{where}: the clips are of {counted(len(scores), 'person').replace('persons', 'people')}")
    whole = material.pictures.score(rows)
    with figure(1.1 + 0.27 * len(scores) if len(scores) <= MAX_BARS else 2.8) as (drawn, (axes,)):
        if len(scores) <= MAX_BARS:
            names = [
                f"{one} ({counted(number, 'clip')})" for one, number in zip(scores.index, scores["number"], strict=True)
            ]
            bars(axes, names, scores["score"].tolist(), SERIES[0])
            axes.axvline(whole, color=INK, linewidth=1, linestyle="--")
            axes.set_xlabel("score; the dashed line is that of all clips")
        else:
            axes.hist(scores["score"], bins=20, color=SERIES[0])
            axes.axvline(whole, color=INK, linewidth=1, linestyle="--")
            axes.set(xlabel="score of a person; the dashed line is that of all clips", ylabel="people")
        svg = as_svg(drawn, name)
    low, high = scores["score"].iloc[0], scores["score"].iloc[-1]
    told = f"{len(scores)} people of the {where}: person {scores.index[0]} is read worst ({low:.2f}), person"
    told += f" {scores.index[-1]} best ({high:.2f})"
    interval = _interval(scores)
    return f"{told}; with other people of this kind the mean score of a person would be between {interval} (95 %).", svg


def _interval(scores: pd.DataFrame) -> str:
    """Of the mean over people, by drawing them anew."""
    values = scores["score"].to_numpy()
    drawn = np.random.default_rng(0).choice(values, size=(2000, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{low:.2f} and {high:.2f}"


@picture("Score by group")
def groups(material: Material, name: str) -> Drawn:
    """Groups that the system names, worst first unless they have an order."""
    rows, where = material.predictions
    found = {kind: _scores(material, rows, of) for kind, of in material.pictures.groups(rows).items()}
    found = {kind: table for kind, table in found.items() if len(table) > 1}
    if not found:
        raise Missing(f"the clips of {where} are all of one group")
    worst, drawn_groups = [], {}
    for kind, table in found.items():
        is_ordered = isinstance(material.pictures.groups(rows)[kind].dtype, pd.CategoricalDtype)
        by_score = table.sort_values("score", kind="stable")
        large = by_score[by_score["number"] >= min(MIN_IN_GROUP, by_score["number"].max())]
        one = large.iloc[0]
        clips = counted(int(one["number"]), "clip")
        worst.append(f"by {kind}, {large.index[0]} is read worst ({one['score']:.2f}, {clips})")
        drawn_groups[kind] = (table if is_ordered else by_score).head(MAX_BARS)
    height = 1.0 + 0.28 * max(map(len, drawn_groups.values()))
    with figure(height, len(drawn_groups)) as (drawn, all_axes):
        for axes, (kind, table) in zip(all_axes, drawn_groups.items(), strict=True):
            bars(axes, [f"{one} ({number})" for one, number in zip(table.index, table["number"], strict=True)],
                 table["score"].tolist(), SERIES[0])  # fmt: skip
            axes.set_title(
                kind if len(table) == len(found[kind]) else f"{kind}: the {len(table)} worst of {len(found[kind])}"
            )
            axes.set_xlabel("score (number of clips in brackets)")
        svg = as_svg(drawn, name)
    return f"On the {where}: {'; '.join(worst)}.", svg


@picture("Score by length of the clip")
def lengths(material: Material, name: str) -> Drawn:
    """Groups of equally many clips."""
    rows, where = material.predictions
    if "num_frames" not in rows:
        raise Missing("predictions.csv does not tell how long a clip is; evaluate the file again")
    rows = rows[rows["num_frames"] > 0]
    if rows["num_frames"].nunique() < 2:
        raise Missing(f"all clips of {where} are of one length, so that there is nothing to compare")
    bins = pd.qcut(rows["num_frames"], NUM_BINS, duplicates="drop")
    table = _scores(material, rows, bins)
    spans = rows.groupby(bins, observed=True)["num_frames"].agg(["min", "max"])
    with figure(2.8) as (drawn, (axes,)):
        labels = [
            f"{low:.0f} to {high:.0f}\n({number})"
            for low, high, number in zip(spans["min"], spans["max"], table["number"], strict=True)
        ]
        axes.bar(range(len(table)), table["score"], color=SERIES[0], width=0.7)
        for place, score in enumerate(table["score"]):
            axes.text(place, max(score, 0), f"{score:.2f}", ha="center", va="bottom", fontsize=9)
        axes.set_xticks(range(len(table)), labels)
        axes.set(xlabel="frames (number of clips)", ylabel="score")
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        svg = as_svg(drawn, name)
    first, last = table["score"].iloc[0], table["score"].iloc[-1]
    kind = "worse than" if first < last - 0.02 else "better than" if first > last + 0.02 else "about as well as"
    low, high = int(spans["max"].iloc[0]), int(spans["min"].iloc[-1])
    return f"Clips of at most {low} frames are read {kind} those of {high} or more: {first:.2f} and {last:.2f}.", svg


@picture("Can the confidence be trusted?")
def calibration(material: Material, name: str) -> Drawn:
    """Mean score of clips of similar confidence, with the threshold below which nothing is read."""
    rows, where = material.predictions
    if "confidence" not in rows or rows["confidence"].isna().all():
        raise Missing(f"the readings on {where} have no confidence")
    rows = rows.dropna(subset="confidence")
    confidence, score = rows["confidence"].to_numpy(), rows["score"].clip(0, 1).to_numpy()
    threshold = material.pictures.threshold(material.json("export/inference_args.json"))
    place = np.clip((confidence * 10).astype(int), 0, 9)
    used = [one for one in range(10) if (place == one).any()]
    means = [(confidence[place == one].mean(), score[place == one].mean(), int((place == one).sum())) for one in used]
    with figure(3.4, 2, width_ratios=[1, 1]) as (drawn, (left, right)):
        left.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
        left.plot([one[0] for one in means], [one[1] for one in means], color=SERIES[0], marker="o")
        left.set(xlabel="confidence", ylabel="mean score of the clips", title="confidence and score")
        left.set(xlim=(0, 1), ylim=(0, 1.03))
        right.hist(confidence, bins=np.linspace(0, 1, 21), color=SERIES[0])
        right.set(xlabel="confidence", ylabel="clips", xlim=(0, 1), title="how often it occurs")
        if threshold is not None:
            for axes in (left, right):
                axes.axvline(threshold, color=BAD, linewidth=1.4, linestyle="--")
            right.annotate("nothing is read\nbelow this", (threshold, 0.9), xycoords=("data", "axes fraction"),
                           xytext=(6, 0), textcoords="offset points", color=BAD, fontsize=9, va="top")  # fmt: skip
        svg = as_svg(drawn, name)
    gap = sum(abs(one[0] - one[1]) * one[2] for one in means) / len(rows)
    lean = "too modest" if confidence.mean() < score.mean() else "too bold"
    told = f"Confidence and score are {gap:.2f} apart on average; the confidence is {lean}" if gap > 0.02 else (
        f"The confidence tells the score well, {gap:.2f} apart on average"
    )  # fmt: skip
    if threshold is not None:
        below = confidence < threshold
        told += f"; {int(below.sum())} of {len(rows)} clips fall below the threshold of {threshold:g}"
    return f"{told}.", svg
