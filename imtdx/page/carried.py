"""The part of the page's script that is the package itself: its source in JavaScript, and one model with all it holds."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np

from imtdx.page.translate import Graph, Program, runtime

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["carried"]

#: What the page does not hold, though the package does.
_OUTSIDE = ("imtdx.report", "imtdx.tables", "imtdx.batch", "imtdx.cluster", "imtdx.validation", "imtdx.cli", "imtdx.interchange")
_OUTSIDE += ("imtdx.scoring", "imtdx.store", "imtdx._yaml", "imtdx.overlays", "imtdx.reading")
#: Attributes of the model that can be made anew.
_LEFT_OUT = frozenset(
    (kind, name)
    for kind, names in {
        "CptMaker": "_fits _contexts clipped",
        "Rates": "_cells _markers _rho",
        # of the records only what answers are made of
        "Study": "note at printed where criterion verbatim",
        "ContextRow": "note at",
        "Ki67Row": "note at threshold",
        "Source": "title study_type unlinked",
        "Marker": "at",
        "Diagnosis": "at",
        "PriorProfile": "at",
        "Link": "at",
    }.items()
    for name in names.split()
)


def carried(model: Model) -> tuple[str, str]:
    """The script and its numbers.

    Args:
        model: what the page asks; its tables are made before.

    Returns:
        tuple[str, str]: the runtime, the translated source and ``$page(numbers)``, which gives the functions of `imtdx.page.entries` on
        plain JavaScript values; and the numbers in base64, 64-bit floats, little-endian.

    Raises:
        TranslationError: the source uses a construct that has no translation; with file and line.
    """
    model.lexicon.build()
    for name in model.network.nodes:
        model.network.table(name)
    numbers = ""

    def write(program: Program) -> str:
        nonlocal numbers
        read = program.need("imtdx.page.entries", "read")
        diagnose = program.need("imtdx.page.entries", "diagnose")
        graph = Graph(program, program.spoken, _LEFT_OUT, frozenset({("Model", "lexicon")}))
        made = graph.write(model)
        floats = np.concatenate(graph.floats) if graph.floats else np.zeros(0)
        numbers = base64.b64encode(floats.tobytes()).decode()
        return "\n".join(
            [
                "const $page = (numbers) => {",
                "const $stored = (start, shape) => new $Array(numbers.slice(start, start + shape.reduce((a, b) => a * b, 1)), shape);",
                *graph.statements,
                f"const $model = {made};",
                f"return {{ read: (text) => $toJs({read}(text, $model.$lexicon)), diagnose: (text, options = {{}}) => $toJs({diagnose}(text, $fromJs(options), $model)) }};",
                "};",
            ]
        )

    script = Program.settle(write, ("imtdx",), _OUTSIDE, arrays=True)
    return f"{runtime(arrays=True)}\n{script}", numbers
