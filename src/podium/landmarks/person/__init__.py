"""The virtual body: what MediaPipe would report of a person in front of a virtual phone."""
