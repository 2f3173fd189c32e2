"""What is said of a clip: remarks on one that is read and doubtful, and reasons why one has no text.

One table for every place where clips arrive: `podium predict`, the library, `podium data inspect`, packing, browser.
"""

# kind → what is wrong and what was done about it, as it is printed behind a number of clips
MEANINGS = {
    "frames_sorted": "rows were not in the order of the column 'frame'; they were sorted by it",
    "clips_split": "no usable column 'sequence_id', but numbers in 'frame' begin anew; each run was read as a clip",
    "clips_by_id": "no column 'sequence_id', but another column or index of ids; each of its values was read as a clip",
    "clips_not_split": "no column 'sequence_id', but another one whose values change as ids do; read as one clip",
    "rate_not_used": "the file tells its frame rate, the model does not; the clip was read frame by frame",
    "zeros_for_missing": "hands (or other whole parts) of exactly 0.0, or all in one point; they were read as missing",
    "hands_swapped": "each hand lies at the other arm's wrist; left and right hand seem to be swapped",
    "upside_down": "the head lies below the shoulders, or the eyes below the mouth; y must point downwards",
    "mirrored": "left and right of the body are exchanged, as if mirrored; x must point to the viewer's right",
    "rotated": "the person lies on the side; x and y seem to be swapped, or the picture to be turned by a quarter",
    "several_people": "more than one person is in the picture; the larger one was followed",
    "no_face": "no face in the picture; MediaPipe looks for hands on a body, and misses some: show head and shoulders",
    "lone_hands": "hands were found without a body in some pictures; show head and shoulders, or some are missed",
    "pictures_lost": "the video is damaged or cut off; pictures are missing",
    "hand_alone": "hands without a body; a hand of which nothing tells the side was read as the right one",
    "columns_in_another_order": "landmarks of one part lie far apart; order of columns or a unit seems to be another",
}

# why a clip has no text
REASONS = {
    "no_frames": "the clip has no frames",
    "no_hand": "no hand was seen",
    "hands_down": "hands were seen, but none was raised",
    "too_short": "the clip is too short to be read",
    "not_trusted": "the model does not trust its reading of this clip",
    "ended_at_once": "the model sees no character",
    "not_read": "the file gave no text: the clip is too short, or the model does not trust its reading",
}
