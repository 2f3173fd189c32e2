"""The page's rules for clips in JavaScript, against those of the library, clip by clip."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from bound import doubts, signing, without_zeros
from planted import FAULTS, HABITS, virtual_clips
from project import ROOT
from small_networks import random_clip

from podium.landmarks.remarks import MEANINGS, REASONS
from podium.landmarks.timing import resample
from podium.systems.fingerspelling.landmarks import COLUMNS

EXAMPLE = ROOT / "examples/browser"
NODE = shutil.which("node")
FRAME_RATE = 30
# What the page cannot meet: its clips come as arrays, one at a time, and its reasons from a file with settings.
FROM_FILES = {"frames_sorted", "clips_split", "clips_by_id", "clips_not_split", "rate_not_used", "not_read"}
FROM_FILES |= {"hand_alone"}  # of others' landmarks
OF_FILMS = {"several_people", "no_face", "lone_hands", "pictures_lost"}
OF_ARRAYS = set(MEANINGS) - FROM_FILES - OF_FILMS - {"zeros_for_missing"}  # what landmarks alone can tell

pytestmark = pytest.mark.skipif(not NODE, reason="no node, which comes with npm")


def clips_and_rates() -> list[tuple[np.ndarray, float]]:
    """Plausible clips and spoilt ones, with zeros, gaps and idle ends, at several rates."""
    rng = np.random.default_rng(5)
    changes = [*HABITS.values(), *(change for change, _ in FAULTS.values())]
    clips = [change(clip, rng) for clip in virtual_clips(3) for change in changes]
    clips += [np.nan_to_num(clip, nan=filler) for clip in clips[:3] for filler in (0, -1, 1e-9)]
    clips += [random_clip(num_frames) for num_frames in (0, 1, 2, 20)]
    clips += [np.concatenate([np.full((9, len(COLUMNS)), np.nan, np.float32), clip]) for clip in clips[:2]]
    late = np.concatenate([clips[0], clips[0], FAULTS["y upwards"][0](clips[0], rng)])
    clips.append(np.resize(late, (600, len(COLUMNS))))
    rates = [30, 15, 60, 25, 29.97, 48]
    return [(np.ascontiguousarray(clip, np.float32), rates[i % len(rates)]) for i, clip in enumerate(clips)]


def test_the_page_does_to_a_clip_what_the_library_does(tmp_path):
    told, expected, read = [], [], []
    for number, (raw_TK, fps) in enumerate(clips_and_rates()):
        seen_TK, has_zeros = without_zeros(raw_TK)
        resampled_TK = resample(seen_TK, fps, FRAME_RATE)
        min_frames = (0, 15)[number % 2]
        read.append(resampled_TK[signing(resampled_TK, min_frames)])
        told.append({"numFrames": len(raw_TK), "fps": fps, "minFrames": min_frames})
        expected.append({"hasZeros": has_zeros, "doubts": list(doubts(seen_TK)), "numFrames": len(read[-1])})
    (tmp_path / "clips.json").write_text(json.dumps({"columns": COLUMNS, "frameRate": FRAME_RATE, "clips": told}))
    np.concatenate([raw_TK for raw_TK, _ in clips_and_rates()]).tofile(tmp_path / "clips.f32")
    script = Path(__file__).with_name("clip_rules.mjs")
    command = [NODE, script, EXAMPLE, tmp_path / "clips.json", tmp_path / "clips.f32", tmp_path / "read.f32"]
    outcome = subprocess.run(command, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    answer = json.loads(outcome.stdout)
    assert {kind for one in expected for kind in one["doubts"]} == OF_ARRAYS
    assert sum(one["hasZeros"] for one in expected) >= 3
    assert answer["answers"] == expected
    found_FK = np.fromfile(tmp_path / "read.f32", np.float32).reshape(-1, len(COLUMNS))
    np.testing.assert_allclose(found_FK, np.concatenate(read), rtol=1e-6, atol=1e-7)
    assert answer["meanings"] == {kind: text for kind, text in MEANINGS.items() if kind not in FROM_FILES}
    assert answer["reasons"] == {kind: text for kind, text in REASONS.items() if kind not in FROM_FILES}
