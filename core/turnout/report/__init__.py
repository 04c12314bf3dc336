"""Reports: what was found, as JSON documents and for people to read."""

from turnout.report.document import comparison_document, history_document
from turnout.report.estimates import estimate_document
from turnout.report.sweeps import sweep_document

__all__ = ["comparison_document", "estimate_document", "history_document", "sweep_document"]
