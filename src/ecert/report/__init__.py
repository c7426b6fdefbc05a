"""The one way to say what was found; knows nothing of certificates (floor 1).

Facts become checks, checks become one `Report`; prose is rendered last, in Chinese or English.
"""

from ecert.report.check import (
    Check,
    Evidence,
    Reason,
    Rule,
    Weight,
    all_of,
    any_of,
    blocked,
    leaf,
    not_applicable,
)
from ecert.report.outcome import NOT_COMPUTED, OK, Outcome, Scalar, failed, unknown
from ecert.report.report import (
    Axis,
    CertificateView,
    Condition,
    Decision,
    FieldView,
    Mode,
    Pin,
    Question,
    Report,
    SignatureSummary,
    Subject,
    TimeView,
    Tool,
)
from ecert.report.verdict import Verdict, join, meet

__all__ = [
    "NOT_COMPUTED",
    "OK",
    "Axis",
    "CertificateView",
    "Check",
    "Condition",
    "Decision",
    "Evidence",
    "FieldView",
    "Mode",
    "Outcome",
    "Pin",
    "Question",
    "Reason",
    "Report",
    "Rule",
    "Scalar",
    "SignatureSummary",
    "Subject",
    "TimeView",
    "Tool",
    "Verdict",
    "Weight",
    "all_of",
    "any_of",
    "blocked",
    "failed",
    "join",
    "leaf",
    "meet",
    "not_applicable",
    "unknown",
]
