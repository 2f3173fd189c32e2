"""What the name of a wav file tells: its clip's id, its speaker, and the set that a speaker's hash puts it into.

Speech Commands calls a clip ``{speaker}_nohash_{number}.wav``; all clips of a speaker go into the same set. The
competition's test clips are ``clip_{8 hex digits}.wav`` and have no speaker. In the folder ``_unknown_`` of the test
archive the word stands before the speaker: ``{word}_{speaker}_nohash_{number}.wav.wav``.
"""

import hashlib
import re
from pathlib import Path

from podium.errors import UserError

AND = "+"  # between the names of folders that make one raw file
NOBODY = 0  # the participant of clips whose speaker is not known
_HEX = re.compile(r"[0-9a-f]{8}")
_MOST = 2**27 - 1  # of the archive's rule


def clip_id(folder: str, name: str) -> int:
    """A clip's id, the same on every machine: of a competition's test clip its number, else a hash.

    Args:
        folder: The name of the folder that the file is in.
        name: Of the file.
    """
    if found := re.fullmatch(r"clip_([0-9a-f]{8})\.wav", name):
        return int(found[1], 16)
    return 2**32 + int(hashlib.sha1(f"{folder}/{name}".encode()).hexdigest()[:14], 16)


def speaker_of(name: str) -> str:
    """The speaker in a file's name; "" if there is none."""
    speaker, mark, _ = name.partition("_nohash_")
    if not mark:
        return ""
    last = speaker.rsplit("_", 1)[-1]
    return last if _HEX.fullmatch(last) else speaker


def participant_of(speaker: str) -> int:
    """A whole number for a speaker: 1 + the eight hex digits if the name is that, else a hash beyond these."""
    if not speaker:
        return NOBODY
    if _HEX.fullmatch(speaker):
        return 1 + int(speaker, 16)
    return 2**33 + int(hashlib.sha1(speaker.encode()).hexdigest()[:12], 16)


def percentage(speaker: str) -> float:
    """Where a speaker stands from 0 to 100: SHA-1 of the name modulo 2^27, scaled (Speech Commands' README)."""
    return int(hashlib.sha1(speaker.encode()).hexdigest(), 16) % (_MOST + 1) * (100 / _MOST)


def set_of(name: str, validation: float, test: float) -> str:
    """The set of a file: "validation", "test" or "training"; "pseudo" if the name has no speaker.

    Args:
        validation, test: Per cent of the speakers.
    """
    speaker, mark, _ = name.partition("_nohash_")
    if not mark:
        return "pseudo"
    place = percentage(speaker)
    return "validation" if place < validation else "test" if place < validation + test else "training"


def folders_of(path: str | Path) -> list[Path]:
    """The folders that a raw file consists of: their names are joined by `AND`, unless there is one of that name."""
    path = Path(path)
    return [path] if path.is_dir() else [path.with_name(name) for name in path.name.split(AND)]


def wav_names(folder: Path) -> list[str]:
    """Names of the wav files in a folder, sorted; of those that begin with a dot, none.

    Raises:
        UserError: It is no folder, or cannot be read.
    """
    try:
        names = [path.name for path in folder.iterdir() if path.suffix.lower() == ".wav"]
    except OSError as error:
        raise UserError(f"{folder} is no folder of wav files ({error.strerror.lower()}); name another one") from None
    return sorted(name for name in names if not name.startswith("."))
