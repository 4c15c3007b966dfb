"""Many cases at once: columns of text to codes, codes to posteriors, posteriors to result columns.

columns.py     which column holds what; roles.py, headings.py (names of columns), column_map.py (what --map says)
settle.py      the scale of bare numbers, from the first rows
told.py        what one cell tells, for every way of scoring a table; fates.py: what became of each
identity.py    ids, and rows that are no cases
factors.py     a column as distinct texts and where they stand
vocabulary.py  distinct texts to evidence, each read once
engine.py      codes to posteriors, on tables fused from the network's (tables.py)
collected.py   several results of one marker in a row or a case
singles.py     findings on their own, for the conflict; intervals.py credible intervals
scorer.py      all of it for one block of rows; long.py for tables with a row per finding
results.py     what comes out
"""
