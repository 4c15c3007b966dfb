"""Differential diagnosis of inflammatory myofibroblastic tumour (IMT) and its mimics from a stain panel.

    import imtdx

    model = imtdx.load()
    dx = model.diagnose("ALK+ SMA+ desmin focal+ CD117- S-100- Ki-67 10%", age=5, sex="male", site="mesentery")
    dx.ranking

Decision support for pathologists, not a diagnosis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imtdx.contributions import Contribution
from imtdx.differential import Differential
from imtdx.errors import (
    ContextError,
    ImtdxError,
    InputError,
    KnowledgeError,
    NetworkError,
    PanelError,
    TableError,
    UnknownNameError,
    UsageError,
)
from imtdx.model import Model, load
from imtdx.panel import Context, Finding, Panel
from imtdx.store import default_lexicon
from imtdx.version import __version__

if TYPE_CHECKING:
    from imtdx.estimator import ImmunophenotypeClassifier

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
    "Panel",
    "PanelError",
    "TableError",
    "UnknownNameError",
    "UsageError",
    "__version__",
    "load",
    "parse_panel",
]


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

    return parse(text, default_lexicon())


def __getattr__(name: str) -> Any:
    # scikit-learn is an optional extra: imported only when the estimator is asked for
    if name == "ImmunophenotypeClassifier":
        from imtdx.estimator import ImmunophenotypeClassifier

        return ImmunophenotypeClassifier
    raise AttributeError(f"module 'imtdx' has no attribute {name!r}")
