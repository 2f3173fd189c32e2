"""How a second of sound lies in a shard: 50 frames of 320 samples. Imports nothing, so that a plan loads quickly."""

RATE = 16_000  # samples a second
FRAME_SAMPLES = 320
CLIP_FRAMES = 50
CLIP_SAMPLES = CLIP_FRAMES * FRAME_SAMPLES  # a second
INPUT_COLUMNS = [f"sample_{number}" for number in range(FRAME_SAMPLES)]
