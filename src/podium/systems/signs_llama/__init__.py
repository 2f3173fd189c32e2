"""Isolated signs, first recogniser: the LLaMA-like transformer over keypoints of the 26th place."""
