"""Whether the test part is one of unseen people: what of it was trained on, in words."""


def trained_share(test_signers: dict | None) -> str:
    """What of the test part was trained on; "" if nothing was.

    Args:
        test_signers: As in the report of `podium.data.sequences.list_sequences`; None without a test part.
    """
    if test_signers is None:
        return ""
    number, people, recordings = (test_signers[key] for key in ("number", "trained_on", "recordings_trained_on"))
    parts = [f"{len(people)} of its {number} people trained on"] if people else []
    return ", ".join(parts + ([f"{len(recordings)} of its recordings trained on"] if recordings else []))


def scored_on(test_signers: dict | None) -> str:
    """What a score on the test part is a score of: "hidden test", if nothing of it was trained on.

    Args:
        test_signers: As for `trained_share`.
    """
    share = trained_share(test_signers)
    return f"test, {share}" if share else "hidden test"
