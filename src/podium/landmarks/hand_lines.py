"""Which landmarks of a hand a picture of it joins."""

# The palm's outline, then each finger from its root.
HAND_LINES = [
    (0, 1), (0, 5), (5, 9), (9, 13), (13, 17), (0, 17),
    *((finger + joint, finger + joint + 1) for finger in (1, 5, 9, 13, 17) for joint in range(3)),
]  # fmt: skip
