"""Case tables in and out, in chunks: CSV, TSV, XLSX and Parquet.

detect.py    format, encoding, delimiter, header row
blocks.py    bytes of a text table -> UTF-8 blocks that end with a record
chunks.py    what every reader gives
readers.py   text and Parquet -> chunks of factored columns
xlsx.py      the same for workbooks
writers.py   results -> a file that appears under its name only when complete
issues.py    what was not understood -> OUT.issues.csv
parallel.py  free text read by several processes
progress.py  the line on the terminal
run.py       all of it together: `score_table`
"""

from __future__ import annotations

from imtdx.tables.run import ScoreSummary, score_table

__all__ = ["ScoreSummary", "score_table"]
