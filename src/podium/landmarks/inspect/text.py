"""The report of a folder for people: plain, aligned text."""

from collections.abc import Iterator

from podium.data.labels import Labels

_LABEL_WIDTH = 17
_BAR_WIDTH = 50
_KIND_WIDTH = 25
_QUANTILES = {
    "min": "min", "p5": "5%", "p25": "25%", "median": "median", "p75": "75%", "p95": "95%", "max": "max"
}  # fmt: skip
_PARTS = {"left_hand": "left hand", "right_hand": "right hand", "hand": "any hand", "face": "face", "pose": "pose"}


def lines(report: dict, labels: Labels) -> Iterator[str]:
    """The lines of a report that `podium.landmarks.inspect.survey.survey` has made.

    Args:
        labels: Of the system that the folder is for.
    """
    yield f"{report['folder']}: {report['layout']}"
    yield from report["remarks"]
    for name, split in report["splits"].items():
        yield from ["", name]
        for name, text in _rows(split, labels):
            yield f"  {name:<{_LABEL_WIDTH}}{text}"
        yield from _lengths(split["lengths"])
        yield from _problems(split["problems"])
    if report["folds"]:
        yield from _folds(report["folds"])
    for kind, splits in report["accounts"].items():
        yield from ["", f"{kind} while it was prepared"]
        for split, reasons in splits.items():
            for reason, account in reasons.items():
                yield f"  {split:<{_LABEL_WIDTH}}{reason:<22}{account['number']:>9,}  {_examples(account['examples'])}"
    if report["problems"]:
        yield ""
        yield from _problems(report["problems"])
    if film := report.get("film"):
        yield from ["", f"film of sequence {film['sequence_id']} ({film['split']}): {film['path']}"]


def _rows(split: dict, labels: Labels) -> Iterator[tuple[str, str]]:
    if split["num_rows"] is not None:
        yield "table rows", f"{split['num_rows']:,}"
    read, total = split["num_files_read"], split["num_files"]
    yield "files", f"{total:,}" if read == total else f"{total:,}, the first {read:,} read"
    if split["num_not_made"]:
        yield "", f"{split['num_not_made']:,} that the table names: not made (or downloaded) yet"
    yield "sequences", f"{split['num_sequences']:,}"
    if people := split["participants"]:
        each = people["sequences_each"]
        yield "participants", (
            f"{people['number']:,}; sequences each: {each['min']:,} min, {each['median']:g} median, {each['max']:,} max"
        )
    if frames := split["frames"]:
        yield "frames", f"{frames['total']:,}; of a sequence: {frames['mean']:.1f} mean"
        yield "", "   ".join(f"{name} {round(frames[key]):,}" for key, name in _QUANTILES.items())
    if found := split[f"{labels.column}s"]:
        yield from labels.lines(found)
    if missing := split["missing"]:
        shares = [f"{name} {missing['frames'][part]:.1%}" for part, name in _PARTS.items()]
        yield "missing", f"frames without {', '.join(shares)}"
        yield "", f"sequences without any hand {missing['sequences_without_hand']:.1%}"
        if infinite := missing["infinite"]["num_frames"]:
            of = missing["infinite"]["num_sequences"]
            yield "", f"infinite values in {infinite:,} frames of {of:,} sequences, counted as missing"


def _lengths(bins: list[dict]) -> Iterator[str]:
    if not bins:
        return
    yield "  lengths, in frames"
    most = max(one["number"] for one in bins)
    for one in bins:
        reach = f"{one['from']:>6,} and more" if one["to"] is None else f"{one['from']:>6,} to {one['to']:>5,}"
        # Rounded up: a bin with a single sequence still shows.
        bar = "#" * -(-one["number"] * _BAR_WIDTH // most)
        yield f"    {reach:<16}{one['number']:>8,}  {bar}".rstrip()


def _problems(problems: list[dict]) -> Iterator[str]:
    if not problems:
        yield f"  {'problems':<{_LABEL_WIDTH}}none found"
        return
    yield "  problems"
    for one in problems:
        yield f"    {one['kind']:<{_KIND_WIDTH}}{one['number']:>8,}  {one['meaning']}"
        if isinstance(one["examples"][0], str):
            yield from (f"{'':<{_KIND_WIDTH + 14}}{example}" for example in one["examples"])
        else:
            yield f"{'':<{_KIND_WIDTH + 14}}{_examples(one['examples'], one['number'])}"


def _examples(ids: list[int], number: int = 0) -> str:
    return ", ".join(map(str, ids)) + (", …" if number > len(ids) else "")


def _folds(folds: list[dict]) -> Iterator[str]:
    yield from ["", "folds          participants   sequences   supplemental"]
    for fold in folds:
        yield (
            f"  {fold['fold']!s:<13}{fold['num_participants']:>12,}{fold['num_sequences']:>12,}"
            f"{fold['num_supplemental']:>15,}"
        )
