"""电子证照: issue, seal, verify, recognise and convert electronic certificates.

Twenty-one public names, each loaded on first use: importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "ECID": "ecert.ids",
    "USCC": "ecert.ids",
    "IDNumber": "ecert.ids",
    "Certificate": "ecert.model",
    "Profile": "ecert.model",
    "Seal": "ecert.seals",
    "Signer": "ecert.crypto.signer",
    "TrustStore": "ecert.trust.store",
    "open_trust": "ecert.trust.opening",
    "Policy": "ecert.verification.policy",
    "RecordMapping": "ecert.conversion",
    "issue": "ecert.issuance",
    "verify": "ecert.facade",
    "recognize": "ecert.recognition",
    "convert": "ecert.conversion",
    "Report": "ecert.report",
    "Check": "ecert.report",
    "Verdict": "ecert.report",
    "Reason": "ecert.report",
    "ECertError": "ecert.errors",
    "VerificationError": "ecert.errors",
}

__all__ = [
    "ECID",
    "USCC",
    "Certificate",
    "Check",
    "ECertError",
    "IDNumber",
    "Policy",
    "Profile",
    "Reason",
    "RecordMapping",
    "Report",
    "Seal",
    "Signer",
    "TrustStore",
    "Verdict",
    "VerificationError",
    "__version__",
    "convert",
    "issue",
    "open_trust",
    "recognize",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'ecert' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from ecert.conversion import RecordMapping, convert
    from ecert.crypto.signer import Signer
    from ecert.errors import ECertError, VerificationError
    from ecert.facade import verify
    from ecert.ids import ECID, USCC, IDNumber
    from ecert.issuance import issue
    from ecert.model import Certificate, Profile
    from ecert.recognition import recognize
    from ecert.report import Check, Reason, Report, Verdict
    from ecert.seals import Seal
    from ecert.trust.opening import open_trust
    from ecert.trust.store import TrustStore
    from ecert.verification.policy import Policy
