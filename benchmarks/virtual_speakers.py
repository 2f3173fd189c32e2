"""How fast virtual speakers are computed: ``python benchmarks/virtual_speakers.py [ENGINE …]`` (needs `make speech`).

Prints clips per second of processor time, of this process and the synthesiser's together, so that other work on the
machine changes little; and which part of it the synthesiser took. A clip is a word of a person of his own.
"""

import argparse
import os
import resource

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from podium.audio.speaker import engines
from podium.audio.speaker.person import draw_person, draw_take
from podium.audio.speaker.recording import record
from podium.systems.speech.labels import WORDS

NUM_CLIPS = {"espeak": 600, "flite": 200, "hibari": 200, "kokoro": 12, "piper": 200}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", default=[name for name in NUM_CLIPS if engines.is_installed(name)])
    print("| synthesiser | clips | clips per second and core | of which it takes |\n|---|---|---|---|")
    for engine in parser.parse_args().engines:
        begin, number = _processor_time(), NUM_CLIPS[engine]
        rng = np.random.default_rng(0)
        persons = [draw_person(engine, rng) for _ in range(number)]
        takes = [draw_take(WORDS[place % len(WORDS)], person, rng) for place, person in enumerate(persons)]
        words, rate = engines.say(engine, takes)
        said = _processor_time()
        for word_S, person in zip(words, persons, strict=True):
            record(word_S, rate, person, rng)
        end = _processor_time()
        share = (said - begin) / (end - begin)
        print(f"| {engine} | {number} | {number / (end - begin):.1f} | {share:.0%} |", flush=True)


def _processor_time() -> float:
    """Seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
