"""Case tables in and out, in chunks: CSV, TSV, XLSX and Parquet; OpenDocument, HTML, FHIR and HL7 to read only.

detect.py    format and delimiter; encodings.py, header.py: what their names say
blocks.py    bytes of a text table -> UTF-8 blocks that end with a record
chunks.py    what every reader gives
readers.py   text and Parquet -> chunks of factored columns
xlsx.py      the same for workbooks; numbers.py: numbers as their cells show them
grid.py      rows of cells in memory, sheets; documents.py: OpenDocument and HTML
lis.py       results of the laboratory system: FHIR R4 and HL7 v2
writers.py   results -> a file that appears under its name only when complete
issues.py    what was not understood -> OUT.issues.csv
parallel.py  free text read by several processes
progress.py  the line on the terminal
run.py       all of it together: `score_table`
"""

from __future__ import annotations

from imtdx.tables.run import ScoreSummary, score_table

__all__ = ["ScoreSummary", "score_table"]
