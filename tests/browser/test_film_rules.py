"""The page's rules for films in JavaScript, against those of the library: holds, utterances, frame rates, points."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from planted import HABITS, virtual_clips
from project import ROOT

from podium.landmarks.clip_films import select
from podium.landmarks.holds import moving
from podium.landmarks.mediapipe import RAW_NAMES
from podium.landmarks.pictures.finding import Timed, evenly, without_gaps
from podium.landmarks.pictures.video_file import rate_of
from podium.landmarks.utterances import Cutter
from podium.systems.fingerspelling.landmarks import COLUMNS, SELECTION

EXAMPLE = ROOT / "examples/browser"
NODE = shutil.which("node")
RATES = [30, 25, 29.97, 50, 15]

pytestmark = pytest.mark.skipif(not NODE, reason="no node, which comes with npm")


def held(clip_TK: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The clip with some frames that stand still for up to two seconds, and a little jitter."""
    repeats_T = np.where(rng.random(len(clip_TK)) < 0.15, rng.integers(2, 60, len(clip_TK)), 1)
    long_TK = np.repeat(clip_TK, repeats_T, axis=0)
    return long_TK + rng.normal(0, 0.001, long_TK.shape).astype(np.float32)


def clips() -> list[np.ndarray]:
    rng = np.random.default_rng(8)
    changed = [habit(clip, rng) for clip in virtual_clips(3) for habit in HABITS.values()]
    plain = [np.ascontiguousarray(clip, np.float32) for clip in changed]
    slow = [held(clip, rng) for clip in plain[::2]]
    return [*plain, *slow, plain[0][:1], plain[0][:2], np.full((20, len(COLUMNS)), np.nan, np.float32)]


def film(parts: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Clips with pauses between them: nobody there, hands that hang down, and short gaps."""
    pieces = []
    for number, part_TK in enumerate(parts):
        pause_TK = np.repeat(part_TK[-1:], rng.integers(5, 50), axis=0)
        x_TAL = pause_TK.reshape(len(pause_TK), 3, -1)
        if number % 2:
            x_TAL[:] = np.nan
        else:
            x_TAL[:, 1, np.concatenate([SELECTION.slots["left_hand"], SELECTION.slots["right_hand"]])] += 5
        pieces += [part_TK, pause_TK]
    return np.concatenate(pieces)


def films() -> list[np.ndarray]:
    rng = np.random.default_rng(9)
    parts = list(virtual_clips(8))
    endless = np.concatenate([*parts, *parts])
    return [film(parts, rng), film(parts[::-1], rng), endless, parts[0][:2], np.full_like(parts[0], np.nan)]


def pictures() -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and landmarks: an even film, one that lacks pictures, rounded times, and a variable rate."""
    rng = np.random.default_rng(10)
    even_F = np.arange(40) / 30
    chosen_F = np.sort(rng.choice(40, 25, replace=False))
    lacking_F = even_F[np.r_[0:10, 12:40]]
    variable_F = np.cumsum(rng.uniform(0.02, 0.09, 30))
    times = [even_F, even_F[chosen_F], np.round(even_F, 3), lacking_F, variable_F, even_F[:1]]
    found = []
    for times_F in times:
        x_FLC = rng.uniform(0, 1, (len(times_F), len(RAW_NAMES), 3)).astype(np.float32)
        x_FLC[rng.random(len(times_F)) < 0.3, 468:489] = np.nan
        found.append((times_F, x_FLC))
    return found


def expected_films(told: list[tuple[np.ndarray, float]]) -> tuple[list[dict], list[np.ndarray]]:
    answers, values = [], []
    for x_TK, rate in told:
        cutter = Cutter(SELECTION, rate)
        found = [one for x_K in x_TK for one in cutter.take(x_K)] + list(cutter.finish())
        answers.append({"spans": [[one.begin, one.end] for one in found], "numWithHands": cutter.num_with_hands})
        values += [one.x_TK for one in found]
    return answers, values


def expected_pictures(told: list[tuple[np.ndarray, np.ndarray]]) -> tuple[list[dict], list[np.ndarray]]:
    answers, values = [], []
    for times_F, x_FLC in told:
        rate, is_even = rate_of(times_F)
        found = (Timed(time - times_F[0], x_LC) for time, x_LC in zip(times_F, x_FLC, strict=True))
        frames = list((without_gaps if is_even else evenly)(found, rate))
        answers.append({"rate": pytest.approx(rate), "isEven": is_even, "numFrames": len(frames)})
        values += [select(x_LC, SELECTION)[None] for x_LC in frames]
    return answers, values


def test_the_page_does_to_a_film_what_the_library_does(tmp_path: Path):
    holds = [(clip, (0, 15, 40)[number % 3]) for number, clip in enumerate(clips())]
    told_films = [(x_TK, rate) for x_TK in films() for rate in RATES]
    told_pictures = pictures()
    told = {
        "columns": COLUMNS,
        "holds": [{"numFrames": len(clip), "minFrames": min_frames} for clip, min_frames in holds],
        "films": [{"numFrames": len(x_TK), "rate": rate} for x_TK, rate in told_films],
        "pictures": [times_F.tolist() for times_F, _ in told_pictures],
    }
    (tmp_path / "told.json").write_text(json.dumps(told))
    arrays = [clip for clip, _ in holds] + [x_TK for x_TK, _ in told_films] + [x_FLC for _, x_FLC in told_pictures]
    np.concatenate([array.ravel() for array in arrays]).astype(np.float32).tofile(tmp_path / "values.f32")
    command = [NODE, Path(__file__).with_name("film_rules.mjs"), EXAMPLE, tmp_path]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    answer = json.loads(outcome.stdout)
    short = [clip[moving(clip, SELECTION, min_frames)] for clip, min_frames in holds]
    film_answers, film_values = expected_films(told_films)
    picture_answers, picture_values = expected_pictures(told_pictures)
    assert answer["holds"] == [len(one) for one in short]
    assert answer["films"] == film_answers
    assert answer["pictures"] == picture_answers
    found = np.fromfile(tmp_path / "out.f32", np.float32)
    expected = np.concatenate([one.ravel() for one in [*short, *film_values, *picture_values]])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    assert any(len(one) < len(clip) / 2 for one, (clip, _) in zip(short, holds, strict=True)), "holds there were"
    assert max(len(one["spans"]) for one in film_answers) > 5 and [] in [one["spans"] for one in film_answers]
    assert any(end == begin for one in film_answers for (_, end), (begin, _) in pairwise(one["spans"]))
    assert {one["isEven"] for one in picture_answers} == {True, False}
