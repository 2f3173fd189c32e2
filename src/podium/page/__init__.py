"""The page that reads in a browser: put together into a folder, and served to this machine alone."""
