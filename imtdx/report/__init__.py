"""Writers: each reads one `Differential` (or the rows of a scored table) and nothing else."""
