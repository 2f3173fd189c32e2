"""Which rows of a frame are read, and how frames and columns of a shard belong together."""

import numpy as np
import pytest
from signs_folder import frames

from podium.landmarks.mediapipe import LEFT_EYE, LIPS, RAW_NAMES, RIGHT_EYE
from podium.systems.signs import points


def test_both_systems_find_their_rows():
    assert len(points.LLAMA) == 85 and len(points.DEBERTA) == 95 and len(points.ROWS) == points.NUM_POINTS == 170
    assert points.ROWS == sorted(set(points.ROWS)) and max(points.ROWS) < points.NUM_ROWS == 543
    wanted = {*points.LLAMA, *points.DEBERTA, *sum(points.DEBERTA_MEANS.values(), []), *LIPS, *LEFT_EYE, *RIGHT_EYE}
    assert wanted == set(points.ROWS)
    places = points.positions(points.DEBERTA)
    assert [points.ROWS[place] for place in places] == points.DEBERTA


@pytest.mark.parametrize(
    ("name", "key", "rows"), [("llama", "keypoints", "LLAMA"), ("deberta", "landmarks", "DEBERTA")]
)
def test_rows_are_those_of_the_originals(shared, name, key, rows):
    with np.load(shared / f"golden/signs_{name}_tiny_preproc.npz") as golden:
        assert golden[key].tolist() == getattr(points, rows)
        if name == "deberta":
            means = [golden[f"avg{number}"].tolist() for number in range(5)]
            assert means == list(points.DEBERTA_MEANS.values())


def test_columns_are_named_as_in_wide_files():
    first = points.ROWS[0]
    assert points.COLUMNS[0] == f"x_{RAW_NAMES[first]}" and points.COLUMNS[170] == f"y_{RAW_NAMES[first]}"
    assert len(points.COLUMNS) == 510 and points.COLUMNS[-1].startswith("z_right_hand_20")


def test_frames_to_columns_and_back():
    x_TRC = frames(4)
    x_TK = points.as_columns(x_TRC)
    again_TRC = points.as_frames(x_TK)
    assert x_TK.shape == (4, 510) and again_TRC.shape == x_TRC.shape
    np.testing.assert_array_equal(again_TRC[:, points.ROWS], x_TRC[:, points.ROWS])
    others = [row for row in range(543) if row not in points.ROWS]
    assert np.isnan(again_TRC[:, others]).all()
    np.testing.assert_array_equal(points.as_points(x_TK), x_TRC[:, points.ROWS])
