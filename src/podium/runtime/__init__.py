"""Jobs on a machine: locks, signals, GPUs, Slurm, copies, usage. Nothing here changes a number."""
