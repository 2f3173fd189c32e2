"""The signs that the virtual signer knows: signs of American Sign Language in the form of dictionaries.

Each has one or several ways to make it. Names are those of `podium.systems.signs.vocabulary`.
"""

from dataclasses import replace

from podium.systems.signs.corpus.postures import Path, Posture, Sign, both, change, circle, go, rock, tap

P = Posture
_AWAY = (-0.1, 0.0, 0.7)


def _at_face(shape: str, touch: str, at: str, palm: str = "in", fingers: str = "up") -> Posture:
    return P(shape, fingers, palm, touch, at)


def _pointing(at: str, fingers: str = "up in back", palm: str = "back") -> Posture:
    return P("one", fingers, palm, "index_tip", at)


def _in_space(shape: str, fingers: str = "up", palm: str = "forward") -> Posture:
    return P(shape, fingers, palm, "wrist", "space")


def _later(path: Path, time: float) -> Path:
    """The same, the last posture reached after another time."""
    return [*path[:-1], replace(path[-1], time=time)]


_SALUTE = P("flat", "up up up in", "forward forward in", "index_tip", "temple", (0.1, 0.3, 1.0))
_WAVE = P("five", "up", "forward", "palm", "temple", (-0.8, -0.9, 0.6))
_THANKS = P("flat", "up in in back back", "back up", "two_tips", "chin", (-0.05, -0.05, 0.3))
_WATER = _at_face("w", "index_tip", "chin")
_FORWARD_BY_BOUNCES = ((0.0, 0.25, 0.6), (0.0, -0.2, 0.5), (0.0, 0.25, 0.5), (0.0, -0.2, 0.4))


def _family(at: str) -> Posture:
    return _at_face("five", "thumb_tip", at)


_BEAK, _BILL = ("beak_open", "beak"), ("bill_open", "bill")
_WHISKERS = [P("f", "up in", "in forward", "pinch", "lips_corner", (x, 0, 0.1)) for x in (0, -0.9, 0, -0.9)]
_CHEST = P("flat", "in", "back", "palm", "chest")
_BRUSHES = [_CHEST.moved(0, y, z) for y, z in ((-0.6, 0), (0.6, 0.1), (-0.6, 0.9)) * 2]
_FALLING = P("claw", "forward up", "down forward", "wrist", "space")
_CLOSED_BOOK = P("flat", "forward", "in", "palm", "centre", (-0.12, 0, 0))
_RUB = P("flat", "forward in", "down", "palm", "other_palm", (0, 0.1, -0.5))
_PALM = P("flat", "forward in", "up", "palm", "centre", (0.0, -0.3, 0.0))
_GATE = P("b", "up", "forward", "index_side", "centre", (-0.1, 0.4, 0.2))
_STEER = P("s", "up in", "back in", "wrist", "centre", (-1.2, 0.0, 0.2))
_SCISSORS = P("v", "in up", "back", "wrist", "space", (0.2, 0.2, 0.2))

SIGNS: dict[str, list[Sign]] = {
    # Greetings and answers
    "hello": [
        Sign(go(_SALUTE, (-0.5, 0.15, 0.3))),
        Sign(go(_SALUTE.moved(0.0, -0.5, 0.0), (-0.6, 0.1, 0.2))),
        Sign(_later(go(_SALUTE.moved(-0.2, -0.4, 0.3), (-0.4, 0.0, 0.2)), 2.0)),
        Sign(rock(_WAVE, (0, 0, 20), 2)),
    ],
    "thankyou": [
        Sign(go(_THANKS, (-0.1, -0.5, 0.6))),
        Sign([_THANKS, P("flat", "up in in", "back up", "two_tips", "chin", (-0.2, -0.7, 0.8))]),
        Sign([_THANKS.moved(-0.1, -0.2, 0.2), P("flat", "in in up", "back up", "two_tips", "chin", (-0.2, -1.1, 0.8))]),
        Sign(go(replace(_THANKS, fingers="up up in back"), (-0.2, -0.3, 0.5))),
    ],
    "bye": [Sign([one for _ in range(3) for one in (_WAVE.shaped("flat"), _WAVE.shaped("bent"))])],
    "yes": [Sign(rock(_in_space("s").turned(25, 0, 0), (30, 0, 0), 2), nods=8)],
    "no": [Sign(change(_in_space("bill_open", "forward up in", "forward in"), _BILL, 2), shakes=9)],
    "please": [Sign(circle(_CHEST, 0.7))],
    "not": [Sign(go(P("thumb", "in forward", "in", "thumb_tip", "under_chin"), (0.0, 0.1, 1.6)), shakes=7)],
    # People
    "mom": [Sign(tap(_family("chin"), _AWAY))],
    "dad": [Sign(tap(_family("forehead"), _AWAY))],
    "grandma": [Sign(go(_family("chin"), *_FORWARD_BY_BOUNCES))],
    "grandpa": [Sign(go(_family("forehead"), *_FORWARD_BY_BOUNCES))],
    "boy": [Sign(change(P("c", "in forward", "down", "pinch", "brow", (0.2, 0, 0.5)), ["c", "flat_o"], 2))],
    "girl": [Sign([_at_face("thumb", "thumb_tip", at, "in", "up forward") for at in ("ear", "chin", "ear", "chin")])],
    "man": [Sign([_family("forehead"), P("five", "up in", "in", "thumb_tip", "chest", (0, 0.1, 0.2), time=1.5)])],
    "aunt": [Sign(rock(_at_face("a", "thumb_side", "jaw", "in", "up").moved(-0.5, 0, 0.2), (0, 22, 0), 2))],
    "uncle": [Sign(rock(_at_face("u", "two_tips", "temple", "forward in").moved(-0.35, 0, 0.2), (0, 22, 0), 2))],
    "minemy": [Sign(tap(_CHEST, (0, 0, 0.6), 1))],
    "hesheit": [Sign(go(P("one", "forward out", "down in", "wrist", "space", (0.5, 0.3, 0)), (-0.6, 0.0, 0.3)))],
    # Questions
    "who": [Sign(change(_at_face("l", "thumb_tip", "chin", "in", "up in"), ["l", "bent_l"], 3), shakes=4)],
    "where": [Sign(rock(_in_space("one"), (0, 0, 22), 3), shakes=5)],
    "why": [
        Sign([
            P("five", "up in", "back", "fingertips", "forehead", (-0.3, 0, 0.2)),
            P("y", "up in", "back", "wrist", "space", (0, 0.3, 0.3), time=1.5),
        ])
    ],
    # The head
    "think": [Sign(tap(_pointing("temple", "in up", "back down"), (-0.6, 0, 0.3)))],
    "eye": [Sign(tap(_pointing("eye"), (-0.2, 0, 0.6), 1))],
    "nose": [Sign(tap(_pointing("nose"), (0.0, 0, 0.6), 2))],
    "mouse": [Sign([_pointing("nose").moved(x, 0, 0.1) for x in (-0.5, 0.4, -0.5, 0.4)])],
    "mouth": [Sign(circle(_pointing("mouth"), 0.35, turns=1.5))],
    "hear": [Sign(tap(_pointing("ear", "in up", "forward"), (-0.6, 0, 0.1)))],
    "listen": [Sign(go(P("c", "up", "forward", "thumb_side", "ear", (-0.2, 0, 0)), (0.1, 0, 0.1)), tilts=8)],
    "shhh": [Sign(go(P("one", "up", "in", "index_middle", "mouth", (0, 0, 0.4)), (0, 0, -0.4)), mouth=0.1)],
    "callonphone": [Sign(tap(P("y", "up forward", "in", "knuckles", "cheek", (-0.4, 0.2, -0.3)), (-0.4, 0, 0.1), 1))],
    "hair": [Sign(rock(P("f", "up", "in", "pinch", "temple", (-0.1, 0.7, 0)), (0, 8, 8), 2))],
    "head": [Sign([P("bent", "in", "down", "fingertips", at) for at in ("temple", "temple", "jaw")])],
    "cry": [
        both(
            [_pointing("eye", "up in", "back").moved(0, y, 0.1) for y in (0, -0.9, 0, -0.9)],
            alternates=True,
        )
    ],
    "smile": [both([_pointing("lips_corner", "in up"), _pointing("cheek", "in up").moved(-0.2, 0.3, 0)])],
    "sad": [both(go(P("five", "up", "back", "palm", "eye", (-0.2, 0, 1.0)), (0, -1.6, 0.1)), nods=6)],
    "mad": [Sign(change(P("five", "up in", "back", "palm", "nose", (0, 0, 1.0)), ["five", "claw"], 1))],
    "sleep": [
        Sign([P("five", "up in", "back", "palm", "eye", (0, 0.2, 0.9)), P("flat_o", "up in", "back", "bunch", "chin")],
             tilts=6)
    ],
    "bed": [Sign(tap(P("flat", "up up back", "in", "palm", "jaw"), (-0.5, 0, 0.1), 1), tilts=16)],
    # Eating and drinking
    "water": [Sign(tap(_WATER, _AWAY))],
    "drink": [Sign([P("c", "in forward", "in", "pinch", "mouth", (0, -0.2, 0.5)),
                    P("c", "in up", "in back", "pinch", "mouth", (0, 0.3, 0.4), (0, 0, -15))])],
    "food": [Sign(tap(P("flat_o", "back up in", "back", "bunch", "mouth"), (-0.1, -0.2, 0.7)))],
    "apple": [Sign(rock(P("x", "in up", "down back", "index_middle", "cheek", (-0.2, 0, 0.1)), (0, 25, 0), 2))],
    "milk": [Sign(change(_in_space("s", "forward up", "in"), ["c", "s"], 3))],
    "orange": [Sign(change(P("c", "in", "in back", "index_side", "chin", (0, -0.2, 0.4)), ["c", "s"], 2))],
    "hot": [Sign([P("claw", "up in back", "back", "fingertips", "mouth", (0, 0, 0.2)),
                  P("claw", "forward in down", "down", "wrist", "space", (0.3, 0.2, 0.5))], mouth=0.5)],
    # Animals
    "cat": [both(_WHISKERS), Sign(_WHISKERS)],
    "bird": [Sign(change(P("beak", "forward", "in down", "knuckles", "mouth", (-0.2, 0, 0.3)), _BEAK, 2))],
    "duck": [Sign(change(P("bill", "forward", "down", "wrist", "mouth", (-0.1, -0.3, 0.2)), _BILL, 2))],
    "cow": [Sign(rock(P("y", "up", "forward in", "thumb_tip", "temple"), (18, 18, 0), 2))],
    "horse": [Sign(change(P("thumb_u", "up", "forward", "thumb_tip", "temple"), ["thumb_u", "thumb_bent_u"], 2))],
    "donkey": [Sign(change(P("flat", "up", "forward", "thumb_tip", "temple"), ["flat", "bent"], 2))],
    "bug": [Sign(change(P("three", "up", "in", "thumb_tip", "nose"), ["three", "bent_three"], 2))],
    "pig": [Sign(change(P("flat", "in", "down", "knuckles", "under_chin"), ["flat", "bent"], 2))],
    "frog": [Sign(change(P("s", "in", "down", "index_side", "under_chin"), ["s", "v"], 2))],
    "lion": [Sign(go(P("claw", "back up", "down back", "palm", "brow", (0, 0.5, 0.5)), (0, 0.5, -0.6), (0, 0, -0.6)))],
    "elephant": [
        Sign([P("flat", "up in", "in down", "fingertips", "nose", (0, -0.1, 0.1)),
              P("flat", "forward down", "in", "fingertips", "nose", (0, -1.2, 1.6)),
              P("flat", "forward up", "in", "fingertips", "nose", (0, -0.5, 2.4))])
    ],
    # Colours
    "red": [Sign([P(shape, "up in", "back", "index_tip", "mouth", (0, y, 0.1))
                  for shape, y in (("one", 0), ("x", -0.6), ("one", 0), ("x", -0.6))])],
    "brown": [Sign(go(P("b", "up", "forward in", "index_middle", "cheek", (-0.3, 0.4, 0)), (0, -1.3, 0)))],
    "black": [Sign(go(P("one", "in", "down", "index_middle", "forehead", (0.8, 0.1, 0.1)), (-1.8, 0, -0.1)))],
    "yellow": [Sign(rock(_in_space("y"), (0, 28, 0), 3))],
    "blue": [Sign(rock(_in_space("b", "up", "in forward"), (0, 28, 0), 3))],
    "green": [Sign(rock(_in_space("beak_open", "forward up in", "in"), (0, 28, 0), 3))],
    "white": [Sign([_CHEST.shaped("five"), P("flat_o", "in", "back", "bunch", "chest", (0, 0, 1.7))])],
    # Things and places
    "book": [both([_CLOSED_BOOK, P("flat", "forward in", "up", "little_side", "centre", (-0.1, -0.3, 0), time=1.5)])],
    "car": [both([_STEER.moved(0, y, 0) for y in (0.5, -0.5, 0.5, -0.5)], alternates=True)],
    "airplane": [Sign(go(P("ily", "forward in", "down", "wrist", "space", (0, 0.5, 0)), (0.6, 0.9, 1.2)))],
    "home": [
        Sign([P("flat_o", "back in up", "back in", "bunch", at, (-0.1, 0, 0.1)) for at in ("lips_corner", "ear")])
    ],
    "time": [Sign(tap(P("x", "in down", "down", "index_tip", "other_back", (0, 0.1, 0)), (0, 0.6, 0)),
                  [P("s", "in forward", "down", "wrist", "centre", (-0.5, -0.3, 0))])],
    "shoe": [both([P("s", "forward", "down", "index_side", "centre", (x, 0, 0)) for x in (-0.9, -0.15, -0.9, -0.15)])],
    "tree": [Sign(rock(P("five", "up", "in forward", "wrist", "centre", (-0.3, 0.9, 0)), (0, 30, 0), 3),
                  [P("flat", "in", "down", "fingertips", "centre", (0.4, -1.3, 0))])],
    "rain": [both([_FALLING.moved(0, y, 0) for y in (1.2, -0.4, 1.2, -0.4)])],
    "snow": [both([_FALLING.shaped(shape).moved(x, y, 0) for shape, x, y in (
        ("wiggle", 0, 1.4), ("wiggled", 0.3, 0.8), ("wiggle", 0, 0.2), ("wiggled", 0.3, -0.4))])],
    # Doing
    "open": [both([_GATE, replace(_GATE, palm="in", touch="palm", by=(-1.6, 0.1, 0.3))])],
    "close": [both([replace(_GATE, palm="in", touch="palm", by=(-1.6, 0.1, 0.3)), _GATE])],
    "clean": [Sign([_RUB, _RUB.moved(0.3, 0, 1.2), _RUB, _RUB.moved(0.3, 0, 1.2)], [_PALM])],
    "finish": [both([P("five", "up", palm, "palm", "centre", by)
                     for palm, by in (("back", (-1.1, 0.3, 0)), ("forward", (-1.7, 0.2, 0.3)))])],
    "happy": [both([one.moved(-0.3, 0, 0) for one in _BRUSHES]), Sign(_BRUSHES)],
    "like": [Sign([P(shape, "in", "back", "middle_tip", "chest", (0, 0, z))
                   for shape, z in (("eight_open", 0), ("eight", 1.4))])],
    "wait": [both(change(P("wiggle", "forward in", "up", "wrist", "space", (0.3, -0.4, 0)), ["wiggle", "wiggled"], 2))],
    "look": [Sign(go(P("v", "forward", "down", "two_tips", "eye", (0, 0, 0.9)), (0, -0.3, 1.2)))],
    "scissors": [Sign(change(_SCISSORS, ["v", "u"], 3))],
    "up": [Sign(go(P("one", "up", "forward", "wrist", "space"), (0, 1.2, 0)))],
    "down": [Sign(go(P("one", "down", "back", "wrist", "space", (0, 0.8, 0)), (0, -1.1, 0)))],
}  # fmt: skip
