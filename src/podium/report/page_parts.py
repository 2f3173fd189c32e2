"""Small pieces of HTML."""

from collections.abc import Iterable
from html import escape


def escaped(text: object) -> str:
    """Text for HTML; a blank at an end stays visible."""
    return escape(str(text))


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns: what, and its value as HTML."""
    lines = "".join(f"<tr><th>{escaped(what)}</th><td>{value}</td></tr>" for what, value in rows)
    return f"<table>{lines}</table>"
