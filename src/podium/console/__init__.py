"""What a run of the workflow tells the person who waits for it."""

from podium.console.console import END, Console
from podium.console.progress import Job, recorded_seconds
from podium.console.words import name_of

__all__ = ["END", "Console", "Job", "name_of", "recorded_seconds"]
