"""Landmarks of MediaPipe Holistic: names, tables and files of them, what is doubtful, and a virtual body."""
