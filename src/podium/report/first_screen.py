"""What a report says before its pictures: what was trained, how well it reads, and how to use it."""

from typing import Any

from podium.data.sources import Generated
from podium.data.unseen import trained_share
from podium.report.material import Material, Missing
from podium.report.metrics import meanings
from podium.report.page_parts import escaped, table
from podium.report.picture import counted


def first_screen(material: Material) -> str:
    """HTML."""
    card = _or_empty(material, "export/model_card.json")
    task = card.get("task", f"system {material.system}")
    state = material.manifest["state"]
    warning = "" if state == "finished" else '<p class="warning">The last run has failed; this is how far it came.</p>'
    return (
        f"<h1>{escaped(material.name)}</h1><p class='task'>{escaped(task)}</p>{warning}"
        f'<p class="score">{escaped(score_sentence(material))}</p><p>{escaped(meaning(material))}</p>'
        f"{table(_facts(material))}<h2>Use it</h2>{_use(material)}"
    )


def score_sentence(material: Material) -> str:
    """The score as a person understands it, and what it is a score of."""
    try:
        rows, where = material.predictions
    except Missing as error:
        return f"There is no score: {error}."
    told = material.pictures.sentence(rows)
    return told if where == "hidden test" else f"{told} These are {where}; there is no hidden test."


def meaning(material: Material) -> str:
    """What the score says of real people."""
    computed = issubclass(material.part("plan").SOURCES[material.manifest["dataset"]["source"]["kind"]], Generated)
    data = _data(material)
    share = trained_share(data.get("test_signers"))
    if computed:
        told = "It was trained and judged on clips that a program computes, and on no real person. Real people differ"
        told += " more than the program does, so expect a lower score on them; measure it on clips of your own."
    else:
        told = "It was trained on recordings of real people. Others may live in other light, with other cameras or"
        told += " microphones, and other habits, so measure it on clips of your own."
    if share:
        told += f" The test is not of strangers alone: {share}."
    elif data.get("test_signers"):
        told += f" None of the {data['test_signers']['number']} people of the test was trained on."
    return told


def _data(material: Material) -> dict[str, Any]:
    try:
        return material.data_json("manifest.json")
    except Missing:
        return {}


def _or_empty(material: Material, name: str) -> dict[str, Any]:
    try:
        return material.json(name)
    except Missing:
        return {}


def _facts(material: Material) -> list[tuple[str, str]]:
    dataset, data = material.manifest["dataset"], _data(material)
    people = [
        f"{split}: {counted(one['num_sequences'], 'clip')} by {one['num_participants']:,} people"
        for split, one in data.get("splits", {}).items()
    ]
    if data.get("num_test_sequences"):
        people.append(f"test: {counted(data['num_test_sequences'], 'clip')}")
    rows = [
        ("corpus", escaped(dataset.get("title") or dataset["name"])),
        ("clips", escaped("; ".join(people) or "not told")),
    ]
    runs = [
        f"{run} ({job.get('device', '?')})" for run, job in material.manifest["jobs"].items() if run in material.runs
    ]
    rows.append(("trainings", escaped(", ".join(runs) or "none here: published weights")))
    evaluation = _or_empty(material, "export/evaluation.json")
    if evaluation.get("score") is not None:
        scores = material.part("plan").SCORES
        first, *others = [
            f"{words} {evaluation[key]:.3f}" for key, words in scores.items() if evaluation.get(key) is not None
        ]
        rows.append(("score", escaped("; ".join([f"{first}: {meanings(material.system)['score']}", *others]))))
    benchmark = _or_empty(material, "export/benchmark.json")
    if benchmark:
        rows.append(
            ("file", f"<code>{escaped(material.results)}/export/model.tflite</code>, {benchmark['size_mb']:.2f} MB")
        )
        found = next(iter(benchmark["latency_ms"].values()))
        times = ", ".join(f"{one['median']:.1f} ms for {frames} frames" for frames, one in found.items())
        rows.append(("speed", escaped(f"{times}, on one thread of {benchmark['processor']}")))
    if material.has_file:
        proof = _or_empty(material, "export/parity.json")
        told = "not checked" if not proof else "yes" if proof["passed"] else "no"
        rows.append(("equal to the trained networks", told))
    rows.append(("licence of the data", escaped(dataset.get("licence") or "not told")))
    code = material.manifest["code"]
    rows.append(("made by", escaped(f"Podium {code['podium']}, commit {(code.get('commit') or 'unknown')[:12]}")))
    return rows


def _use(material: Material) -> str:
    if not material.has_file:
        runs = [run for run in material.runs if (material.results / run / "model.safetensors").is_file()]
        told = f"<pre>podium predict CLIPS --model {escaped(material.results / runs[0])}</pre>" if runs else ""
        return f"{told}<p>No file was exported. Each training can read clips by itself.</p>"
    export = escaped(f"{material.results}/export")
    return (
        f"<pre>podium predict CLIPS --model {export}</pre>"
        f'<pre>from podium import Recognizer\nreading = Recognizer("{export}").read(clip)\n'
        "print(reading.text, reading.confidence)</pre>"
        "<p>An app needs <code>model.tflite</code> and <code>inference_args.json</code> of that folder;"
        " <code>model_card.json</code> says what goes in and what comes out.</p>"
    )
