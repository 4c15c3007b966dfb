"""Case tables on a dask cluster: the run (run.py), its parts (parts.py), what a worker does (worker.py)."""

from imtdx.cluster.run import score_files

__all__ = ["score_files"]
