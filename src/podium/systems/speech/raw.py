"""From folders of wav files to shards. Knows numpy, no framework.

A clip is one second at 16 kHz. A shard holds it as 50 frames of 20 ms: T = 50, K = 320 float32 samples in [-1, 1], not
standardised. ``x_TK.reshape(-1)`` is the waveform (16000,), a view. So `INPUT_COLUMNS` are 320 names and a clip's
``num_frames`` is 50. Frames of one sample each would be packed 100 times slower, and noise recordings of more than
eight seconds would exceed `podium.data.recordings.MAX_FRAMES`. Recordings below `NOISE` keep their length in whole
frames: they are no clips, but what clips are mixed with.

Legend: T frames of 20 ms, K the samples of a frame, S samples.
"""

RATE = 16_000  # samples a second
FRAME_SAMPLES = 320
CLIP_FRAMES = 50
CLIP_SAMPLES = CLIP_FRAMES * FRAME_SAMPLES
INPUT_COLUMNS = [f"sample_{number}" for number in range(FRAME_SAMPLES)]
