"""The virtual signer of isolated signs: a corpus that is computed."""
