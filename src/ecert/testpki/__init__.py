"""A small PKI and trust folder for demonstrations and tests; cannot be mistaken for production (L4).

Every subject says TEST ONLY, every trust folder carries the TEST-ONLY marker, no key is ever shipped.
"""

from ecert.testpki.authority import Party, SyntheticPKI
from ecert.testpki.folder import SealEntry, TrustPlan, trust_files, write_trust

__all__ = ["Party", "SealEntry", "SyntheticPKI", "TrustPlan", "trust_files", "write_trust"]
