"""From raw files to samples: sources, packing, folds, clips, batches of similar length.

Nothing is imported here: the workflow asks for `sources` alone and must not wait for torch.
"""
