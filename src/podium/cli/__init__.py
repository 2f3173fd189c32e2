"""The command ``podium``: one file per command, each with its own words on the command line."""
