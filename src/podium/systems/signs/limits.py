"""The limits that the competition of isolated signs sets on a file."""

import math
from collections.abc import Sequence
from typing import Any

from podium.errors import UserError

MAX_MB, MAX_MS = 40, 100  # size of the file; mean latency of a clip
LIMITS = {"size_mb": MAX_MB, "latency_ms": MAX_MS}  # as a model card tells them


def check_size(twins: Sequence[Any]) -> None:
    """Refuses members that make too large a file.

    Raises:
        UserError: The file would be larger than the competition takes.
    """
    size_mb = 2e-6 * sum(math.prod(one.shape) for twin in twins for one in twin.weights.variables.values())
    if size_mb >= MAX_MB:
        raise UserError(
            f"the file would have {size_mb:.0f} MB in fp16, and the competition takes less than {MAX_MB}; take fewer or"
            " smaller members"
        )
