"""Python to JavaScript, when the page is written: what the page computes is the package's own source.

errors       what cannot be carried
patterns     regular expressions
unicode      tables of characters
library      names of Python's library and their counterparts
values       live values as expressions
scopes       local names
expressions  expressions
statements   statements
definitions  functions and classes
program      what is needed, in an order that works

The other half is ``page/runtime``: values, operators and library of Python, written by hand.
"""

from __future__ import annotations

from imtdx.page.translate.errors import TranslationError
from imtdx.page.translate.graph import Graph
from imtdx.page.translate.program import Program, runtime, translate
from imtdx.page.translate.values import write_value

__all__ = ["Graph", "Program", "TranslationError", "runtime", "translate", "write_value"]
