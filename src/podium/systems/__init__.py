"""The recognisers, a folder each."""
