// What is said of a clip, in words. Keys and sentences are those of podium/landmarks/remarks.py; a test compares them.

/** What is doubtful about a clip that was read all the same. */
export const MEANINGS = {
  zeros_for_missing: 'hands (or other whole parts) of exactly 0.0, or all in one point; they were read as missing',
  hands_swapped: "each hand lies at the other arm's wrist; left and right hand seem to be swapped",
  upside_down: 'the head lies below the shoulders, or the eyes below the mouth; y must point downwards',
  mirrored: "left and right of the body are exchanged, as if mirrored; x must point to the viewer's right",
  rotated: 'the person lies on the side; x and y seem to be swapped, or the picture to be turned by a quarter',
  several_people: 'more than one person is in the picture; the larger one was followed',
  no_face: 'no face in the picture; MediaPipe looks for hands on a body, and misses some: show head and shoulders',
  lone_hands: 'hands were found without a body in some pictures; show head and shoulders, or some are missed',
  pictures_lost: 'the video is damaged or cut off; pictures are missing',
  columns_in_another_order: 'landmarks of one part lie far apart; order of columns or a unit seems to be another',
};

/** Why a clip has no text. */
export const REASONS = {
  no_frames: 'the clip has no frames',
  no_hand: 'no hand was seen',
  hands_down: 'hands were seen, but none was raised',
  too_short: 'the clip is too short to be read',
  not_trusted: 'the model does not trust its reading of this clip',
  ended_at_once: 'the model sees no character',
};
