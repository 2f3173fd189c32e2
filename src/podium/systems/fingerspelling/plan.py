"""What the workflow must know of fingerspelling before anything is made: recipes, labels, what a file has built in."""

from podium.systems.fingerspelling.recipe import Recipe

__all__ = ["LABEL", "Recipe"]

LABEL = "phrase"  # the column of the label in tables
