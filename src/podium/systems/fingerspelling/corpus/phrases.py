"""Phrases to spell: addresses, phone numbers, URLs and names for training, plain sentences for the
supplement.

Every word list is our own; surnames and places are composed from syllables, so that a phrase of the hidden
test is seldom made of parts that a model has met in training.
"""

from collections.abc import Callable

import numpy as np

from podium.systems.fingerspelling.text import CHARACTERS


def _words(text: str, separator: str = " ") -> list[str]:
    return text.split(separator)


_FIRST_NAMES = _words(
    "ada alba amos anton asha basil bella boris carla cedric chloe clara dario dexter dora edgar elsa "
    "emil esther farid felix flora gavin gemma gideon greta hanna hector hugo ida igor ines iris ivan "
    "jada jasper joel jonas juno kai karim kezia klara lars leila leo liv lorenz lucy mabel mateo mavis "
    "milo mina nadia nash nico nora odette olaf omar otis paola pavel petra phil quincy quinn rafael "
    "ravi rita rosa ruben sana saul selma silas sven tamar tess tobias trudy ulla uma vera victor viola "
    "wanda wes xander ximena yara yusuf zack zelda zita zoe"
)
_ONSETS = _words(
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl kn l m n p ph pl pr qu r s sh sk sl st str t th tr v w wh y z"
)
_NUCLEI = _words("a a a e e e i i o o u y ai au ea ee ie oa oo ou")
_CODAS = _words("b ck d ff g k l ll m mm n nd ng nn nt p r rd rk rn rt s ss st t tt th x")
_ENDINGS = _words("a en er ez field ford ham ic ini ley man o off ova sen son stein ton ville well wood y")
_STREETS = _words(
    "avenue ave boulevard blvd court drive hill lane loop park path pike place road row street terrace trail way"
)
_SIDES = _words("north south east west upper lower old new")
_NATURE = _words(
    "acorn amber apple ash autumn bay beech birch brook canyon cedar cherry clay clover cliff coral "
    "crest dale deer dune eagle elm fern fox garden glen grove harbor hazel hollow jade juniper lake "
    "laurel maple marsh meadow mill moss oak olive orchard otter pebble pine pond quail quarry raven "
    "ridge river rose sage shore spring spruce summit sunset thistle timber valley view willow zephyr"
)
_TOPICS = _words(
    "app art baby bike blog book box cafe car chess city club code cook craft cup data design dj fit "
    "film food fun game gift green guide hub jazz jobs kids lab law list live mail map max media mix "
    "mobile movie music news next photo pizza play pro radio shop smart sport star store studio tax "
    "team tech time tour toys travel tube vet web wiki wine work yoga zone"
)
_DOMAINS = _words("com com com net org info io co.uk de fr it nl pl ru es ch se eu cz be biz tv")
_QUERY = _words("? = & % # ~ _ + : ; ! $ ' ( ) * , @ [")

_DETERMINERS = _words("the a my your our this that every one")
_ADJECTIVES = _words(
    "quiet bright old tiny brave cold gentle empty famous green heavy honest lazy modern narrow patient "
    "proud rapid rough silent simple strange sunny sweet warm wide young useful clever distant"
)
_NOUNS = _words(
    "teacher garden window river doctor ticket market kitchen engine pilot letter bridge winter student "
    "village dentist singer camera farmer lesson island painter blanket neighbor station sandwich "
    "lawyer puzzle candle basket mirror question journey answer secret tailor visitor library concert "
    "weekend"
)
_VERBS = _words(
    "needs likes finds keeps paints opens sells moves shows brings carries watches misses loves repairs "
    "washes follows borrows remembers explains visits expects"
)
_TAILS = _words(
    "today|tomorrow|at noon|in the rain|before lunch|for free|on monday|with great care|after the game|"
    "in june|all day long|without a word|by the lake|once a year|near the exit|at the zoo|too quickly|"
    "just in time",
    "|",
)


def training_phrase(rng: np.random.Generator, min_characters: int, max_characters: int) -> str:
    """One address, phone number, URL or name.

    Args:
        min_characters: Shortest length.
        max_characters: Longest length; at most 31 in the competition.

    Returns:
        A phrase over the 59 characters within both lengths; too long a draw is repeated, and cut as a last
        resort.
    """
    for _ in range(50):
        phrase = _KINDS[rng.choice(len(_KINDS), p=_KIND_SHARES)](rng, max_characters)
        if min_characters <= len(phrase) <= max_characters:
            return phrase
    phrase = phrase[:max_characters].strip()
    return phrase + _digits(rng, max(min_characters - len(phrase), 0))


def sentence(rng: np.random.Generator, min_characters: int, max_characters: int) -> str:
    """One plain sentence of lower-case words; lengths as in `training_phrase`."""
    for _ in range(50):
        subject, thing = _noun_phrase(rng), _noun_phrase(rng)
        words = [subject, _pick(rng, _VERBS), thing, _pick(rng, _TAILS)]
        shorter = [words, words[:3], [subject.split()[-1], words[1], thing.split()[-1]], words[3:], [thing]]
        for candidate in (" ".join(parts) for parts in shorter):
            if min_characters <= len(candidate) <= max_characters:
                return candidate
    return training_phrase(rng, min_characters, max_characters)


def common_word(rng: np.random.Generator) -> str:
    """One word of the lists, letters alone."""
    lists = (_FIRST_NAMES, _NOUNS, _ADJECTIVES, _NATURE, _TOPICS, _VERBS)
    word = _pick(rng, lists[int(rng.integers(len(lists)))])
    return "".join(character for character in word if character.isalpha())


def surname(rng: np.random.Generator) -> str:
    """One word of syllables."""
    return _surname(rng, 1 + int(rng.random() < 0.4))


def with_all_characters(phrases: list[str], rng: np.random.Generator) -> list[str]:
    """Puts each character that no phrase has into the middle of one of them, as a separator in place of a
    character.

    Args:
        phrases: Training phrases; with fewer than 59 characters altogether not every character finds a place.

    Returns:
        As many phrases, of the same lengths.
    """
    phrases = list(phrases)
    counts = {character: sum(phrase.count(character) for phrase in phrases) for character in CHARACTERS}
    slots = [(row, place) for row, phrase in enumerate(phrases) for place in range(1, len(phrase) - 1)]
    order = iter(rng.permutation(len(slots)))
    for character in [character for character, count in counts.items() if count == 0]:
        for slot in order:
            row, place = slots[slot]
            phrase = phrases[row]
            if counts[phrase[place]] > 1:
                counts[phrase[place]] -= 1
                counts[character] = 1
                phrases[row] = phrase[:place] + character + phrase[place + 1 :]
                break
    return phrases


def _pick(rng: np.random.Generator, words: list[str]) -> str:
    return words[int(rng.integers(len(words)))]


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def _surname(rng: np.random.Generator, num_syllables: int) -> str:
    syllables = [_pick(rng, _ONSETS) + _pick(rng, _NUCLEI) for _ in range(num_syllables)]
    return "".join(syllables) + (_pick(rng, _CODAS) if rng.random() < 0.4 else "") + _pick(rng, _ENDINGS)


def _name(rng: np.random.Generator, limit: int) -> str:
    if limit < 12 or rng.random() < 0.08:
        return _pick(rng, _FIRST_NAMES) if rng.random() < 0.5 else _surname(rng, 1)
    return f"{_pick(rng, _FIRST_NAMES)} {_surname(rng, 1 + int(rng.random() < 0.4))}"


def _place(rng: np.random.Generator, limit: int) -> str:
    place = _surname(rng, 1) if rng.random() < 0.5 else _pick(rng, _NATURE)
    return f"{_pick(rng, _SIDES)} {place}" if rng.random() < 0.3 else place


def _address(rng: np.random.Generator, limit: int) -> str:
    number = str(int(rng.integers(1, 10 ** int(rng.integers(2, 6 if limit > 14 else 4)))))
    if limit < 12:
        return f"{number} {_pick(rng, _NATURE)}"
    street = _place(rng, limit) if rng.random() < 0.8 else f"{_pick(rng, _NATURE)} {_pick(rng, _NATURE)}"
    return f"{number} {street} {_pick(rng, _STREETS)}"


def _phone(rng: np.random.Generator, limit: int) -> str:
    if limit < 12:
        return f"{_digits(rng, 3)}-{_digits(rng, int(rng.integers(2, 5)))}"
    if rng.random() < 0.6:
        return f"{_digits(rng, 3)}-{_digits(rng, 3)}-{_digits(rng, 4)}"
    groups = [_digits(rng, int(size)) for size in rng.integers(2, 5, int(rng.integers(2, 5)))]
    return f"+{int(rng.integers(1, 999))}-{'-'.join(groups)}"


def _site(rng: np.random.Generator) -> str:
    name = _pick(rng, _TOPICS)
    if rng.random() < 0.6:
        name += _pick(rng, ["", "", "-", "_"]) + _pick(rng, [*_TOPICS, *_NATURE])
    return name if rng.random() < 0.7 else _surname(rng, 1)


def _url(rng: np.random.Generator, limit: int) -> str:
    if limit < 12:
        short = _pick(rng, _TOPICS)
        if rng.random() < 0.5:
            return f"{short}.{_pick(rng, _DOMAINS)}"
        end = _pick(rng, _TOPICS) if rng.random() < 0.5 else _digits(rng, 2)
        return short + _pick(rng, [*_QUERY, "/", "-", "."]) + end
    start = _pick(rng, ["", "", "", "www.", "www.", "https://", "http://"])
    address = f"{start}{_site(rng)}.{_pick(rng, _DOMAINS)}"
    if rng.random() < 0.5:
        address += f"/{_path(rng)}"
    return address


def _path(rng: np.random.Generator) -> str:
    part = _site(rng) if rng.random() < 0.7 else _digits(rng, int(rng.integers(2, 7)))
    if rng.random() < 0.45:
        part += _pick(rng, _QUERY) + (_pick(rng, _TOPICS) if rng.random() < 0.6 else _digits(rng, 2))
    return part


def _handle(rng: np.random.Generator, limit: int) -> str:
    if limit < 12:
        return _pick(rng, _FIRST_NAMES) + _digits(rng, int(rng.integers(1, 4)))
    parts = [_site(rng), _path(rng)] + ([_path(rng)] if rng.random() < 0.3 else [])
    return _pick(rng, ["", "/"]) + "/".join(parts) + _pick(rng, ["", "", "/"])


_KINDS: tuple[Callable[[np.random.Generator, int], str], ...] = (
    _name,
    _place,
    _address,
    _phone,
    _url,
    _handle,
)
_KIND_SHARES = (0.22, 0.06, 0.24, 0.24, 0.14, 0.10)


def _noun_phrase(rng: np.random.Generator) -> str:
    adjective = f"{_pick(rng, _ADJECTIVES)} " if rng.random() < 0.4 else ""
    noun = _pick(rng, _NOUNS)
    determiner = _pick(rng, _DETERMINERS)
    if determiner == "a" and (adjective or noun)[0] in "aeiou":
        determiner = "an"
    return f"{determiner} {adjective}{noun}"
