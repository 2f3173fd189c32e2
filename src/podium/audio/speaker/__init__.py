"""The virtual speaker: words said by free synthesisers, recorded in rooms that are computed."""
