"""The part of the page's script that is the package itself: its source in JavaScript, and one model with all it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imtdx.page import entries
from imtdx.page.translate import Graph, Program, runtime

if TYPE_CHECKING:
    from imtdx.model import Model

__all__ = ["Carried", "carried"]

#: What the page does not hold, though the package does.
_OUTSIDE = tuple(
    f"imtdx.{name}"
    for name in "report tables batch cluster validation cli interchange scoring store _yaml overlays reading serve".split()  # noqa: SIM905
)
#: Attributes of the model that can be made anew.
_LEFT_OUT = frozenset(
    (kind, name)
    for kind, names in {
        "CptMaker": "_fits _contexts clipped",
        "Rates": "_cells _markers _rho",
        # of the records only what answers are made of
        "Study": "note at printed where criterion verbatim",
        "ContextRow": "note at",
        "Ki67Row": "note at",
        "Source": "title study_type unlinked",
        "Marker": "at",
        "Diagnosis": "at",
        "PriorProfile": "at",
        "Link": "at",
    }.items()
    for name in names.split()
)


#: Cached properties that the page cannot work out.
_KEPT = frozenset({("Model", "lexicon")})


@dataclass(frozen=True)
class Carried:
    """What a page holds of the package.

    Attributes:
        script: the runtime, the translated source and ``$page(objects, numbers)``, which gives the functions of
            `imtdx.page.entries` on plain JavaScript values.
        objects: the model as JSON.
        numbers: its tables, 64-bit floats, little-endian.
    """

    script: str
    objects: str
    numbers: bytes


def carried(model: Model) -> Carried:
    """The package and one model for a page.

    Args:
        model: what the page asks; its tables are made before.

    Raises:
        TranslationError: the source uses a construct that has no translation; with file and line.
    """
    model.lexicon.build()
    for name in model.network.nodes:
        model.network.table(name)
    made: list[tuple[str, bytes]] = []

    def write(program: Program) -> str:
        calls = [f"{n}: (...args) => {program.need('imtdx.page.entries', n)}($model, ...args)" for n in entries.__all__]
        graph = Graph(program, program.spoken, _LEFT_OUT, _KEPT)
        objects = graph.write(model)
        floats = np.concatenate(graph.floats) if graph.floats else np.zeros(0)
        made[:] = [(json.dumps(objects, ensure_ascii=False, allow_nan=False, separators=(",", ":")), floats.tobytes())]
        return (
            "const $page = (objects, numbers) => {\n"
            f"const $model = $readGraph(objects, numbers, [{', '.join(graph.classes)}]);\n"
            f"return $plainly({{ {', '.join(calls)} }});\n}};"
        )

    script = Program.settle(write, ("imtdx",), _OUTSIDE, arrays=True)
    objects, numbers = made[0]
    return Carried(f"{runtime(arrays=True)}\n{script}", objects, numbers)
