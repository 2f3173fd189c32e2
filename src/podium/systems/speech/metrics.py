"""What the numbers of spoken commands mean, beside `podium.report.metrics`."""

METRICS = {
    "score": "the share of clips whose class is answered right; a word outside the ten commands is right as 'unknown'",
    "score_words": "the same without the clips of silence",
    "score_classes": "the mean over classes of the share that is right in each, so that all count alike",
    "how": "how labels are made: 'agreement' of all runs, or a 'threshold' of their probability",
    "p": "the least probability with which a clip gets a label",
    "rule": "how the probabilities of 32 classes become those of 12",
    "silence": "whether clips of silence keep their labels",
    "together": "how several runs are joined",
    "num_clips": "clips without a label of their own",
    "num_labelled": "those of them that got one",
    "precision": "the share of the labels that are right, if the true ones are known; else null",
    "words": "of each label: how many clips got it, and its precision",
    "thresholds": "the same account for other thresholds",
    "origin": "where the score is from, for the summary",
    "scored_on": "what the score is of, for the summary",
}
