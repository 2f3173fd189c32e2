"""Spoken commands: a second of sound in, one of twelve classes out."""
