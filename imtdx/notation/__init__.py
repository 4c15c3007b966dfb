"""Report notation: whole reports, stain panels, table cells, column headers, H&E features, age, sex and site.

tokens      characters -> words, numbers and signs, with their places
lexicon     names and words -> what they mean
spelling    near misses of names
kinds       what a piece of a report is; the records the reader works on
signs       numbers and signs -> items
items       tokens -> items: names, results, qualifiers, verbs, links, topics
phrases     a run of items that says one thing
state       where the reader stands: names that wait, the result said before them
assign      results to names
notes       brackets
rules       what each kind of item does
binding     items -> entries, by the rules
findings    entries -> Finding
panels      the findings of a text, and what was not used
features    H&E features in running text
persons     age, sex and site in running text
report      whole reports
cells       table cells
scales      bare numbers on the scale of their column
headers     column headers
morphology  H&E features typed as a list
context     age, sex, site in a field of their own
"""

from __future__ import annotations

from imtdx.notation.cells import read_cell, read_results
from imtdx.notation.context import read_age, read_sex, read_site
from imtdx.notation.headers import Column, read_column, read_header, read_legend
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.morphology import read_morphology
from imtdx.notation.names import MarkerLike
from imtdx.notation.report import Reading, parse_panel, read_case, read_report

__all__ = [
    "Column",
    "Lexicon",
    "MarkerLike",
    "Reading",
    "parse_panel",
    "read_age",
    "read_case",
    "read_cell",
    "read_column",
    "read_header",
    "read_legend",
    "read_morphology",
    "read_report",
    "read_results",
    "read_sex",
    "read_site",
]
