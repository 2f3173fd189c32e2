"""Two arrays that should be equal but for rounding. Knows neither torch nor TensorFlow."""

import numpy as np

# Float32 on both sides, sums in another order. Times the largest expected value, at least 1.
STAGE_TOLERANCE = 1e-4
# Of the largest output, at least 1. Weights rounded to float16 (2^-11 = 5e-4 each) bring random networks of 2 and of 14
# blocks to 1e-3.
FLOAT16_TOLERANCE = 1e-2
# Rounding to int8 brings random networks of 2 and of 14 blocks to 5e-2.
INT8_TOLERANCE = 0.2
TOLERANCES = {
    "tensorflow": STAGE_TOLERANCE, "fp32": STAGE_TOLERANCE,
    "fp16": FLOAT16_TOLERANCE, "web": FLOAT16_TOLERANCE, "kaggle": FLOAT16_TOLERANCE,
    "int8": INT8_TOLERANCE,
}  # fmt: skip


def compare_arrays(expected: np.ndarray | None, found: np.ndarray | None, relative: float) -> dict:
    """Largest difference of two arrays and whether it is tolerable; an array that is absent or has another shape, and
    a NaN, are not."""
    if expected is None or found is None or expected.shape != found.shape:
        return {"passed": False, "error": None, "tolerance": None}
    tolerance = relative * max(1.0, float(np.abs(expected).max(initial=0)))
    error = float(np.abs(expected - found).max(initial=0))
    return {"passed": error <= tolerance, "error": error if np.isfinite(error) else None, "tolerance": tolerance}
