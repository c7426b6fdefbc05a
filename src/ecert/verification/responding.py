"""OCSP responses as the judge reads them: what condemns whatever its doubts, and what may clear (L17)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ecert.crypto.ocsp import OCSPAnswer, OCSPFacts, answers
from ecert.crypto.x509 import CertificateFacts
from ecert.verification.case import RevocationCase
from ecert.verification.resting import digest_of, rests_on
from ecert.verification.tolerance import strange

__all__ = ["COMPROMISE", "Response", "respond"]

COMPROMISE = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})
"""Reasons of revocation that say that somebody else may hold the key."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response with its origin, and the signatures that cover its bytes inside the file."""

    facts: OCSPFacts
    origin: Literal["given", "file"]
    stamped_by: tuple[int, ...] = ()


def respond(
    response: Response,
    certificate: CertificateFacts,
    issuer: CertificateFacts,
    *,
    pool: Sequence[CertificateFacts],
    about: Callable[[CertificateFacts], Sequence[RevocationCase]],
) -> tuple[RevocationCase, ...]:
    """Return what a response says of a certificate; ``about`` asks the lists for its delegate."""
    found = []
    for answer in answers(response.facts, certificate, issuer, pool=pool):
        case = _case(answer, certificate, response)
        if case is not None:
            found.append(_with_delegate(case, answer, about, issuer=issuer, response=response))
    return tuple(found)


def _case(
    answer: OCSPAnswer, certificate: CertificateFacts, response: Response
) -> RevocationCase | None:
    """Return a statement; doubt about it leaves only what condemns (L15).

    After a certificate has ended, a responder may have forgotten it, unless its archive reaches back
    (RFC 6960 4.4.4).
    """
    one = answer.single
    doubtful = answer.unknown_critical or strange(answer.quirks)
    kept = one.archive_cutoff is not None and one.archive_cutoff <= certificate.not_after
    forgotten = one.this_update > certificate.not_after and not kept
    if one.says == "unknown" or (one.says == "good" and (doubtful or forgotten)):
        return None
    return RevocationCase(
        origin=response.origin,
        says=one.says,
        this_update=one.this_update,
        next_update=one.next_update,
        revoked_at=one.revoked_at,
        compromise=one.reason in COMPROMISE,
        invalidity_date=one.invalidity_date,
        stamped_by=response.stamped_by,
    )


def _with_delegate(
    case: RevocationCase,
    answer: OCSPAnswer,
    about: Callable[[CertificateFacts], Sequence[RevocationCase]],
    *,
    issuer: CertificateFacts,
    response: Response,
) -> RevocationCase:
    """Add what is known of a delegate: one that need not be checked may still be known as revoked."""
    if answer.responder is None:
        return case
    known = tuple(about(answer.responder))
    needed = answer.needs_check or any(a.says == "revoked" for a in known)
    return replace(
        case,
        until=answer.responder.not_after,
        responder=known if needed else None,
        algorithms=(
            *digest_of(response.facts.signature_algorithm),
            *rests_on((answer.responder, issuer)),
        ),
    )
