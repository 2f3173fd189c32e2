"""What must hold for any input: preprocessing, labels, augmentations, CutMix, metrics. Inputs are Hypothesis's.

Letters in names: T frames, L landmarks (130), C coordinates (3), K columns (390).
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw_folder import pack as pack_shard

from podium.config import Folds
from podium.data.folds import HELD_OUT, assign_folds
from podium.data.recordings import runs
from podium.errors import one_line
from podium.landmarks.normalise import nearest_frames, normalise, resize, standardise, statistics
from podium.systems.fingerspelling.augment import AUGMENTATIONS, build_augmentations
from podium.systems.fingerspelling.augment.base import FrameAugmentation
from podium.systems.fingerspelling.clips import Labelled, Stretch, cut, cutmix, mirror
from podium.systems.fingerspelling.score import edit_distance, normalized_score, row_scores
from podium.systems.fingerspelling.text import (
    CHARACTERS,
    END,
    LABEL_LENGTH,
    MAX_CHARACTERS,
    PAD,
    decode,
    encode,
    unknown_characters,
)

phrases = st.text(CHARACTERS, max_size=45)
texts = st.text(st.sampled_from("ab1 é"), max_size=9)
seeds = st.integers(0, 2**32 - 1)


def raw_clip(seed: int, num_frames: int, p_missing: float) -> np.ndarray:
    """(T, 390) float32, any share of it missing."""
    rng = np.random.default_rng(seed)
    raw_TK = rng.normal(0.5, 0.3, (num_frames, 390)).astype(np.float32)
    raw_TK[rng.random((num_frames, 390)) < p_missing] = np.nan
    return raw_TK


clips = st.builds(raw_clip, seeds, st.integers(1, 40), st.sampled_from([0, 0.1, 0.9, 0.999, 1]))


@given(clips)
@settings(max_examples=40)
def test_a_normalised_clip_has_mean_0_and_deviation_1(raw_TK):
    x_TLC = normalise(raw_TK)
    is_there_TCL = ~np.isnan(raw_TK.reshape(-1, 3, 130))
    assert np.isfinite(x_TLC).all() and not x_TLC.transpose(0, 2, 1)[~is_there_TCL].any()
    for coordinate in range(3):
        values = x_TLC[..., coordinate][is_there_TCL[:, coordinate]]
        if len(values) > 1:
            assert abs(values.mean()) < 1e-3 and abs(values.std() - 1) < 1e-3


@given(clips, st.sampled_from([0.25, 1, 8]), st.sampled_from([-4, 0, 2]))
@settings(max_examples=30)
def test_normalising_forgets_size_and_place(raw_TK, scale, shift):
    moved_TK = (raw_TK * scale + shift).astype(np.float32)
    np.testing.assert_allclose(normalise(moved_TK), normalise(raw_TK), atol=2e-3)


@given(clips, st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=30)
def test_a_cut_clip_is_standardised_to_cut_results(raw_TK, begin, length):
    mean_C, deviation_C = statistics(raw_TK)
    piece = slice(begin, begin + length)
    whole, part = (standardise(one, mean_C, deviation_C) for one in (raw_TK, raw_TK[piece]))
    np.testing.assert_array_equal(part, whole[piece])


@given(st.integers(0, 2000), st.integers(1, 500))
def test_resizing_keeps_the_order_and_never_lengthens(num_frames, max_frames):
    x_TLC = np.arange(num_frames, dtype=np.float32)[:, None, None]
    frames = resize(x_TLC, max_frames)[:, 0, 0]
    assert len(frames) == min(num_frames, max_frames)
    assert (np.diff(frames) >= 1).all() and (not num_frames or frames[0] == 0)
    if num_frames > max_frames:
        np.testing.assert_array_equal(frames, nearest_frames(num_frames, max_frames))
        assert np.diff(frames, append=num_frames).max() <= -(-num_frames // max_frames)


@given(phrases)
def test_labels_say_the_phrase(phrase):
    labels = encode(phrase)
    assert labels.shape == (LABEL_LENGTH,) and (labels == END).sum() == 1
    assert decode(labels) == phrase[:MAX_CHARACTERS] and not unknown_characters(phrase)
    assert (labels[np.argmax(labels == END) + 1 :] == PAD).all()


@given(st.lists(st.integers(0, 62), max_size=40))
def test_any_ids_have_a_text(ids):
    text = decode(ids)
    assert not unknown_characters(text) and len(text) <= len(ids)
    assert decode(np.array(ids, np.int64)) == text == decode([*ids, END, 5])


@given(st.text(max_size=20))
def test_unknown_characters_are_those_outside(text):
    assert set(unknown_characters(text)) == {one for one in text if one not in CHARACTERS}


def naive_distance(first: str, second: str, transpositions: bool) -> int:
    """By the definition; Damerau's variant without restriction, as a shortest path over all edits would give."""
    if not transpositions:
        row = list(range(len(second) + 1))
        for i, left in enumerate(first, 1):
            above, row = row, [i]
            for j, right in enumerate(second, 1):
                row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
        return row[-1]
    last: dict[str, int] = {}
    infinite = len(first) + len(second)
    table = {(-1, -1): infinite}
    for i in range(len(first) + 1):
        table[i, -1], table[i, 0] = infinite, i
    for j in range(len(second) + 1):
        table[-1, j], table[0, j] = infinite, j
    for i in range(1, len(first) + 1):
        match = 0
        for j in range(1, len(second) + 1):
            k, m = last.get(second[j - 1], 0), match
            cost = int(first[i - 1] != second[j - 1])
            if not cost:
                match = j
            swap = table[k - 1, m - 1] + (i - k - 1) + 1 + (j - m - 1)
            table[i, j] = min(table[i - 1, j - 1] + cost, table[i, j - 1] + 1, table[i - 1, j] + 1, swap)
        last[first[i - 1]] = i
    return table[len(first), len(second)]


@given(texts, texts, texts, st.booleans())
def test_edit_distance_is_a_distance(first, second, third, transpositions):
    def distance(*pair):
        return edit_distance(*pair, transpositions)

    found = distance(first, second)
    assert found == distance(second, first) == naive_distance(first, second, transpositions)
    assert (found == 0) == (first == second)
    assert abs(len(first) - len(second)) <= found <= max(len(first), len(second))
    assert distance(first, third) <= found + distance(second, third)
    assert edit_distance(first, second, True) <= edit_distance(first, second)


@given(st.lists(st.tuples(st.text("ab", min_size=1, max_size=6), texts), min_size=1, max_size=6))
def test_the_score_of_a_corpus_weighs_rows_by_their_characters(pairs):
    references, predictions = zip(*pairs, strict=True)
    rows, lengths = row_scores(references, predictions), [len(one) for one in references]
    score = normalized_score(references, predictions)
    assert score == pytest.approx(np.average(rows, weights=lengths)) and score <= 1
    assert normalized_score(references, references) == 1
    assert normalized_score(references[::-1], predictions[::-1]) == pytest.approx(score)


@given(st.integers(1, 500), st.floats(0, 1, exclude_max=True))
def test_a_cut_leaves_something_on_both_sides(length, share):
    place = cut(length, share)
    assert place == 0 if length == 1 else 1 <= place < length
    assert abs(place - length * share) <= 1


labelled = st.builds(
    Labelled,
    st.builds(Stretch, st.integers(0, 9), st.just(0), st.integers(1, 300), st.booleans()),
    st.text("abcdef", min_size=1, max_size=31),
    st.floats(0, 1),
)


@given(labelled, labelled, st.floats(0, 1, exclude_max=True), st.booleans())
def test_cutmix_joins_a_tail_and_a_head(first, second, share, is_second_first):
    stretches, phrase, score = cutmix(first, second, share, is_second_first)
    tail, head = (second, first) if is_second_first else (first, second)
    assert tail.phrase.endswith(phrase[: len(phrase) - cut(len(head.phrase), share)])
    assert head.phrase.startswith(phrase[len(phrase) - cut(len(head.phrase), share) :])
    assert (stretches[0].row, stretches[0].end) == (tail.stretch.row, tail.stretch.end)
    assert (stretches[1].row, stretches[1].begin) == (head.stretch.row, head.stretch.begin)
    assert all(stretch.begin <= stretch.end for stretch in stretches) and sum(b - a for _, a, b, _ in stretches) > 0
    assert min(first.score, second.score) - 1e-9 <= score <= max(first.score, second.score) + 1e-9


@given(clips)
@settings(max_examples=20)
def test_mirrored_twice_is_unchanged(raw_TK):
    x_TLC = standardise(raw_TK, *statistics(raw_TK))
    once = mirror(x_TLC.copy())
    assert np.isnan(once).sum() == np.isnan(x_TLC).sum()
    np.testing.assert_array_equal(mirror(once), x_TLC)


@pytest.mark.parametrize("name", AUGMENTATIONS.names())
def test_augmentations_of_any_clip(name):
    @given(clips, seeds)
    @settings(max_examples=15)
    def check(raw_TK, seed):
        (augmentation,) = build_augmentations([{"name": name, **AUGMENTATIONS.get(name).example, "p": 1.0}])
        x_TLC = standardise(raw_TK, *statistics(raw_TK))
        results = [augmentation(x_TLC.copy(), np.random.default_rng(seed)) for _ in range(2)]
        np.testing.assert_array_equal(*results)
        assert results[0].shape[1:] == (130, 3) and len(results[0]) >= 1 and results[0].dtype == np.float32
        assert not np.isinf(results[0]).any()
        if isinstance(augmentation, FrameAugmentation):
            chosen_T = augmentation.choose_from(np.arange(len(x_TLC)), np.random.default_rng(seed))
            assert ((chosen_T >= -1) & (chosen_T < len(x_TLC))).all()
            shown_T = chosen_T[chosen_T >= 0]
            assert (np.diff(shown_T) >= 0).all(), "the loader counts on ascending frames"

    check()


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 5)), max_size=20))
def test_runs_cover_every_row_once(lengths):
    ids_F = np.array([one for one, number in lengths for _ in range(number)], np.int64)
    found = list(runs(ids_F)) if len(ids_F) else []
    assert [one for one, begin, end in found for _ in range(begin, end)] == ids_F.tolist()
    assert all(first[0] != second[0] for first, second in zip(found, found[1:], strict=False))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), seeds, st.sampled_from(["float32", "float16"]))
@settings(max_examples=15)
def test_packing_loses_no_frame(lengths, seed, dtype):
    with tempfile.TemporaryDirectory() as folder:
        source, shard = Path(folder, "1"), Path(folder, "1.npy")
        source.mkdir()
        originals = {10 + n: raw_clip(seed + n, length, 0.2) for n, length in enumerate(lengths)}
        for sequence_id, raw_TK in originals.items():
            np.save(source / f"{sequence_id}.npy", raw_TK)
        packed = pack_shard(source, list(originals), set(), 1, shard, dtype)
        stored_FK = np.load(shard)
    assert stored_FK.dtype == dtype and packed.report["num_frames"] == sum(lengths)
    for row in packed.sequences.itertuples():
        expected = originals[row.sequence_id].astype(dtype)
        np.testing.assert_array_equal(stored_FK[row.offset : row.offset + row.num_frames], expected)


@given(st.lists(st.integers(1, 30), min_size=4, max_size=12), st.integers(2, 3), st.integers(0, 1))
@settings(max_examples=30)
def test_each_signer_is_in_one_fold(sizes, num_folds, num_holdout):
    signers = np.repeat(np.arange(len(sizes)), sizes)
    index = pd.DataFrame({"split": "train", "participant_id": signers})
    folds = assign_folds(index, Folds(num_folds=num_folds, num_holdout_participants=num_holdout))
    assert folds["participant_id"].tolist() == list(range(len(sizes))) and folds["num_sequences"].tolist() == sizes
    assert (folds["fold"] == HELD_OUT).sum() == num_holdout
    loads = folds[folds["fold"] != HELD_OUT].groupby("fold")["num_sequences"].sum()
    assert loads.index.tolist() == list(range(num_folds)) and loads.max() - loads.min() <= max(sizes)


@given(st.text(max_size=3000))
@example("\x1b" * 1000)
def test_a_message_is_one_line(text):
    line = one_line(text)
    assert line.isprintable() and len(line) <= 1003
    if len(text) < 1000 and text.isprintable() and text == " ".join(text.split()):
        assert line == text
