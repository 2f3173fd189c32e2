"""The virtual signer of isolated signs: what is written, and its figures beside real ones."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from signs_statistics import describe, read_clips

from podium.config import parse
from podium.data import sources
from podium.errors import UserError
from podium.storage.files import file_digest
from podium.systems.signs.corpus import corpus
from podium.systems.signs.corpus.dictionary import SIGNS
from podium.systems.signs.corpus.handshapes import ANGLES
from podium.systems.signs.corpus.motion import Timing, perform
from podium.systems.signs.corpus.places import PLACES, TOUCHES
from podium.systems.signs.corpus.postures import direction
from podium.systems.signs.corpus.section import SyntheticSource
from podium.systems.signs.corpus.signer import sample_manner, sample_signer
from podium.systems.signs.vocabulary import SIGNS as VOCABULARY


def small(**changes) -> SyntheticSource:
    values = {
        "kind": "synthetic", "seed": 3, "num_train_clips": 24, "num_test_clips": 6, "num_train_signers": 3,
        "num_test_signers": 2, "signs": ["hello", "thankyou", "book"], "median_frames": 7.0,
    }  # fmt: skip
    return SyntheticSource(**(values | changes))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("raw")
    plan = corpus.plan_corpus(small())
    for split in plan.tables:
        for signer in corpus.signers(plan.source, split):
            corpus.write_signer(plan, split, signer, root / f"{split}_landmark_files" / str(signer))
    return plan, root


def test_signs_are_those_of_the_competition():
    assert set(SIGNS) <= set(VOCABULARY) and len(SIGNS) >= 48
    known = "hello thankyou mom dad please water yes no book where who drink food sleep cat bird milk".split()
    assert set(known) <= set(SIGNS)


def test_signs_are_written_in_known_words():
    for name, ways in SIGNS.items():
        for one in [posture for sign in ways for posture in [*sign.right, *(sign.left or [])]]:
            place = one.at.removeprefix("other_")
            assert one.shape in ANGLES and one.touch in TOUCHES, (name, one)
            assert place in (TOUCHES if one.at.startswith("other_") else PLACES), (name, one)
            assert abs(direction(one.fingers) @ direction(one.palm)) < 0.95, (name, one)


def test_no_two_signs_are_the_same():
    shown = [repr(ways[0]) for ways in SIGNS.values()]
    assert len(set(shown)) == len(shown)


def test_a_touch_is_a_touch():
    """The thumb of 'mom' is at the chin, in some frame, whoever signs; that of 'dad' is higher."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        signer, manner = sample_signer(rng, 0.0), sample_manner(rng, 0.0)
        heights = []
        for sign, place in (("mom", "chin"), ("dad", "forehead")):
            right, left = perform(SIGNS[sign][0], signer, manner, Timing(40, 0.2, 0.2, 0.2), rng)
            assert np.ptp(left.wrist_F3, axis=0).max() < 0.05  # in the lap
            from podium.landmarks.person.hand import forward_kinematics

            joints_FJ3 = forward_kinematics(right.angles_FA, signer.bones) @ right.rotation_F33.swapaxes(1, 2)
            thumb_F3 = right.wrist_F3 + joints_FJ3[:, 4] * signer.body.palm
            away_F = np.linalg.norm(thumb_F3 - signer.places[place], axis=1)
            assert away_F.min() < 0.06
            heights.append(thumb_F3[away_F.argmin(), 1])
        assert heights[1] > heights[0] + 0.05


def test_tables(written):
    plan, _ = written
    train, test = plan.tables["train"], plan.tables["test"]
    assert len(train) == 24 and len(test) == 6
    assert set(train["sign"]) == set(test["sign"]) == {"hello", "thankyou", "book"}
    assert train.groupby(["participant_id", "sign"]).size().min() >= 1
    assert not set(train["participant_id"]) & set(test["participant_id"])
    assert pd.concat([train, test])["sequence_id"].is_unique


def test_files_have_the_competitions_form(written):
    plan, root = written
    paths = sorted(root.rglob("*.parquet"))
    assert len(paths) == 30
    for path in paths[::5]:
        frame = pd.read_parquet(path)
        assert frame.columns.tolist() == ["frame", "row_id", "type", "landmark_index", "x", "y", "z"]
        assert frame.dtypes.map(str)[["frame", "landmark_index", "x"]].tolist() == ["int16", "int16", "float64"]
        assert len(frame) % 543 == 0 and len(frame) >= 5 * 543
        numbers = frame["frame"].to_numpy().reshape(-1, 543)
        assert (numbers == numbers[:, :1]).all() and (np.diff(numbers[:, 0]) == 1).all()
        named = frame["frame"].astype(str) + "-" + frame["type"] + "-" + frame["landmark_index"].astype(str)
        assert (named == frame["row_id"]).all()
        missing = frame[["x", "y", "z"]].isna().to_numpy()
        assert (missing == missing[:, :1]).all()
        by_part = frame["x"].isna().groupby([frame["frame"], frame["type"]]).mean()
        assert set(by_part) <= {0.0, 1.0} and (by_part.xs("pose", level="type") == 0).all()


def test_files_equal_real_ones_in_form(written, shared):
    _, root = written
    own = pq.ParquetFile(next(root.rglob("*.parquet")))
    real = pq.ParquetFile(next((shared / "real/signs_long").rglob("*.parquet")))
    assert own.schema.equals(real.schema) and own.schema_arrow.equals(real.schema_arrow)
    assert own.metadata.format_version == real.metadata.format_version
    kinds = ("physical_type", "compression", "path_in_schema")
    chunks = [[file.metadata.row_group(0).column(i) for i in range(7)] for file in (own, real)]
    assert [[getattr(one, kind) for kind in kinds] for one in chunks[0]] == [
        [getattr(one, kind) for kind in kinds] for one in chunks[1]
    ]
    rows = [file.read(["row_id", "type", "landmark_index"]).slice(0, 543).to_pandas() for file in (own, real)]
    assert rows[0][["type", "landmark_index"]].equals(rows[1][["type", "landmark_index"]])


def test_the_same_seed_makes_the_same_bytes(written, tmp_path):
    plan, root = written
    signer = corpus.signers(plan.source, "train")[1]
    corpus.write_signer(corpus.plan_corpus(small()), "train", signer, tmp_path / "again")
    first = root / "train_landmark_files" / str(signer)
    assert {path.name: file_digest(path) for path in first.iterdir()} == {
        path.name: file_digest(path) for path in (tmp_path / "again").iterdir()
    }
    row = plan.tables["train"].iloc[0]
    other = corpus.clip(small(seed=4), row["participant_id"], row["sequence_id"], row["sign"])
    same = corpus.clip(small(), row["participant_id"], row["sequence_id"], row["sign"])
    assert len(other) != len(same) or not np.array_equal(other, same, equal_nan=True)


def test_more_signs_leave_the_others_alone():
    few, all_signs = small(), small(signs=None)
    for sign in ("hello", "book"):
        np.testing.assert_array_equal(corpus.clip(few, 10_007, 5, sign), corpus.clip(all_signs, 10_007, 5, sign))


def test_a_signer_who_is_not_there(tmp_path):
    with pytest.raises(UserError, match="split 'train' has no signer 5"):
        corpus.write_signer(corpus.plan_corpus(small()), "train", 5, tmp_path / "5")
    assert not list(tmp_path.iterdir())


def test_noise_and_gaps_are_factors():
    def hand_share(gaps):
        clips = [corpus.clip(small(gaps=gaps), 10_007 + 17 * (n % 3), n, "please") for n in range(30)]
        return np.mean([(~np.isnan(x[:, [468, 522], 0])).any(1).mean() for x in clips])

    assert hand_share(0.2) > hand_share(1.0) > hand_share(2.5)


def test_figures_beside_real_ones(shared):
    """Lengths in shoulder widths; medians over clips of hello and thankyou lie near those of real people."""
    source = small(num_train_clips=84, num_train_signers=21, signs=["hello", "thankyou"], median_frames=14.0)
    table = corpus.plan_corpus(source).tables["train"]
    virtual = describe([corpus.clip(source, *row) for row in table.itertuples(index=False)])
    real = describe(read_clips(shared / "real/signs_long"))
    limits = {
        "frames": 5, "hand_share": 0.2, "first_hand": 0.05, "last_hand": 0.0, "shoulder_width": 0.06, "middle_x": 0.05,
        "middle_y": 0.06, "nose_y": 0.1, "head_width": 0.06, "palm": 0.08, "wrist_x": 0.2, "wrist_y": 0.2,
        "speed": 0.06, "lips": 0.03,
    }  # fmt: skip
    for figure, limit in limits.items():
        assert abs(virtual[figure].median() - real[figure].median()) <= limit, figure


def test_generated_by_the_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    from podium.config import dataset_section
    from podium.systems.signs.sources import SOURCES

    content = {"name": "t", "source": small().model_dump()}
    source = sources.create(parse(dataset_section(SOURCES), content, "a test"), SOURCES)
    signer = source.file_ids("train")[0]
    source.write_landmarks("train", signer, tmp_path / "x" / str(signer))
    names = {int(path.stem) for path in (tmp_path / "x" / str(signer)).iterdir()}
    table = corpus.plan_corpus(small()).tables["train"]
    assert names == set(table["sequence_id"][table["participant_id"] == signer])
    assert json.dumps(content)  # plain values, as in a YAML file
