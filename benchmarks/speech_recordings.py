"""How loud, quick and bright recordings of words are: real ones and virtual ones beside each other.

    python benchmarks/speech_recordings.py FOLDER …

FOLDER holds wav files, in folders of their words: SHARED/real/speech/test, results/data/speech_natural/raw/…. Prints
percentiles over at most 500 clips of each folder; silences and noise are left out.
"""

import argparse
from pathlib import Path

import numpy as np

from podium.audio.clip_files import one_second, read_sound

MOST_CLIPS = 500
FRAME_SAMPLES = 320
FRAME_MS = 20
RATE = 16_000
PERCENTILES = (5, 25, 50, 75, 95)
NO_WORDS = ("silence", "noise")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    for folder in parser.parse_args().folders:
        paths = [path for path in sorted(folder.rglob("*.wav")) if not any(word in str(path) for word in NO_WORDS)]
        if not paths:
            parser.error(f"{folder}: no wav files of words; name a folder that has some")
        rng = np.random.default_rng(0)
        chosen = [paths[number] for number in rng.permutation(len(paths))[:MOST_CLIPS]]
        told = [statistics(one_second(read_sound(path)).x_S) for path in chosen]
        print(f"{folder}: {len(chosen)} of {len(paths)} clips, percentiles {PERCENTILES}")
        for name in told[0]:
            values = np.nanpercentile([clip[name] for clip in told], PERCENTILES)
            print(f"  {name:24s}" + "".join(f"{value:9.1f}" for value in values))


def statistics(x_S: np.ndarray) -> dict[str, float]:
    """What one second of sound measures; decibels are relative to full scale, or to the loudest 20 ms."""
    frames_TS = x_S.astype(np.float64).reshape(-1, FRAME_SAMPLES)
    level_T = np.sqrt(np.square(frames_TS).mean(1)) + 1e-9
    loudest = level_T.max()
    is_voice_T = level_T > loudest * _factor(-25)
    places = np.flatnonzero(is_voice_T)
    end = np.flatnonzero(level_T > loudest * _factor(-8))[-1]
    after_T = level_T[end + 1 : end + 11]
    loud_T = np.argsort(level_T)[-8:]
    power_F = np.square(np.abs(np.fft.rfft(frames_TS[loud_T] * np.hanning(FRAME_SAMPLES), axis=1)).mean(0)) + 1e-18
    hertz_F = np.fft.rfftfreq(FRAME_SAMPLES, 1 / RATE)
    return {
        "loudest_20ms_db": _decibels(loudest),
        "peak_db": _decibels(np.abs(x_S).max() + 1e-9),
        "above_quiet_db": _decibels(loudest / np.percentile(level_T, 10)),
        "voice_ms": is_voice_T.sum() * FRAME_MS,
        "begin_ms": places[0] * FRAME_MS,
        "end_ms": places[-1] * FRAME_MS,
        "fall_in_200ms_db": _decibels(loudest / after_T.min()) if len(after_T) >= 8 else float("nan"),
        "mean_frequency_hz": (power_F * hertz_F).sum() / power_F.sum(),
        "above_4khz_db": 0.5 * _decibels(power_F[hertz_F >= 4000].sum() / power_F.sum()),
        "below_200hz_db": 0.5 * _decibels(power_F[hertz_F < 200].sum() / power_F.sum()),
    }  # fmt: skip


def _factor(decibels: float) -> float:
    return 10 ** (decibels / 20)


def _decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


if __name__ == "__main__":
    main()
