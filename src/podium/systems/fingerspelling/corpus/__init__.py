"""The virtual signer: a kinematic person who fingerspells in front of a virtual phone camera."""
