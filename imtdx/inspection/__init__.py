"""Questions to the knowledge itself: what is known of a cell, what separates two diagnoses, what a source feeds.

Every function takes a `Model` and returns plain records; the command ``imtdx knowledge`` has a verb of the same name for each.

    from imtdx import inspection, load

    model = load()
    inspection.show(model, "imt", "ALK").cells[0].rate
    inspection.compare(model, "imt", "gist")[0].marker
"""

from imtdx.inspection.cells import CellRecord, StudyRecord
from imtdx.inspection.changes import Change, DiffReport, Shift, diff
from imtdx.inspection.coverage import CoverageReport, CoverageRow, LeadingRow, coverage
from imtdx.inspection.overview import Distribution, Entry, Overview, Shown, list_, show
from imtdx.inspection.separation import SeparationRecord, compare
from imtdx.inspection.sources import CheckReport, Citation, Feed, check, cite

__all__ = [
    "CellRecord",
    "Change",
    "CheckReport",
    "Citation",
    "CoverageReport",
    "CoverageRow",
    "DiffReport",
    "Distribution",
    "Entry",
    "Feed",
    "LeadingRow",
    "Overview",
    "SeparationRecord",
    "Shift",
    "Shown",
    "StudyRecord",
    "check",
    "cite",
    "compare",
    "coverage",
    "diff",
    "list_",
    "show",
]
