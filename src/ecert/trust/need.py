"""What a question is about: what selects the parts of a trust bundle that it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Need"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a question is about, so that a bundle reads the roles it needs and no others.

    Empty or None where the file or the question has none; then nothing is asked that would need it.

    Args:
        keys: hex SHA-256 of the SubjectPublicKeyInfo of every certificate in the file.
        issuer_names: issuer Name (DER) of every certificate in the file: whose revocation lists matter.
        issuing: division of the issuing authority. issuer_code: the issuer part of the identifier.
        es_ids: numbers of the seals. relying: division that asks. holder: its credit code.
    """

    keys: frozenset[str] = field(default_factory=frozenset)
    issuer_names: frozenset[bytes] = field(default_factory=frozenset)
    issuing: str | None = None
    issuer_code: str | None = None
    es_ids: frozenset[str] = field(default_factory=frozenset)
    relying: str | None = None
    holder: str | None = None
