"""Signs and their numbers."""

import json

import pandas as pd
import pytest

from podium.errors import UserError
from podium.systems.signs.labels import LABELS, Signs, read_map
from podium.systems.signs.vocabulary import SIGNS


def test_the_vocabulary_is_the_competitions(shared):
    assert list(read_map(shared / "real/signs_long/sign_to_prediction_index_map.json")) == list(SIGNS)


def test_a_map_is_read_in_the_order_of_its_numbers(tmp_path):
    (tmp_path / "map.json").write_text('{"yes": 1, "hello": 0, "coffee": 2}')
    assert list(read_map(tmp_path / "map.json")) == ["hello", "yes", "coffee"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"hello": 0, "yes": 2}, "has a gap: no sign has the number 1; 2 signs are numbered 0 to 1"),
        ({"hello": 0, "yes": 0}, "gives 'hello' and 'yes' the same number, 0"),
        ({"hello": 1, "yes": 2}, "has a gap: no sign has the number 0"),
        ({"hello": 0, "yes": "1"}, "gives 'yes' the number '1'"),
        ({"hello": 0, "yes": True}, "gives 'yes' the number True"),
        ({"hello": 0, " ": 1}, "gives ' ' the number 1"),
        ({"hello": 0, "yes": -1}, "has a gap: no sign has the number 1"),
        ({str(number): number for number in range(251)}, "holds 251 signs; at most 250"),
        ({}, "holds no signs"),
        (["hello"], "holds no signs"),
    ],
)
def test_a_map_that_numbers_wrongly(tmp_path, content, said):
    path = tmp_path / "map.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="map.json") as caught:
        read_map(path)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_no_map(tmp_path):
    with pytest.raises(UserError, match="does not exist; it must number the signs"):
        read_map(tmp_path / "map.json")


def test_unknown_signs():
    assert LABELS.problem("hello") == "" and LABELS.problem("TV") == ""
    assert LABELS.problem("Hello") == LABELS.problem("coffee") == LABELS.problem("") == "unknown_sign"
    assert LABELS.advice(" Hello ") == "write it 'hello'" and "number it in" in LABELS.advice("coffee")
    assert Signs(["coffee"]).problem("coffee") == "" and Signs(["coffee"]).problem("hello") == "unknown_sign"


def test_the_manifest_tells_how_often_a_hand_is_seen():
    rows = pd.DataFrame({"sign": ["hello", "yes", "yes"], "hand_share": [0.5, 1.0, 0.75]})
    assert LABELS.describe(rows) == {"num_signs": 2, "hand_share": 0.75}
