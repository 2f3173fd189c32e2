"""Layers and weights of the TensorFlow copies (twins) of networks."""
