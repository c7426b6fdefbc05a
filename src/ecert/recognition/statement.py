"""The answer as an in-toto statement in the shape of a verification summary (recognition.md D8).

What a system keeps or signs instead of the whole report: digests of the file, of the policy and of
every list that was used, the question, the result. A simulated answer has none, an answer as of another
time says so, and only a live accept is PASSED (never-accept L14).
"""

from __future__ import annotations

from typing import Any

from ecert.errors import ECertError
from ecert.report import Decision, Mode, Report
from ecert.report.jsonform import instant

__all__ = ["PREDICATE", "statement"]

PREDICATE = "urn:ecert:recognition-summary:1"
_RESULTS = {Decision.ACCEPT: "PASSED", Decision.REFUSE: "FAILED", Decision.REFER: "UNDETERMINED"}


def statement(report: Report[Any]) -> dict[str, Any]:
    """Return the summary of a report about recognition, ready to be signed.

    Raises:
        ECertError: ``recognition.no_statement``: the answer is simulated, or no region was asked about.
    """
    explained, question = report.recognition, report.question
    if explained is None or question.mode is Mode.SIMULATED or question.assumptions:
        raise ECertError(
            "recognition.no_statement",
            "a statement needs an answer about recognition that rests on no assumption",
            hint="verify the file with a relying region, without assumptions",
        )
    result = _RESULTS[report.decision]
    if result == "PASSED" and not report:
        result = "UNDETERMINED"  # as of another time, or on test material: not to act on
    agreement = explained["agreement"]
    used = (
        [{"uri": f"agreement:{agreement['id']}", "digest": {"sha256": agreement["sha256"]}}]
        if agreement
        else []
    )
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "", "digest": {"sha256": report.subject.sha256}}],
        "predicateType": PREDICATE,
        "predicate": {
            "verifier": {
                "id": report.tool.name,
                "version": {report.tool.name: report.tool.version},
            },
            "timeVerified": instant(question.at),
            "mode": question.mode.value,
            "resourceUri": f"urn:ecert:recognition:{question.relying}:{question.matter or ''}",
            "policy": {
                "uri": f"policy:{report.policy.id}",
                "digest": {"sha256": report.policy.sha256},
            },
            "inputAttestations": [
                *(
                    {"uri": f"trust:{p.id}", "digest": {"sha256": p.sha256}}
                    for p in report.trust
                    if p.sha256
                ),
                *used,
            ],
            "verificationResult": result,
            "outcome": explained["outcome"],
            "reasons": list(report.reasons()),
        },
    }
