"""How training went, what each stage brought, and what the networks were shown."""

import numpy as np
import pandas as pd

from podium.data.columns import FOLD_OF, TRAINED
from podium.data.unseen import scored_on
from podium.report.clip_pictures import strip
from podium.report.drawing import INK, MUTED, SERIES, as_svg, bars, figure, whole_epochs
from podium.report.material import Material, Missing, stage_of
from podium.report.page_parts import escaped
from podium.report.picture import Drawn, counted, picture
from podium.storage.tables import read_table
from podium.systems.files import read_recipe
from podium.training.split import split_rows

NUM_SAMPLES = 5
VALIDATION = "validation_loss"  # a column of histories since it is measured


def _histories(material: Material) -> dict[str, pd.DataFrame]:
    found = {}
    for run in material.runs:
        if (material.results / run / "history.csv").is_file():
            found[run] = material.history(run)
    if not found:
        raise Missing(f"no run below {material.results} has a history.csv (published weights have none)")
    return found


def _colours(runs: list[str]) -> dict[str, str]:
    """A colour for each stage."""
    stages = list(dict.fromkeys(stage_of(run) for run in runs))
    return {stage: SERIES[number % len(SERIES)] for number, stage in enumerate(stages)}


def _plot_runs(axes, histories: dict[str, pd.DataFrame], column: str, style: str = "-", kind: str = "") -> None:
    """A line per run.

    Args:
        kind: Of what they are, for the legend.
    """
    colours, told = _colours(list(histories)), set()
    for run, table in histories.items():
        stage = stage_of(run)
        rows = table.dropna(subset=column)
        label = None if stage in told else f"{stage}{kind}"
        told.add(stage)
        axes.plot(
            rows["epoch"], rows[column], style, color=colours[stage], marker="o", markersize=3.2, label=label, alpha=0.8
        )
    whole_epochs(axes)


@picture("Loss and learning rate")
def losses(material: Material, name: str) -> Drawn:
    """Of every run, epoch by epoch."""
    histories = _histories(material)
    validated = {run: table for run, table in histories.items() if VALIDATION in table}
    with figure(columns=2, width_ratios=[3, 2]) as (drawn, (left, right)):
        _plot_runs(left, histories, "loss", kind=", training clips")
        _plot_runs(left, validated, VALIDATION, "--", ", validation clips")
        left.set_title("loss, lower is better")
        left.legend()
        _plot_runs(right, histories, "learning_rate")
        right.set_title("learning rate at an epoch's end")
        svg = as_svg(drawn, name)
    run = (material.members or list(histories))[-1]
    run = run if run in histories else list(histories)[-1]
    loss = histories[run]["loss"].dropna().to_numpy()
    words = [f"The loss of {run} goes from {loss[0]:.2f} to {loss[-1]:.2f} in {counted(len(loss), 'epoch')}"]
    if len(loss) > 1:
        change = 1 - loss[-1] / loss[-2] if loss[-2] else 0.0
        percent = round(100 * abs(change))
        words.append(f"; in the last one it {'still falls' if change > 0 else 'rises'} by {percent or 'less than 1'} %")
    return f"{''.join(words)}. {_of_validation(histories[run])}", svg


def _of_validation(table: pd.DataFrame) -> str:
    """What the loss of validation clips says."""
    rows = table.dropna(subset=VALIDATION) if VALIDATION in table else table[:0]
    if rows.empty:
        return "The loss of validation clips was not measured; their score is, below."
    best = rows.loc[rows[VALIDATION].idxmin()]
    last = rows.iloc[-1]
    told = f"That of validation clips ends at {last[VALIDATION]:.2f}"
    if best["epoch"] == last["epoch"]:
        return f"{told}, the lowest of all."
    return f"{told}; it was lowest after epoch {best['epoch']:.0f}, at {best[VALIDATION]:.2f}."


@picture("Score of validation clips")
def validation_score(material: Material, name: str) -> Drawn:
    """Of every run, in the epochs that were validated."""
    histories = {
        run: table for run, table in _histories(material).items() if "score" in table and table["score"].notna().any()
    }
    if not histories:
        raise Missing("no epoch of a run was validated")
    with figure() as (drawn, (axes,)):
        _plot_runs(axes, histories, "score")
        axes.set_title("score, higher is better")
        if len({stage_of(run) for run in histories}) > 1:
            axes.legend()
        svg = as_svg(drawn, name)
    last = {run: table["score"].dropna().iloc[-1] for run, table in histories.items()}
    best = max(last, key=last.get)
    words = f"{best} ends highest, at {last[best]:.3f}"
    stages = {stage: [last[run] for run in last if stage_of(run) == stage] for stage in _colours(list(last))}
    parts = [
        f"the {len(scores)} runs of {stage} end {_span(scores)}" for stage, scores in stages.items() if len(scores) > 1
    ]
    falls = [run for run, table in histories.items() if table["score"].max() > last[run] + 0.01]
    parts += [f"{len(falls)} of them had been better by over 0.01 before the end"] if falls else []
    return "; ".join([words, *parts]) + ".", svg


def _span(scores: list[float]) -> str:
    low, high = f"{min(scores):.3f}", f"{max(scores):.3f}"
    return f"at {low}" if low == high else f"between {low} and {high}"


@picture("What each stage brings")
def stages(material: Material, name: str) -> Drawn:
    """Scores from the first stage to the file, with what they were measured on."""
    test = scored_on(material.data_json("manifest.json").get("test_signers"))
    rows = []
    for how, teachers in material.labels.items():
        if (material.results / how / "metrics.json").is_file():
            metrics = material.json(f"{how}/metrics.json")
            told = metrics.get("scored_on", "unseen training clips")
            rows.append((f"{', '.join(teachers)}: labels by {how}", metrics.get("score"), told))
    singles = []
    for run in material.members:
        for file, where in (("metrics.json", None), ("evaluation.json", test)):
            if (material.results / run / file).is_file():
                numbers = material.json(f"{run}/{file}")
                seen = "trained on" if numbers.get("validation_was_trained_on") else "held-out people"
                rows.append((run, numbers["score"], where or seen))
                singles += [numbers["score"]] if where and numbers["score"] is not None else []
    evaluation = material.json("export/evaluation.json")
    rows.append(("the file", evaluation["score"], test))
    rows = [row for row in rows if row[1] is not None]
    if not rows:
        raise Missing("no stage was scored")
    places = list(dict.fromkeys(row[2] for row in rows))
    with figure(0.9 + 0.3 * len(rows)) as (drawn, (axes,)):
        colours = {place: SERIES[number % len(SERIES)] for number, place in enumerate(places)}
        names, scores, where = zip(*rows, strict=True)
        bars(axes, list(names), list(scores), [colours[place] for place in where], "{:.3f}")
        for place, colour in colours.items():
            axes.barh([0], [0], color=colour, label=f"on {place}")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(places))
        axes.axvline(0, color=MUTED, linewidth=0.8)
        svg = as_svg(drawn, name)
    told = "Only bars of one colour can be compared"
    if evaluation["score"] is not None and len(singles) > 1:
        gain = evaluation["score"] - float(np.mean(singles))
        told = (
            f"{len(singles)} networks in one file score {evaluation['score']:.3f}, {gain:+.3f} against the mean of each"
            f" alone on the same clips; they differ by {max(singles) - min(singles):.3f} from seed to seed. {told}"
        )
    return told + ".", svg


@picture("Training clips as the networks saw them")
def augmented(material: Material, name: str) -> Drawn:
    """Samples of a run's second epoch, after augmentation."""
    runs = material.members if material.has_file else material.runs
    run = next((one for one in reversed(runs) if (material.results / one / "history.csv").is_file()), None)
    if run is None:
        raise Missing("no network of it was trained here")
    system, recipe = read_recipe(material.results / run / "recipe.json")
    account = material.json(f"{run}/recipe.json")
    samples, how = material.part("samples"), (material.experiment["stages"][stage_of(run)].get("labels") or {})
    table_file = material.data / "index.parquet"
    if how:
        table_file = material.results / how["how"] / f"train_with_{how['how']}.parquet"
    table = read_table(table_file, [*TRAINED, *samples.TABLE_COLUMNS])
    folds = read_table(material.data / "folds.parquet", FOLD_OF)
    rows, _, _ = split_rows(table, folds, account.get("fold"))
    clips = samples.training(rows, material.data, recipe, account["seed"])
    parts, lengths = [], []
    for number, item in enumerate(np.linspace(0, len(clips) - 1, NUM_SAMPLES).round().astype(int)):
        x, caption = material.pictures.sample(clips[1, int(item)])
        lengths.append(len(x))
        told = f"to be read as <b>{escaped(caption)}</b>" if caption else f"item {item}"
        parts.append(f'<p class="clip">{told}</p>' + strip(x, material.pictures.lines, f"{name}-{number}", INK))
    augment = account["recipe"].get("data", {}).get("augment")
    kinds = [one.get("name", "?") for one in augment if isinstance(one, dict)] if isinstance(augment, list) else []
    sentence = (
        f"{len(parts)} of the {len(clips):,} samples of {run} in its second epoch, {min(lengths):,} to"
        f" {max(lengths):,} steps long, changed as its recipe says ({', '.join(kinds)})."
        if kinds
        else f"{len(parts)} of the {len(clips):,} samples of {run} in its second epoch, as its recipe has changed them."
    )
    return sentence, "".join(parts)
