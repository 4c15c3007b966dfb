"""What every output says of its own making: program, knowledge, date and how to cite it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from imtdx.errors import UsageError
from imtdx.version import __version__

if TYPE_CHECKING:
    from imtdx.knowledge import Knowledge

__all__ = ["CITATION_KEY", "knowledge_facts", "made_on", "provenance_line", "stamp"]

#: Of this version, as in CITATION.cff and docs/output.md.
CITATION_KEY = f"imtdx-{__version__}"


def made_on() -> str:
    """The date of an output, ISO 8601, UTC: today, or that of ``SOURCE_DATE_EPOCH`` (seconds), so that a run can be repeated byte by byte.

    Raises:
        UsageError: ``SOURCE_DATE_EPOCH`` is set and is no such number.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not told:
        return time.strftime("%Y-%m-%d", time.gmtime())
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(int(told)))
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {told!r}; give whole seconds since 1970-01-01, such as 1764288000, or unset it"
        ) from None


def knowledge_facts(knowledge: Knowledge) -> dict[str, Any]:
    """Version and hash of the knowledge, and what was left out of it or added.

    Args:
        knowledge: as used.
    """
    return {
        "version": str(knowledge.network.get("version", "")),
        "sha256": knowledge.sha256,
        "without_sources": list(knowledge.left_out),
        "overlays": [str(name) for name in knowledge.overlays],
    }


def stamp(knowledge: Knowledge) -> dict[str, Any]:
    """The keys of every JSON output: ``imtdx_version``, ``citation_key``, ``date`` and ``knowledge``.

    Args:
        knowledge: as used.
    """
    return {
        "imtdx_version": __version__,
        "citation_key": CITATION_KEY,
        "date": made_on(),
        "knowledge": knowledge_facts(knowledge),
    }


def provenance_line(knowledge: Knowledge) -> str:
    """The same as one line of text.

    Args:
        knowledge: as used.
    """
    version = str(knowledge.network.get("version", ""))
    return f"imtdx {__version__}, knowledge {version} ({knowledge.sha256[:12]}), {made_on()}; cite as {CITATION_KEY}"
