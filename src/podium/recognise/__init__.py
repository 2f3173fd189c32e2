"""From a model file and a clip to a reading."""
