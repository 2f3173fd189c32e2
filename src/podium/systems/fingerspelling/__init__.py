"""Fingerspelling: the 1st-place solution of Kaggle's ASL fingerspelling competition, and its Zipformer successor."""
