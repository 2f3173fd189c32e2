"""Names of tensors in the weights of fingerspelling's networks."""

# How the names of those begin that only training uses; the file never holds them.
TRAINING_ONLY = ("backward_decoder.", "ctc_head.", "encoder.num_batches")
