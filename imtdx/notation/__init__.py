"""Report notation: stain panels, table cells, column headers, H&E features, age, sex and site.

tokens      characters -> words, numbers and signs
lexicon     names and words -> what they mean
spelling    near misses of names
items       tokens -> names, results, qualifiers, percentages
entries     a name with its result and qualifiers
results     results and the names they belong to
phrases     names, qualifiers, lists, sentences
clauses     other tissue, scores, exceptions, comparisons
brackets    brackets
grammar     minus signs, genetics, specimens, unknown words
findings    entries -> Finding
panels      a panel of them
cells       table cells
scales      bare numbers on the scale of their column
headers     column headers
morphology  H&E features
context     age, sex, site
"""

from __future__ import annotations

from imtdx.notation.cells import read_cell, read_results
from imtdx.notation.context import read_age, read_sex, read_site
from imtdx.notation.headers import Column, read_column, read_header, read_legend
from imtdx.notation.lexicon import Lexicon
from imtdx.notation.morphology import read_morphology
from imtdx.notation.names import MarkerLike
from imtdx.notation.panels import parse_panel, require_known

__all__ = [
    "Column",
    "Lexicon",
    "MarkerLike",
    "parse_panel",
    "read_age",
    "read_cell",
    "read_column",
    "read_header",
    "read_legend",
    "read_morphology",
    "read_results",
    "read_sex",
    "read_site",
    "require_known",
]
