"""Podium: prize-winning recognisers as one workflow, from the raw download to a TFLite file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium.systems.recognizer import Recognizer

__version__ = "0.1.0"
__all__ = ["Recognizer", "__version__"]


def __getattr__(name: str) -> Any:
    """``podium.Recognizer``, imported when it is asked for: nothing else needs to wait for it."""
    if name == "Recognizer":
        from podium.systems.recognizer import Recognizer

        return Recognizer
    raise AttributeError(f"module 'podium' has no attribute '{name}'")
