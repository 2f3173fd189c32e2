"""The exported file: its formats, its proof, its speed; and what all of it cost."""

from podium.report.drawing import BAD, GOOD, MUTED, SERIES, as_svg, bars, figure, logarithmic
from podium.report.material import Material, Missing
from podium.report.picture import Drawn, counted, picture

_MAX_JOBS = 24
_LEAST_ERROR = 1e-9  # of logarithmic axes; an error of 0 is drawn here


@picture("Formats: size, score and error against torch")
def formats(material: Material, name: str) -> Drawn:
    """Of each format that was exported."""
    told = material.json("export/evaluation.json").get("formats", {})
    if not told:
        raise Missing("export/evaluation.json tells of no format")
    proofs = material.json("export/parity.json").get("formats", {})
    names = list(told)
    scored = {one: told[one]["score"] for one in names if told[one]["score"] is not None}
    errors = {one: proofs[one] for one in names if proofs.get(one, {}).get("max_error") is not None}
    with figure(1.3 + 0.36 * len(names), 3) as (drawn, (left, middle, right)):
        bars(left, names, [told[one]["size_mb"] for one in names], SERIES[0])
        left.set_title("size, MB")
        bars(middle, names, [told[one]["score"] or 0 for one in names], SERIES[2], "{:.3f}")
        middle.set_title("score")
        places = [names.index(one) for one in errors]
        for place, one in zip(places, errors.values(), strict=True):
            error, tolerance = max(one["max_error"], _LEAST_ERROR), one["relative_tolerance"]
            right.plot([error, tolerance], [place, place], color=MUTED, linewidth=1)
            right.plot([error], [place], "o", color=GOOD if one["passed"] else BAD)
            right.plot([tolerance], [place], "|", color=BAD, markersize=12)
        if errors:
            logarithmic(right)
        right.set_yticks(range(len(names)), names)
        right.set_ylim(len(names) - 0.5, -0.5)
        right.set_title("largest error")
        right.set_xlabel("dot: error; bar: its limit")
        svg = as_svg(drawn, name)
    smallest = min(names, key=lambda one: told[one]["size_mb"])
    words = f"{smallest} is the smallest with {told[smallest]['size_mb']:.2f} MB"
    base = "fp32" if "fp32" in scored else next(iter(scored), None)
    if len(scored) > 1:
        worst = min(scored, key=scored.get)
        loss = scored[base] - scored[worst]
        words += f"; against {base} the score changes by {-loss:+.3f} at worst, in {worst}" if loss > 5e-4 else (
            f"; against {base} no format loses score"
        )  # fmt: skip
    unproven = [one for one in names if one not in errors]
    if unproven:
        words += (
            f". {', '.join(unproven)} {'is' if len(unproven) == 1 else 'are'} judged by the score, not by equal numbers"
        )
    return f"{words}.", svg


@picture("Proof, stage by stage")
def parity(material: Material, name: str) -> Drawn:
    """Torch against TensorFlow inside the networks."""
    report = material.json("export/parity.json")
    seeds = report["seeds"]
    stages = list(dict.fromkeys(stage for seed in seeds for stage in seed["stages"]["stages"]))
    with figure(1.2 + 0.21 * len(stages)) as (drawn, (axes,)):
        worst = (0.0, "", "")
        for number, seed in enumerate(seeds):
            found = seed["stages"]["stages"]
            errors = [max(found[stage]["error"] or 0, _LEAST_ERROR) if stage in found else None for stage in stages]
            label = seed["port"].rpartition("/")[2]
            axes.plot([one if one is not None else float("nan") for one in errors], range(len(stages)), "o",
                      color=SERIES[number % len(SERIES)], markersize=4, label=label)  # fmt: skip
            for stage, one in found.items():
                worst = max(worst, ((one["error"] or 0) / one["tolerance"] if one["tolerance"] else 0.0, stage, label))
        limits = [
            max(
                (seed["stages"]["stages"][stage]["tolerance"] or 0)
                for seed in seeds
                if stage in seed["stages"]["stages"]
            )
            for stage in stages
        ]
        axes.plot(
            [max(one, _LEAST_ERROR) for one in limits], range(len(stages)), "|", color=BAD, markersize=9, label="limit"
        )
        logarithmic(axes)
        axes.set_yticks(range(len(stages)), stages, fontsize=8)
        axes.set_ylim(len(stages) - 0.5, -0.5)
        axes.set_xlabel("largest difference between torch and TensorFlow")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
        svg = as_svg(drawn, name)
    faults = [fault for seed in seeds for fault in seed["faults"]]
    caught = sum(fault["is_caught"] for fault in faults)
    told = "The proof holds" if report["passed"] else f"The proof fails: {'; '.join(report['problems'][:2])}"
    told += ": the largest difference between the trained networks and what was rebuilt in TensorFlow uses"
    told += f" {100 * worst[0]:.1f} % of its limit, at {worst[1]} of {worst[2]}"
    return f"{told}; of {counted(len(faults), 'fault')} planted on purpose, {caught} found at the right place.", svg


@picture("Latency")
def latency(material: Material, name: str) -> Drawn:
    """By length of the clip: the file on one thread and more, and the other formats on one."""
    report = material.json("export/benchmark.json")
    threads = {counted(int(key.split("_")[0]), "thread"): found for key, found in report["latency_ms"].items()}
    formats = report.get("format_latency_ms", {})
    with figure(2.9, 1 + (len(formats) > 1), sharey=True) as (drawn, (left, *rest)):
        _draw_latency(left, threads)
        left.set_title("the file")
        left.set_ylabel("ms (dotted: 9 of 10 calls)")
        for axes in rest:
            _draw_latency(axes, formats)
            axes.set_title("each format, one thread")
        left.set_ylim(bottom=0)
        svg = as_svg(drawn, name)
    first, times = next(iter(threads.items()))
    longest = max(times, key=int)
    told = f"{longest} frames take {times[longest]['median']:.1f} ms on {first}"
    rate = material.manifest["dataset"].get("frame_rate")
    if rate:
        told += f", {1000 * int(longest) / rate / times[longest]['median']:,.0f} times as fast as they were filmed"
    for what, lines in (("", threads), ("of the formats ", formats)):
        reach = [one for one in lines if longest in lines[one]]  # a file for browsers may refuse so long clips
        if len(reach) > 1:
            best = min(reach, key=lambda one: lines[one][longest]["median"])
            told += f"; {what}{best} {'are' if best.endswith('s') else 'is'} fastest there"
    return f"{told} ({report['processor']}).", svg


def _draw_latency(axes, lines: dict[str, dict[str, dict[str, float]]]) -> None:
    for number, (label, found) in enumerate(lines.items()):
        frames, colour = sorted(found, key=int), SERIES[number % len(SERIES)]
        at = [int(one) for one in frames]
        axes.plot(at, [found[one]["median"] for one in frames], "o-", color=colour, label=label)
        axes.plot(at, [found[one]["p90"] for one in frames], ":", color=colour, linewidth=1)
    axes.set_xlabel("frames of the clip")
    axes.legend()


@picture("Time and memory of each job")
def cost(material: Material, name: str) -> Drawn:
    """As Snakemake has measured them."""
    jobs = {job: one for job, one in material.manifest["jobs"].items() if one.get("seconds") is not None}
    if not jobs:
        raise Missing(
            "the manifest has no times: the jobs were made on another machine, or their benchmarks were removed"
        )
    data = material.manifest.get("data_jobs") or {}
    longest = sorted(jobs, key=lambda job: -jobs[job]["seconds"])
    shown = [job for job in jobs if job in longest[:_MAX_JOBS]]
    with figure(1.0 + 0.24 * len(shown), 2, sharey=True) as (drawn, (left, right)):
        bars(left, shown, [jobs[job]["seconds"] for job in shown], SERIES[0], "{:.0f} s")
        left.set_xlabel("seconds")
        bars(right, shown, [jobs[job].get("peak_mb") or 0 for job in shown], SERIES[4], "{:.0f}")
        right.set_xlabel("peak memory, MB")
        svg = as_svg(drawn, name)
    total = sum(one["seconds"] for one in jobs.values())
    first = longest[0]
    told = f"{counted(len(jobs), 'job')} took {_minutes(total)} together, {first} the longest with"
    told += f" {_minutes(jobs[first]['seconds'])}"
    if data.get("num_jobs"):
        told += f"; {counted(data['num_jobs'], 'job')} of the data took {_minutes(data['seconds'])} before"
    trained = sum(one["seconds"] for job, one in jobs.items() if job in material.runs)
    return f"{told}. Training is {100 * trained / total:.0f} % of it. Jobs may have run side by side.", svg


def _minutes(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )


@picture("Recipes that were compared")
def recipes(material: Material, name: str) -> Drawn:
    """Each seed, and the interval of the mean."""
    import math

    from scipy.stats import t

    if not material.compared:
        raise Missing("the experiment compares no recipes")
    scores = material.scores_of_compared
    middle = {}
    for recipe, found in scores.items():
        mean = sum(found) / len(found)
        spread = math.sqrt(sum((one - mean) ** 2 for one in found) / (len(found) - 1)) if len(found) > 1 else math.nan
        middle[recipe] = (mean, t.ppf(0.975, max(1, len(found) - 1)) * spread / math.sqrt(len(found)))
    with figure(1.1 + 0.36 * len(scores)) as (drawn, (axes,)):
        for place, (recipe, found) in enumerate(scores.items()):
            axes.plot(found, [place] * len(found), "o", color=SERIES[place % len(SERIES)], alpha=0.6)
            axes.errorbar([middle[recipe][0]], [place + 0.22], xerr=[middle[recipe][1]], fmt="D", markersize=4,
                          color=SERIES[place % len(SERIES)], capsize=3)  # fmt: skip
        axes.set_yticks(range(len(scores)), list(scores))
        axes.set_ylim(len(scores) - 0.4, -0.6)
        axes.set_xlabel("score; diamond: the mean with its 95 % interval")
        svg = as_svg(drawn, name)
    best = max(middle, key=lambda recipe: middle[recipe][0])
    told = f"{best} has the highest mean, {middle[best][0]:.3f}"
    if min(map(len, scores.values())) < 2:
        return f"{told}; of one seed alone, chance may be all of it.", svg
    lowest = middle[best][0] - middle[best][1]
    others = [one for one, (mean, half) in middle.items() if one != best and mean + half >= lowest]
    reach = f"its interval overlaps with that of {', '.join(others)}" if others else "no other interval reaches its own"
    return f"{told}; {reach}.", svg
