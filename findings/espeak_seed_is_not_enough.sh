#!/bin/sh
# espeakng-loader 0.2.4, which carries eSpeak NG 1.52.
# Behaviour: espeak_ng_SetRandSeed() before each word does not make the same word the same. Something of the words said
# before is left in the library, and nothing resets it: neither the seed nor setting the voice anew.
# Only a process that has said nothing yet repeats itself, for the same words in the same order.
# Output seen:
#   "yes" four times, each after the same seed: 4 different recordings
#   in a second process: the same 4 recordings
#   "yes" after the same seed and "no", in a fresh process: none of these
# Why it matters: a corpus that is said with one seed per clip changes as soon as a word is added, a list is sorted otherwise
# or work is shared among processes, and so do the figures of what learns from it. Podium says each raw file in processes of
# its own, in a fixed order.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check espeakng-loader==0.2.4
cat > "$folder/say.py" <<'PYTHON'
"""Says words, each after the same seed; prints what is heard as a digest per word."""

import ctypes
import hashlib
import sys

import espeakng_loader

SYNCHRONOUS, UTF_8, SEED = 2, 1, 20_171_228
library = ctypes.CDLL(espeakng_loader.get_library_path())
library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
heard = hashlib.sha256()


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
def collect(samples, number, events):
    if samples and number > 0:
        heard.update(ctypes.string_at(samples, 2 * number))
    return 0


library.espeak_SetSynthCallback(collect)
for word in sys.argv[1:]:
    heard = hashlib.sha256()
    library.espeak_SetVoiceByName(b"en-us")
    library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
    text = word.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF_8, None, None)
    library.espeak_Synchronize()
    print(heard.hexdigest())
PYTHON
say() { "$folder/venv/bin/python" "$folder/say.py" "$@"; }
first=$(say yes yes yes yes)
second=$(say yes yes yes yes)
other=$(say no yes | tail -n 1)
number=$(echo "$first" | sort -u | wc -l)
echo "\"yes\" four times, each after the same seed: $number different recordings"
if [ "$first" = "$second" ]; then again="the same $number recordings"; else again="others"; fi
echo "in a second process: $again"
if echo "$first" | grep -q "$other"; then heard="one of these"; else heard="none of these"; fi
echo "\"yes\" after the same seed and \"no\", in a fresh process: $heard"
case "$number $again $heard" in
"4 the same 4 recordings none of these") ;;
*) echo "the behaviour has changed" && exit 1 ;;
esac
