"""From certificates to standing: paths, revocation, listings, looked up in the given trust by key (L3, L24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ecert.crypto.chain import ChainFacts, build_chain
from ecert.crypto.crl import CRLFacts
from ecert.crypto.crl_answers import CRLAnswer
from ecert.crypto.crl_scope import CRLScope
from ecert.crypto.tsp import TimestampFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report import OK, Outcome, failed, unknown
from ecert.trust.status import StatusAnswer
from ecert.trust.store import TrustStore
from ecert.verification.case import (
    ListingCase,
    RevocationCase,
    SignerCase,
    StatusCase,
    TimestampCase,
)
from ecert.verification.tolerance import strange

__all__ = ["Relating", "status_case"]

_SIGNING = frozenset({"digital_signature", "non_repudiation"})
RSA_BITS = 2048
"""Shortest RSA modulus to rest on (GB/T 20518, NIST SP 800-131A)."""
_COMPROMISE = frozenset({"key_compromise", "ca_compromise", "aa_compromise"})


@dataclass(slots=True)
class Relating:
    """Relates certificates of one file to one trust store; remembers nothing between files."""

    trust: TrustStore
    limits: Limits
    file_crls: tuple[CRLFacts, ...] = ()
    _signers: dict[str, SignerCase] = field(default_factory=dict)

    def with_file_crls(self, ders: Iterable[bytes]) -> None:
        """Add revocation lists found inside the file: they may condemn, and clear only when fresh (L17).

        Those beyond the bounds of one signature are left out, as the presenter could have done: each
        list costs a signature check for every certificate of its issuer.
        """
        found: list[CRLFacts] = []
        left = self.limits.signature_bytes
        for der in dict.fromkeys(ders):
            left -= len(der)
            if left < 0 or len(found) >= self.limits.certificates:
                break
            try:
                found.append(CRLFacts.parse(der, self.limits))
            except MalformedInput:
                continue  # unreadable evidence of the presenter counts as no evidence
        self.file_crls = tuple(found)

    def signer(self, certificate: CertificateFacts, pool: Sequence[CertificateFacts]) -> SignerCase:
        """Return everything the trust knows of a signer's certificate."""
        known = self._signers.get(certificate.sha256)
        if known is not None:
            return known
        chain = build_chain(certificate, pool=pool, anchors=self.trust.anchors, limits=self.limits)
        path = chain.path or (certificate,)
        listings = self._listings(certificate)
        case = SignerCase(
            name=listings[0].name if listings else _display(certificate),
            cert_sha256=certificate.sha256,
            not_before=max(c.not_before for c in path),
            not_after=min(c.not_after for c in path),
            usage=_usage(certificate),
            chain=_chain_outcome(chain),
            revocation=self._revocations(chain, pool),
            listings=listings,
        )
        self._signers[certificate.sha256] = case
        return case

    def _listings(self, certificate: CertificateFacts) -> tuple[ListingCase, ...]:
        known = self.trust.issuer_list
        if known is None:
            return ()
        return tuple(
            ListingCase(
                authority=x.authority,
                name=x.name,
                kind=x.kind,
                territory=x.territory,
                types=x.certificate_types,
                states=x.windows,
                signed=self.trust.signed,
                direct_trust=x.direct_trust,
                issued_at=known.issued_at,
                next_update=known.next_update,
            )
            for x in self.trust.listings(certificate.spki_sha256)
        )

    def _revocations(
        self, chain: ChainFacts, pool: Sequence[CertificateFacts]
    ) -> tuple[tuple[RevocationCase, ...], ...]:
        """Return the answers for each certificate below the anchor; an anchor needs none."""
        scope = CRLScope(
            crls=(*self.trust.crls, *self.file_crls), pool=tuple(pool), limits=self.limits
        )
        if len(chain.path) == 1:
            return (self._answers(scope, chain.path[0], chain.path),)
        return tuple(
            self._answers(scope, child, chain.path[place:])
            for place, child in enumerate(chain.path[:-1], start=1)
        ) or ((),)

    def _answers(
        self, scope: CRLScope, certificate: CertificateFacts, above: tuple[CertificateFacts, ...]
    ) -> tuple[RevocationCase, ...]:
        given = frozenset(self.trust.crls)
        return tuple(
            _revocation(answer, "given" if given.issuperset(answer.lists) else "file")
            for answer in scope.answers(certificate, above)
        )

    def timestamp(self, token: TimestampFacts, *, at: datetime) -> TimestampCase:
        """Return a token with its standing: chain, TSA listing in service, revocation (L11, L15)."""
        arithmetic = next(
            (o for o in (token.imprint_ok, token.value, token.problem) if o.ok is not True), OK
        )
        if token.signer is None or token.gen_time is None:
            return TimestampCase(
                gen_time=token.gen_time, arithmetic=arithmetic, trusted=unknown("tsp.untrusted")
            )
        who = self.signer(token.signer, token.certificates)
        listed = any(
            x.kind == "TSA" and x.state_at(token.gen_time) == "granted" for x in who.listings
        )
        in_time = who.not_before <= token.gen_time <= who.not_after
        clear = all(_clears(answers, token.gen_time, at) for answers in who.revocation)
        good = listed and in_time and clear and who.chain.ok is True and not strange(token.quirks)
        return TimestampCase(
            gen_time=token.gen_time,
            arithmetic=arithmetic,
            trusted=OK if good else unknown("tsp.untrusted"),
        )


def _clears(answers: tuple[RevocationCase, ...], gen_time: datetime, at: datetime) -> bool:
    """L15, L17: none says revoked, and one is newer than the token or still in force when judged."""
    if any(a.says == "revoked" for a in answers):
        return False
    return any(
        a.this_update >= gen_time
        or (a.next_update is not None and a.this_update <= at <= a.next_update)
        for a in answers
    )


def status_case(answer: StatusAnswer) -> StatusCase:
    """Return a status answer as the judge reads it."""
    entry = answer.entry
    return StatusCase(
        answer=answer.answer,
        state=entry.state if entry else "",
        since=entry.since if entry else None,
        successor=entry.successor if entry else None,
        cascade=entry.cascade if entry else "none",
        issued_at=answer.issued_at,
        next_update=answer.next_update,
    )


def _display(certificate: CertificateFacts) -> str:
    return certificate.common_name or certificate.organization or certificate.subject


def _chain_outcome(chain: ChainFacts) -> Outcome:
    """L22: a path that rests on a weak or odd signature is not known to be good."""
    weak = [
        f"rsa-{c.public_key.key_bits}"
        for c in chain.path
        if c.public_key is not None
        and c.public_key.kind == "rsa"
        and c.public_key.key_bits < RSA_BITS
    ]
    odd = (*strange(chain.quirks), *weak)
    if chain.problem.ok is True and odd:
        return unknown("signer.chain_quirk", quirks=", ".join(odd))
    return chain.problem


def _usage(certificate: CertificateFacts) -> Outcome:
    """L3: an encryption-only certificate never signs; absent keyUsage forbids nothing."""
    if certificate.is_ca:
        return failed("signer.usage")
    usage = certificate.key_usage
    if usage is not None and not (usage & _SIGNING):
        return failed("signer.usage")
    if certificate.unknown_critical:
        return unknown("signer.critical_extension", oid=certificate.unknown_critical[0])
    return OK


def _revocation(answer: CRLAnswer, origin: Literal["given", "file"]) -> RevocationCase:
    return RevocationCase(
        origin=origin,
        says=answer.says,
        this_update=answer.this_update,
        next_update=answer.next_update,
        revoked_at=answer.revoked_at,
        compromise=answer.reason in _COMPROMISE,
        invalidity_date=answer.invalidity_date,
    )
