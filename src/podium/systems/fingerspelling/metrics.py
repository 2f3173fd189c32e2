"""What the numbers of spelled phrases mean, beside `podium.report.metrics`."""

METRICS = {
    "score": "the competition's: 1 − edits / characters, over all phrases together. An edit is a character that is"
    " inserted, left out or replaced (Levenshtein). 1 is perfect; below 0 there are more edits than characters",
    "score_damerau": "the same, with a swap of two neighbours as one edit instead of two (Damerau): by this the 1st"
    " place judged its networks",
    "num_characters": "characters of all phrases",
    "num_edits": "edits of all phrases",
    "num_exact": "phrases without an edit",
    "p_dummy": "the share of clips for which the host would get the fixed phrase that stands for nothing read",
    "num_without_prediction": "training clips that no network has read, since their people are held out of all folds",
    "num_unknown": "rows of a published table that are no training clip here",
    "table": "the published table that was given",
}
