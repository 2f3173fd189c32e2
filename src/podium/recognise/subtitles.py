"""The texts of a film's utterances as subtitles: SubRip (srt) and WebVTT (vtt)."""

from collections.abc import Iterable

from podium.recognise.predictions import Prediction

FORMATS = ("srt", "vtt")


def subtitles(read: Iterable[Prediction], kind: str) -> str:
    """A file of subtitles. Utterances without a text are left out.

    Args:
        read: Of one film, in the order of their times.
        kind: One of `FORMATS`.
    """
    comma = "," if kind == "srt" else "."
    entries = []
    for number, one in enumerate((one for one in read if one.reading.text), start=1):
        times = " --> ".join(_clock(time, comma) for time in one.span)
        entries.append(f"{number}\n{times}\n{_plain(one.reading.text)}\n")
    return ("WEBVTT\n\n" if kind == "vtt" else "") + "\n".join(entries)


def _clock(time_s: float, comma: str) -> str:
    ms = round(time_s * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"


def _plain(text: str) -> str:
    """Nothing in it that a player takes for a tag or for the line of times."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
