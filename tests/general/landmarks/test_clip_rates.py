"""Rates that tables tell of their clips: in a column, or in the file's metadata."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bound import read_given
from test_clip_order import EXPECTED, FRAME, IDS, ONE, clips, write

from podium.errors import ClipError
from podium.systems.fingerspelling.answers import open_clips


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        ([25.0, 30.0], [25.0, 30.0]),
        ([25, 30], [25.0, 30.0]),
        ([np.nan, 30.0], [None, 30.0]),
        ([0.0, 30.0], ["rate", 30.0]),
        ([-1.0, np.inf], ["rate", "rate"]),
        (["varies", 30.0], ["rate", 30.0]),
    ],
)
def test_rates_in_a_column(tmp_path, fps, expected):
    rates = [
        np.linspace(20, 30, len(EXPECTED[one])) if rate == "varies" else rate
        for one, rate in zip(IDS[:2], fps, strict=True)
    ]
    changed = pd.concat([FRAME.loc[[one]].assign(fps=rate) for one, rate in zip(IDS[:2], rates, strict=True)])
    found = sorted(clips(write(tmp_path, changed, "parquet")), key=lambda clip: clip.sequence_id)
    told = [clip.content.fps if clip.content else "rate" * ("rate" in clip.problem) for clip in found]
    assert told == expected
    if expected[0] == "rate":
        with pytest.raises(ClipError, match="one positive rate"):
            read_given(changed.loc[[IDS[0]]])
    else:
        assert read_given(changed.loc[[IDS[0]]]).fps == expected[0]


@pytest.mark.parametrize("name", ["FPS", "frame_rate", "framerate", "Frames per second"])
def test_other_names_of_the_rate(tmp_path, name):
    changed = ONE.assign(**{name: 25.0})
    (clip,) = clips(write(tmp_path, changed, "parquet", index=False))
    told = pa.Table.from_pandas(ONE).replace_schema_metadata({name: "25"})
    assert clip.content.fps == read_given(changed).fps == read_given(told).fps == 25


def test_two_rates_in_the_metadata():
    told = pa.Table.from_pandas(ONE).replace_schema_metadata({"fps": "25", "frame_rate": "30"})
    with pytest.raises(ClipError, match="not one positive number"):
        read_given(told)


@pytest.mark.parametrize(("told", "expected"), [("25", 25.0), ("29.97", 29.97), ("fast", None), ("-3", None)])
def test_a_rate_in_the_metadata(tmp_path, told, expected):
    found = pa.Table.from_pandas(FRAME)
    found = found.replace_schema_metadata({**found.schema.metadata, "fps": told})
    pq.write_table(found, tmp_path / "clips.parquet")
    (source,) = open_clips([tmp_path / "clips.parquet"])
    read = list(source.clips())
    if expected:
        assert [clip.content.fps for clip in read] == [expected] * 4
    else:
        assert [clip.content for clip in read] == [None] and "fps in the file's metadata" in read[0].problem
