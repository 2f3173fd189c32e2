"""Files: written whole, read with checks, told by content."""
