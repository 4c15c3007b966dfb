"""Differential diagnosis of inflammatory myofibroblastic tumour (IMT) and its mimics from a stain panel.

    import imtdx

    model = imtdx.load()
    dx = model.diagnose("ALK+ SMA+ desmin focal+ CD117- S-100- Ki-67 10%", age=5, sex="male", site="mesentery")
    dx.ranking

Decision support for pathologists, not a diagnosis.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from imtdx.version import __version__

if TYPE_CHECKING:
    from imtdx.answer.contributions import Contribution
    from imtdx.differential import Differential
    from imtdx.errors import (
        ContextError,
        ImtdxError,
        InputError,
        KnowledgeError,
        NetworkError,
        OutputError,
        PanelError,
        TableError,
        UnknownNameError,
        UsageError,
    )
    from imtdx.estimator import ImmunophenotypeClassifier
    from imtdx.model import Model, load
    from imtdx.notation import Reading
    from imtdx.panel import Context, Finding, Panel

__all__ = [
    "Context",
    "ContextError",
    "Contribution",
    "Differential",
    "Finding",
    "ImmunophenotypeClassifier",
    "ImtdxError",
    "InputError",
    "KnowledgeError",
    "Model",
    "NetworkError",
    "OutputError",
    "Panel",
    "PanelError",
    "TableError",
    "UnknownNameError",
    "UsageError",
    "__version__",
    "load",
    "parse_panel",
    "read_report",
]


#: Where a name is defined, and imported from when it is first asked for: the command line looks after signals before
#: NumPy is imported, and scikit-learn is an optional extra.
_HOMES = {
    "imtdx.answer.contributions": ("Contribution",),
    "imtdx.differential": ("Differential",),
    "imtdx.errors": (
        "ContextError", "ImtdxError", "InputError", "KnowledgeError", "NetworkError", "OutputError", "PanelError", "TableError",
        "UnknownNameError", "UsageError",
    ),
    "imtdx.estimator": ("ImmunophenotypeClassifier",),
    "imtdx.model": ("Model", "load"),
    "imtdx.panel": ("Context", "Finding", "Panel"),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def parse_panel(text: str) -> Panel:
    """Read a stain panel in report wording.

    Args:
        text (str): such as ``"ALK+ SMA+ desmin focal+ CD117- Ki-67 10%"``.

    Returns:
        Panel: findings in order; what was not understood is kept under ``unrecognised`` with its place in the text.

    Raises:
        PanelError: an impossible value, over 100 kB of text.
    """
    from imtdx.notation import parse_panel as parse
    from imtdx.store import default_lexicon

    return parse(text, default_lexicon())


def read_report(text: str) -> Reading:
    """Read a whole report: stains, H&E features, age, sex and site, each with its words; nothing is ranked.

    Args:
        text (str): demography, site, gross, H&E, immunohistochemistry, genetics and conclusion in any order and in English,
            Spanish, French, German, Italian, Dutch, Portuguese, Chinese or Japanese.

    Returns:
        Reading: ``panel``, ``words`` of the context, ``ignored`` and ``unread`` pieces; ``to_dict()`` is the JSON of ``imtdx read``.

    Raises:
        PanelError: an impossible percentage, over 100 kB of text.
    """
    from imtdx.notation import read_report as read
    from imtdx.store import default_lexicon

    return read(text, default_lexicon())


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'imtdx' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
