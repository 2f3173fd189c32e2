"""The report's page, of a small folder of results that is written here."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from podium.errors import UserError
from podium.report.report import write_report, write_report_of_two
from podium.storage.files import read_json, write_json

PHRASES = {
    "hello": "hallo",
    "some words": "some words",
    "12-34": "12-34",
    "oak": "2 a-e -aroe",
    "www.tree.org": "www.tre.org",
}
TITLES = ["What is taken for what", "Score of each person", "Can the confidence be trusted?", "Latency"]


@pytest.fixture
def results(tmp_path):
    """An experiment of fingerspelling with a file that was scored, and without clips."""
    folder = tmp_path / "results/small"
    dataset = {"name": "corpus", "title": "A corpus", "source": {"kind": "synthetic"}, "frame_rate": 30.0}
    stages = {
        "round1": {"recipe": "r", "folds": "all"},
        "round2": {"seeds": [1], "labels": {"stages": ["round1"], "how": "oof"}},
    }
    trained = {"state": "finished", "seed": 1, "device": "cpu", "seconds": 90.0, "peak_mb": 512.0}
    jobs = {"round2/seed1": trained, "export_tflite": {"state": "finished", "seconds": 10.0, "peak_mb": None}}
    export = {"members": ["round2"], "formats": ["fp16", "int8"]}
    write_json(folder / "report/manifest.json", {
        "experiment": {"name": "small", "system": "fingerspelling", "stages": stages, "export": export},
        "state": "finished",
        "recipes": {}, "code": {"podium": "0", "commit": None}, "dataset": dataset, "jobs": jobs, "data_jobs": {},
    })  # fmt: skip
    splits = {"train": {"num_sequences": 9, "num_participants": 3}}
    test = {"number": 2, "trained_on": [], "recordings_trained_on": []}
    write_json(
        tmp_path / "results/data/corpus/manifest.json",
        {"splits": splits, "test_signers": test, "num_test_sequences": 10},
    )
    history = pd.DataFrame({"epoch": [1, 2], "learning_rate": [0.1, 0.0], "loss": [2.0, 1.5], "score": [None, 0.5]})
    (folder / "round2/seed1").mkdir(parents=True)
    history.to_csv(folder / "round2/seed1/history.csv", index=False)
    (folder / "export").mkdir()
    write_predictions(folder, PHRASES)
    formats = {"fp16": {"score": 0.9, "size_mb": 2.0}, "int8": {"score": 0.8, "size_mb": 1.0}}
    write_json(folder / "export/evaluation.json", {"score": 0.9, "score_damerau": 0.9, "formats": formats})
    stage = {"passed": True, "error": 1e-6, "tolerance": 1e-4}
    seed = {"port": "port/seed1", "stages": {"stages": {"stem": stage}}, "faults": [{"is_caught": True}]}
    proof = {"fp16": {"passed": True, "max_error": 0.001, "relative_tolerance": 0.01}}
    write_json(folder / "export/parity.json", {"passed": True, "problems": [], "formats": proof, "seeds": [seed]})
    lengths = {"50": {"median": 2.0, "p90": 3.0}, "100": {"median": 4.0, "p90": 5.0}}
    slower = {frames: {name: 2 * ms for name, ms in one.items()} for frames, one in lengths.items()}
    times = {"latency_ms": {"1_threads": lengths}, "format_latency_ms": {"fp32": slower, "int8": lengths}}
    write_json(folder / "export/benchmark.json", {"size_mb": 2.0, **times, "processor": "a chip"})
    write_json(folder / "export/inference_args.json", {"min_confidence": 0.25})
    return folder


def write_predictions(folder, phrases: dict[str, str]) -> None:
    """Each phrase once by two people."""
    table = pd.DataFrame({"phrase": [*phrases] * 2, "prediction": [*phrases.values()] * 2})
    table["score"] = (table["phrase"] == table["prediction"]).astype(float)
    numbers = np.arange(len(table))
    table = table.assign(sequence_id=numbers, participant_id=7 + (numbers >= len(phrases)), num_frames=20 + 3 * numbers)
    table.assign(confidence=0.2 + numbers / 20).to_csv(folder / "export/predictions.csv", index=False)


class Page(HTMLParser):
    """What a page would fetch, its ids, its scripts, and the text of its paragraphs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched, self.ids, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids += [value for key, value in attrs if key == "id"]
        self.fetched += [value for key, value in attrs if key in ("src", "href", "xlink:href") and value[:1] != "#"]


def sentence_of(page: str, title: str) -> str:
    return re.search(rf"<h3[^>]*>{re.escape(title)}</h3><p[^>]*>(.*?)</p>", page)[1]


def test_a_page_asks_for_nothing_and_is_the_same_again(results):
    text = write_report(results).read_text()
    page = Page(text)
    assert page.fetched == [] and "script" not in page.tags and "url(http" not in text and "@import" not in text
    assert len(page.ids) == len(set(page.ids)) > 100
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= set(page.ids)
    assert write_report(results).read_text() == text
    assert not re.search(r"#0102\w\w", text), "every colour of a figure is one of the page's"
    assert "prefers-color-scheme:dark" in text and "@media print" in text


def test_sentences_are_of_this_experiment(results):
    page = write_report(results).read_text()
    assert (
        "Of 100 letters 66 come out right; 40 of 100 phrases are exact." in page
    )  # 12 edits in 35 letters, 10 of a clip that was not read
    assert "on no real person" in page and "None of the 2 people of the test was trained on." in page
    told = {title: sentence_of(page, title) for title in TITLES}
    assert told["What is taken for what"].startswith(
        "4 errors on the hidden test: 50 % are one taken for another, 50 %"
    )
    assert "most often e is left out (2 times)" in told["What is taken for what"]
    assert "1 of 10 clips fall" in told["Can the confidence be trusted?"]
    assert "100 frames take 4.0 ms on 1 thread, 833 times as fast" in told["Latency"]
    assert "of the formats int8 is fastest there" in told["Latency"]
    losses = "Loss and learning rate"
    assert sentence_of(page, losses).endswith("of validation clips was not measured; their score is, below.")
    history = pd.read_csv(results / "round2/seed1/history.csv")
    history.assign(validation_loss=[1.25, 1.5]).to_csv(results / "round2/seed1/history.csv", index=False)
    told = sentence_of(write_report(results).read_text(), losses)
    assert told.endswith("That of validation clips ends at 1.50; it was lowest after epoch 1, at 1.25.")
    write_predictions(results, {phrase: phrase for phrase in PHRASES})
    better = write_report(results).read_text()
    assert "Of 100 letters 100 come out right; 100 of 100 phrases are exact." in better
    assert sentence_of(better, "What is taken for what").startswith(
        "Not shown: nothing was taken for anything else in 10"
    )


def test_what_is_missing_is_said(results):
    for name in ("benchmark.json", "parity.json", "predictions.csv"):
        (results / "export" / name).unlink()
    page = write_report(results).read_text()
    assert "There is no score: neither" in page
    for title in TITLES:
        assert sentence_of(page, title).startswith("Not shown: "), title
    assert "small/export/benchmark.json is not there." in sentence_of(page, "Latency")


def test_two_side_by_side(results, tmp_path):
    one = write_report(results).read_text()
    other = tmp_path / "results/other"
    results.rename(other)
    manifest = read_json(other / "report/manifest.json")
    manifest["experiment"]["name"] = "other"
    write_json(other / "report/manifest.json", manifest)
    page = write_report_of_two(other, other, tmp_path / "two.html").read_text()
    assert page.count("<svg") == 2 * one.count("<svg") and "Nothing but times, code and files." in page
    ids = Page(page).ids
    assert len(ids) == len(set(ids)) and set(re.findall(r"url\(#([^)]*)\)", page)) <= set(ids)
    write_json(results / "report/manifest.json", manifest)
    manifest["experiment"]["comparison"] = ["round2"]
    write_json(other / "report/manifest.json", manifest)
    page = write_report_of_two(other, results, tmp_path / "two.html").read_text()
    assert page.count(">Recipes that were compared</h3>") == 2, "also beside an experiment that compares none"


def test_a_manifest_of_old_is_refused(results):
    manifest = read_json(results / "report/manifest.json")
    del manifest["experiment"]["system"]
    write_json(results / "report/manifest.json", manifest)
    with pytest.raises(UserError, match="of an earlier version of Podium; run the experiment again"):
        write_report(results)
