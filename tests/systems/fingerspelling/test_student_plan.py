"""What an experiment may say of stages that networks teach, and what makes them run again."""

import copy

import pytest
import yaml
from project import ROOT

from podium.errors import UserError
from podium.plan.fingerprints import Fingerprints
from podium.plan.stages import Plan, parse_experiment

LABELS = {"from": ["teacher"], "how": "distill"}
STUDENT = {"recipe": "tiny_student", "seeds": [1], "labels": LABELS}


def experiment(**students: dict) -> dict:
    """The tiny experiment of a student, with others beside it."""
    content = yaml.safe_load((ROOT / "config/test/tiny_student.yaml").read_text())
    content["stages"]["student"]["labels"] = LABELS
    content["stages"] |= copy.deepcopy(students)
    return content


def plan(**students: dict) -> Plan:
    return Plan(parse_experiment(experiment(**students), "tiny.yaml"))


def test_students_of_one_way_share_teachers_and_table():
    found = plan(other={**STUDENT, "seeds": [1, 2]})
    student, other = found.stages["student"], found.stages["other"]
    assert found.is_taught(other) and not found.is_taught(found.stages["teacher"])
    weights = [f"results/tiny_student/teacher/seed{seed}/model.safetensors" for seed in (1, 2)]
    assert found.teaching_weights(student) == found.teaching_weights(other) == weights
    assert found.teaching_weights(found.stages["teacher"]) == []
    assert found.table_of(student) == found.table_of(other)
    assert not found.stages["teacher"].labels_supplemental
    assert [stage.name for stage in found.needed] == ["teacher", "student"]
    assert found.needed_labels["distill"] is student, "though another stage of that way comes later"
    assert found.label_options("distill") == {"supplemental": "own", "beam": 1, "min_confidence": 0.5}


def test_a_student_runs_again_with_its_teachers_and_its_keys():
    def fingerprints(content: dict) -> dict[str, str]:
        return Fingerprints(Plan(parse_experiment(content, "tiny.yaml")), "raw", True).by_name()

    before = fingerprints(experiment())
    for place, value, changed in (
        (("teacher", "recipe"), "tiny_zipformer", {"teacher", "distill", "student"}),
        (("student", "labels"), {**LABELS, "supplemental": "read"}, {"distill", "student"}),
        (("student", "recipe"), "tiny_round2", {"student"}),
    ):
        content = experiment()
        content["stages"][place[0]][place[1]] = value
        after = fingerprints(content)
        assert {name for name in ("teacher", "distill", "student") if after[name] != before[name]} == changed


@pytest.mark.parametrize(
    ("students", "words"),
    [
        ({"other": {**STUDENT, "labels": {**LABELS, "suplemental": "read"}}}, "stages with labels.how 'distill' share"),
        ({"student": {**STUDENT, "labels": {**LABELS, "suplemental": "read"}}}, "unknown key 'suplemental'"),
        ({"student": {**STUDENT, "labels": {**LABELS, "beam": 4}}}, "beam is for 'supplemental: read'"),
        ({"student": {**STUDENT, "labels": {**LABELS, "supplemental": "reed"}}}, "supplemental"),
        ({"student": {**STUDENT, "labels": {**LABELS, "how": "distil"}}}, "or 'how: distill' to learn from its net"),
        ({"student": {**STUDENT, "labels": {**LABELS, "from": ["other"]}}}, "'other' is no earlier stage"),
        ({"distill": STUDENT}, "cannot be called 'distill'; the name is taken"),
    ],
)  # fmt: skip
def test_mistakes_are_named(students, words):
    with pytest.raises(UserError) as error:
        plan(**students)
    assert words in str(error.value)


def test_a_table_does_not_teach():
    content = experiment()
    content["stages"]["teacher"] = {"recipe": "tiny_round2", "folds": "all", "given": "table.csv"}
    with pytest.raises(UserError, match="'teacher' is a given table; only networks teach"):
        Plan(parse_experiment(content, "tiny.yaml"))
