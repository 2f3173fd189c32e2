"""Podium: prize-winning recognisers as one workflow, from the raw download to a TFLite file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium.recognise.pretrained import pretrained
    from podium.systems.recognizer import Recognizer

__version__ = "0.1.0"
__all__ = ["Recognizer", "__version__", "pretrained"]


def __getattr__(name: str) -> Any:
    """``podium.Recognizer`` and ``podium.pretrained``, imported when asked for: nothing else needs to wait for them."""
    if name == "Recognizer":
        from podium.systems.recognizer import Recognizer

        return Recognizer
    if name == "pretrained":
        from podium.recognise.pretrained import pretrained

        return pretrained
    raise AttributeError(f"module 'podium' has no attribute '{name}'")
