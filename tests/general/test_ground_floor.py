"""Landmarks, text, metrics, files, registry and fingerprints."""

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from podium.errors import UserError, run
from podium.landmarks.mediapipe import RAW_COLUMNS
from podium.provenance import code_digest, digest
from podium.registry import Registry
from podium.storage.files import atomic_path, file_digest, read_json, remove_partials, write_json
from podium.storage.tables import read_csv
from podium.systems.fingerspelling import landmarks, text
from podium.systems.fingerspelling.score import edit_distance, normalized_score, row_scores


def test_landmark_table():
    assert len(RAW_COLUMNS) == 1630
    assert len(landmarks.NAMES) == landmarks.NUM_LANDMARKS == len(set(landmarks.NAMES)) == 130
    assert len(landmarks.COLUMNS) == 390 and set(landmarks.COLUMNS) < set(RAW_COLUMNS)
    assert {part: len(slots) for part, slots in landmarks.SLOTS.items()} == {
        "left_hand": 21, "right_hand": 21, "face": 76, "pose": 12,
    }  # fmt: skip
    assert sorted(np.concatenate(list(landmarks.SLOTS.values()))) == list(range(130))


def test_mirror_is_an_involution_that_swaps_the_hands():
    np.testing.assert_array_equal(landmarks.MIRROR[landmarks.MIRROR], np.arange(130))
    np.testing.assert_array_equal(landmarks.MIRROR[landmarks.SLOTS["left_hand"]], landmarks.SLOTS["right_hand"])
    fixed = [landmarks.NAMES[i] for i in range(130) if landmarks.MIRROR[i] == i]
    assert fixed == ["face_0", "face_17", "face_13", "face_14", "face_1", "face_2"]


def test_landmarks_equal_the_winners(shared):
    wanted = json.loads((shared / "real/fingerspelling/inference_args.json").read_text())
    assert wanted["selected_columns"] == landmarks.COLUMNS
    lines = (shared / "real/fingerspelling/symmetry.csv").read_text().split()[1:]
    mirror = dict(line.split(",") for line in lines)
    assert [mirror[name] for name in landmarks.NAMES] == [landmarks.NAMES[i] for i in landmarks.MIRROR]


def test_characters_equal_the_competitions(shared):
    table = json.loads((shared / "real/fingerspelling/character_to_prediction_index.json").read_text())
    assert table == {character: index for index, character in enumerate(text.CHARACTERS)}


def test_encode():
    ids = text.encode("3 creekhouse")
    assert ids.shape == (33,) and ids[12] == text.END and (ids[13:] == text.PAD).all()
    assert text.decode(ids) == "3 creekhouse"
    long = text.encode("a" * 40)
    assert long[32] == text.END and text.decode(long) == "a" * 32
    assert text.encode(text.DUMMY_PHRASE)[:11].tolist() == [17, 0, 32, 12, 36, 0, 12, 32, 49, 46, 36]


def test_decode_drops_special_ids_and_stops_at_the_end():
    assert text.decode([text.START, 32, text.MASK, 33, text.END, 34]) == "ab"


def test_unknown_characters():
    assert text.unknown_characters("Äpfel & 3") == ["Ä"]


def test_distances():
    assert edit_distance("ab", "ba") == 2
    assert edit_distance("ab", "ba", transpositions=True) == 1
    assert normalized_score(["abcd", "ab"], ["abcx", "ab"]) == pytest.approx(5 / 6)
    assert normalized_score(["a"], ["xyz"]) == -2
    np.testing.assert_allclose(row_scores(["abcde" * 3], ["abcde" * 2 + "abc"]), [1 - 2 / 15])


def test_atomic_path_leaves_nothing_half_written(tmp_path):
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})
    with pytest.raises(RuntimeError), atomic_path(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert json.loads(target.read_text()) == {"old": 1}


def test_atomic_path_replaces_folders(tmp_path):
    for content in ("first", "second"):
        with atomic_path(tmp_path / "folder") as partial:
            partial.mkdir()
            (partial / content).write_text(content)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["second"]


@pytest.mark.parametrize("is_folder", [False, True])
def test_atomic_path_keeps_links(tmp_path, is_folder):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere/target", tmp_path / "link"
    link.symlink_to(target)
    for content in ("old", "new"):
        with atomic_path(link) as partial:
            if is_folder:
                partial.mkdir()
            (partial / "file" if is_folder else partial).write_text(content)
            (partial.parent / f".0.partial.{target.name}").touch()
        assert (target / "file" if is_folder else target).read_text() == content
        assert link.is_symlink()
    remove_partials([link])
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_atomic_path_spares_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe is neither a file nor a folder"), atomic_path(tmp_path / "pipe"):
        pytest.fail("it must not be written")
    assert (tmp_path / "pipe").is_fifo()


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path):
    folders, files = [".7.partial.a", ".8.partial.a"], [".9.partial.b.json", ".9.partial.c.json", "b.json", ".b.json"]
    for name in folders:
        (tmp_path / name / "inner").mkdir(parents=True)
    for name in files:
        (tmp_path / name).touch()
    remove_partials([tmp_path / "a", tmp_path / "b.json", tmp_path / "none/d"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [".9.partial.c.json", ".b.json", "b.json"]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
    for number in ("NaN", "-Infinity", "1e999"):
        (tmp_path / "a.json").write_text(f'{{"seed": {number}}}')
        with pytest.raises(UserError, match=f"a.json is damaged or no JSON .{number} is no finite number"):
            read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1e-999, 2.5]")
    assert read_json(tmp_path / "a.json") == [0, 2.5]


def test_commas_at_the_end_of_rows_shift_nothing(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,x\n1,2,\n3,4,\n")
    assert read_csv(path).to_dict("list") == {"id": [1, 3], "x": [2, 4]}
    assert read_csv(path, usecols=["id"]).to_dict("list") == {"id": [1, 3]}
    path.write_text("id,x\n1,2,9\n3,4,\n")
    with pytest.raises(UserError, match="rows.csv has rows with more fields than its header"):
        read_csv(path)


@pytest.mark.parametrize("rest", ["4", '4,"a', "4,5", "4;", "x\n4,5"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_file_that_is_cut_off(tmp_path, rest, end):
    path = tmp_path / "rows.csv"
    path.write_bytes(f"id,x,y\n1,2,3\n{rest}".replace("\n", end).encode())
    with pytest.raises(UserError, match="rows.csv is cut off in its last row"):
        read_csv(path)
    path.write_text("id,x,y\n1,2,3\n4,5,6")  # the last line end is often left out
    assert len(read_csv(path)) == 2


def test_registry_names_the_nearest():
    registry: Registry[int] = Registry("fruit")
    registry.register("apple")(1)
    with pytest.raises(UserError, match="unknown fruit 'aple': did you mean 'apple'"):
        registry.get("aple")
    with pytest.raises(ValueError, match="twice"):
        registry.register("apple")(2)


@pytest.mark.parametrize(
    "error",
    [
        UserError("bad\ninput"),
        OSError(errno.ENOSPC, "Full", "a\n\x1b[31m.npy"),
        OSError(errno.EACCES, "Denied", "a\n\x1b[31m.npy"),
        OSError(errno.ENAMETOOLONG, "Long", "a" * 5000),
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_2(capsys, error):
    def main():
        raise error

    with pytest.raises(SystemExit) as stop:
        run(main)
    assert stop.value.code == 2
    line = capsys.readouterr().err
    assert line.endswith("\n") and line[:-1].isprintable() and len(line) <= len("error: \n") + 1003


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_that_torch_hides_is_told(capsys):
    def main():
        with open("/dev/full", "wb", buffering=0) as stream:
            torch.save(torch.zeros(100_000), stream)

    with pytest.raises(SystemExit) as stop:
        run(main)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: no space left on the disk; make room and run again\n"


@pytest.mark.parametrize("error", [KeyError, RuntimeError])
def test_bugs_keep_their_traceback(error):
    def main():
        raise error("a bug")

    with pytest.raises(error):
        run(main)


def test_digests_follow_content(tmp_path):
    assert digest(1, "a") == digest(1, "a") != digest(1, "b")
    assert code_digest("errors") != code_digest("registry")
    with pytest.raises(ValueError, match="no room"):
        code_digest("attic")
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")
