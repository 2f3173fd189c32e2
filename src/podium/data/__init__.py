"""From raw landmark files to batches: sources, preprocessing, folds, clips, sampling, augmentation.

Nothing is imported here: the workflow asks for `sources` alone and must not wait for torch.
"""
