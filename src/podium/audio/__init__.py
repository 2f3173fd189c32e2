"""Sound: reading wav files, resampling, and the virtual speaker."""
