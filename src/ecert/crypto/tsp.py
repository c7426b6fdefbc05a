"""Time-stamp tokens (RFC 3161, GM/T 0033, GB/T 20520): read and checked by arithmetic, never believed.

Whether the authority is trusted, and was at that time, is the judge's question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ecert.report.outcome import OK, Outcome

if TYPE_CHECKING:
    from ecert.crypto.x509 import CertificateFacts

__all__ = ["TimestampFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """What one time-stamp token says, and which of its arithmetic holds.

    Args:
        raw: the token, verbatim.
        gen_time: instant stated by the authority (aware, UTC), None where unreadable.
        imprint_algorithm: digest name of the message imprint, or its dotted OID.
        imprint: digest stated for the stamped bytes.
        imprint_ok: the imprint is the digest of the bytes that were given.
        value: the token's own signature holds over its TSTInfo, by the certificate it names.
        signer: certificate of the authority, None where the token carries none that fits.
        certificates: all certificates in the token.
        policy: dotted policy OID.
        serial: serial number of the token.
        problem: anything else that forbids relying on it (usage, structure), OK otherwise.
        quirks: names of tolerated oddities, sorted.
    """

    raw: bytes
    gen_time: datetime | None = None
    imprint_algorithm: str = ""
    imprint: bytes = b""
    imprint_ok: Outcome
    value: Outcome
    signer: CertificateFacts | None = None
    certificates: tuple[CertificateFacts, ...] = ()
    policy: str = ""
    serial: int | None = None
    problem: Outcome = OK
    quirks: tuple[str, ...] = ()
