"""Every number that an experiment's files hold is explained."""

import pandas as pd
import pytest
from project import ROOT

from podium.report.metrics import meanings, own_metrics
from podium.systems import names, part


@pytest.mark.parametrize("system", names())
def test_all_that_a_system_scores_is_explained(system):
    label = part(system, "plan").LABEL
    empty = pd.DataFrame({label: pd.Series(dtype=str), "participant_id": pd.Series(dtype=int)})
    told = part(system, "answers").score(empty, [], is_test=True)
    assert told.keys() <= meanings(system).keys()
    assert part(system, "plan").SCORES.keys() <= meanings(system).keys()


def test_a_system_says_otherwise():
    assert "characters" in meanings("fingerspelling")["score"] and "characters" not in meanings("signs_llama")["score"]
    assert own_metrics("signs_llama") == {}
    page = (ROOT / "docs/metrics.md").read_text()
    assert "## Of fingerspelling" in page and "| `score_damerau` |" in page
