"""What goes into a file of isolated signs, and what its outputs say."""

from podium.systems.signs.answers import SignAnswers

PART = SignAnswers(
    "American Sign Language, isolated signs: landmarks of a signing person in, one of 250 signs out",
    "any number of frames from one on, of which max_frames are read, spread evenly",
)
