"""What the Snakefile asks: stages, their fingerprints, why one runs again, and what results are made of."""
