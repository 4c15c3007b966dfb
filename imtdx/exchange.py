"""The network as a file for other programs: BIF, XMLBIF, Hugin NET, XDSL.

Written from templates here and not by a library, because each reader asks for something that writers leave out:

    BIF      bnlearn, pgmpy                 the order of values is named in each row
    XMLBIF   Weka, SamIam, JavaBayes        a DOCTYPE; no empty PROPERTY, which ends Weka's reader
             pyAgrum                        the ending .bifxml; no DOCTYPE, which ends pyAgrum's reader
    NET      Hugin, gRain                   a brace on a line of its own, or gRain takes it for part of the name
    XDSL     GeNIe, SMILE                   parents before children

Numbers are written with all the digits that a double has. In every format the first parent changes slowest, the last
fastest, and the states of the variable itself fastest of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import PurePath
from xml.sax.saxutils import escape

from imtdx._types import Array
from imtdx.errors import UsageError

__all__ = ["FORMATS", "Variable", "plain", "plain_variables", "writer_for"]


@dataclass(frozen=True)
class Variable:
    """A discrete variable with its table.

    Attributes:
        name: of the variable.
        states: names of its states.
        parents: names of its parents, which stand before it.
        table: probabilities, shape (states of the first parent, ..., states of the last parent, states).
    """

    name: str
    states: tuple[str, ...]
    parents: tuple[str, ...]
    table: Array


_Writer = Callable[[Sequence[Variable], str], str]


def writer_for(path: PurePath) -> _Writer:
    """What writes the format of a name's ending: takes the variables, parents before children and with names that `plain`
    leaves as they are, and a title; gives the text.

    Args:
        path: .bif, .bifxml, .xmlbif, .net or .xdsl.

    Raises:
        UsageError: another ending.
    """
    found = FORMATS.get(path.suffix.casefold())
    if found is None:
        raise UsageError(f"cannot tell the format of {path.name!r}; end the name in {', '.join(FORMATS)}")
    return found


def plain(name: str) -> str:
    """A name as an identifier that every format accepts: ``<=5`` is ``le_5``, ``0-1`` is ``s0_1``."""
    out = name.replace("<=", "le_").replace(">", "gt_").replace("+", "_plus")
    out = "".join(c if c.isascii() and c.isalnum() else "_" for c in out) or "_"
    return out if out[0].isalpha() else f"s{out}"


def plain_variables(variables: Sequence[Variable]) -> list[Variable]:
    """The variables with plain names of variables and states, all different.

    Args:
        variables: with names as in the knowledge.
    """
    names = _plain_names(v.name for v in variables)
    return [
        Variable(
            names[v.name], tuple(_plain_names(v.states).values()), tuple(names[p] for p in v.parents), v.table
        )
        for v in variables
    ]  # fmt: skip


def _plain_names(names: Iterable[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for name in names:
        base = made = plain(name)
        k = 2
        while made in out.values():
            made, k = f"{base}_{k}", k + 1
        out[name] = made
    return out


def _numbers(values: Iterable[float]) -> list[str]:
    """Shortest texts that are read back as the same doubles."""
    return [repr(float(v)) for v in values]


def _rows(variable: Variable) -> list[list[str]]:
    """One row of numbers per combination of the parents' states."""
    return [_numbers(row) for row in variable.table.reshape(-1, len(variable.states))]


# --- BIF ---------------------------------------------------------------------------------------------------------------------


def _bif(variables: Sequence[Variable], title: str) -> str:
    """Bayesian Interchange Format 0.15 (Cozman 1996)."""
    states = {v.name: v.states for v in variables}
    out = [f"network {plain(title)} {{\n}}"]
    for v in variables:
        out.append(f"variable {v.name} {{\n  type discrete [ {len(v.states)} ] {{ {', '.join(v.states)} }};\n}}")
    for v in variables:
        if v.parents:
            combinations = product(*(states[p] for p in v.parents))
            lines = [f"  ({', '.join(c)}) {', '.join(r)};" for c, r in zip(combinations, _rows(v), strict=True)]
            out.append(f"probability ( {v.name} | {', '.join(v.parents)} ) {{\n" + "\n".join(lines) + "\n}")
        else:
            out.append(f"probability ( {v.name} ) {{\n  table {', '.join(_rows(v)[0])};\n}}")
    return "\n".join(out) + "\n"


# --- XMLBIF ------------------------------------------------------------------------------------------------------------------

_DOCTYPE = """<!DOCTYPE BIF [
  <!ELEMENT BIF ( NETWORK )*>
    <!ATTLIST BIF VERSION CDATA #REQUIRED>
  <!ELEMENT NETWORK ( NAME, ( PROPERTY | VARIABLE | DEFINITION )* )>
  <!ELEMENT NAME (#PCDATA)>
  <!ELEMENT VARIABLE ( NAME, ( OUTCOME | PROPERTY )* )>
    <!ATTLIST VARIABLE TYPE (nature|decision|utility) "nature">
  <!ELEMENT OUTCOME (#PCDATA)>
  <!ELEMENT DEFINITION ( FOR | GIVEN | TABLE | PROPERTY )*>
  <!ELEMENT FOR (#PCDATA)>
  <!ELEMENT GIVEN (#PCDATA)>
  <!ELEMENT TABLE (#PCDATA)>
  <!ELEMENT PROPERTY (#PCDATA)>
]>"""


def _xmlbif(variables: Sequence[Variable], title: str) -> str:
    """XMLBIF 0.3 (Cozman 1998), with its document type."""
    head, _, rest = _bifxml(variables, title).partition("\n")
    return f"{head}\n{_DOCTYPE}\n{rest}"


def _bifxml(variables: Sequence[Variable], title: str) -> str:
    """XMLBIF 0.3 without its document type."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<BIF VERSION="0.3">', "<NETWORK>"]
    out.append(f"<NAME>{escape(title)}</NAME>")
    for v in variables:
        states = "".join(f"\n  <OUTCOME>{s}</OUTCOME>" for s in v.states)
        out.append(f'<VARIABLE TYPE="nature">\n  <NAME>{v.name}</NAME>{states}\n</VARIABLE>')
    for v in variables:
        parents = "".join(f"\n  <GIVEN>{p}</GIVEN>" for p in v.parents)
        rows = "\n    ".join(" ".join(r) for r in _rows(v))
        out.append(f"<DEFINITION>\n  <FOR>{v.name}</FOR>{parents}\n  <TABLE>\n    {rows}\n  </TABLE>\n</DEFINITION>")
    return "\n".join([*out, "</NETWORK>", "</BIF>"]) + "\n"


# --- Hugin NET ---------------------------------------------------------------------------------------------------------------


def _net(variables: Sequence[Variable], title: str) -> str:
    """Hugin's NET (Hugin API reference manual, "The NET language")."""
    out = ["net\n{\n}"]
    for v in variables:
        states = " ".join(f'"{s}"' for s in v.states)
        out.append(f"node {v.name}\n{{\n  states = ({states});\n}}")
    for v in variables:
        given = f" | {' '.join(v.parents)}" if v.parents else ""
        out.append(f"potential ({v.name}{given})\n{{\n  data = {_nested(v.table)};\n}}")
    return "\n".join(out) + "\n"


def _nested(table: Array) -> str:
    """A table in parentheses, one pair for each dimension."""
    if table.ndim == 1:
        return f"({' '.join(_numbers(table))})"
    return f"({chr(10).join(_nested(part) for part in table)})"


# --- XDSL --------------------------------------------------------------------------------------------------------------------


def _xdsl(variables: Sequence[Variable], title: str) -> str:
    """XDSL of SMILE and GeNIe, with places on a grid so that the nodes do not lie on each other."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', f'<smile version="1.0" id="{plain(title)}">', "<nodes>"]
    for v in variables:
        states = "".join(f'\n  <state id="{s}" />' for s in v.states)
        parents = f"\n  <parents>{' '.join(v.parents)}</parents>" if v.parents else ""
        numbers = " ".join(n for r in _rows(v) for n in r)
        out.append(f'<cpt id="{v.name}">{states}{parents}\n  <probabilities>{numbers}</probabilities>\n</cpt>')
    out += [
        "</nodes>",
        "<extensions>",
        f'<genie version="1.0" app="imtdx" name="{escape(title, {chr(34): "&quot;"})}">',
    ]
    for k, v in enumerate(variables):
        x, y = 20 + 140 * (k % 10), 20 + 70 * (k // 10)
        look = '<interior color="e5f6f7" /><outline color="000080" /><font color="000000" name="Arial" size="8" />'
        place = f"<position>{x} {y} {x + 120} {y + 50}</position>"
        out.append(f'<node id="{v.name}"><name>{v.name}</name>{look}{place}</node>')
    return "\n".join([*out, "</genie>", "</extensions>", "</smile>"]) + "\n"


#: Ending -> writer. XMLBIF has two: pyAgrum knows ``.bifxml`` only, the others ``.xmlbif`` or ``.xml``.
FORMATS: Mapping[str, _Writer] = {
    ".bif": _bif,
    ".bifxml": _bifxml,
    ".xmlbif": _xmlbif,
    ".net": _net,
    ".xdsl": _xdsl,
}
