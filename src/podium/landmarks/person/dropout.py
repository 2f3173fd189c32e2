"""Where MediaPipe finds nothing: gaps that come in bursts."""

import numpy as np


def missing_bursts(num_frames: int, p_missing: float, mean_gap_frames: float, rng: np.random.Generator) -> np.ndarray:
    """A two-state Markov chain in its steady state.

    Args:
        p_missing: Share of missing frames in the long run, in [0, 1).
        mean_gap_frames: Mean length of a gap, at least 1.

    Returns:
        (num_frames,) bool, True if the part is missing.
    """
    p_end = 1.0 / mean_gap_frames
    p_start = min(p_end * p_missing / (1.0 - p_missing), 1.0)
    # Alternating geometric run lengths; the memoryless law lets the first run start at frame 0.
    num_runs = 2 * num_frames + 2
    is_first_missing = rng.random() < p_missing
    missing_runs = rng.geometric(p_end, num_runs) if p_start > 0 else np.ones(num_runs, dtype=int)
    found_runs = rng.geometric(p_start, num_runs) if p_start > 0 else np.full(num_runs, num_frames)
    runs = np.empty(2 * num_runs, dtype=np.int64)
    runs[0::2], runs[1::2] = (missing_runs, found_runs) if is_first_missing else (found_runs, missing_runs)
    ends = np.minimum(np.cumsum(runs), num_frames)
    index_of_run = np.searchsorted(ends, np.arange(num_frames), side="right")
    return (index_of_run % 2 == 0) == is_first_missing
