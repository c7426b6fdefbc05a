"""From certificates to standing: paths, revocation, listings, looked up in the given trust by key (L3, L24)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ecert.crypto.chain import ChainFacts, build_chain
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.crl_answers import CRLAnswer
from ecert.crypto.crl_scope import CRLScope
from ecert.crypto.evidence import Evidence
from ecert.crypto.ocsp import OCSPFacts, SingleResponse
from ecert.crypto.path_validation import PathRules
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
from ecert.verification.responding import COMPROMISE, Response, respond
from ecert.verification.resting import rests_on
from ecert.verification.tolerance import strange

__all__ = ["Relating", "status_case"]

_SIGNING = frozenset({"digital_signature", "non_repudiation"})
RSA_BITS = 2048
"""Shortest RSA modulus to rest on (GB/T 20518, NIST SP 800-131A)."""


@dataclass(slots=True)
class Relating:
    """Relates certificates of one file to one trust store; remembers nothing between files.

    Args:
        at: the judged instant, for what was published by then; None asks for all there is.
    """

    trust: TrustStore
    limits: Limits
    at: datetime | None = None
    file_crls: tuple[CRLFacts, ...] = ()
    file_responses: tuple[Response, ...] = ()
    file_certificates: tuple[CertificateFacts, ...] = ()
    _signers: dict[tuple[str, tuple[datetime, ...]], SignerCase] = field(default_factory=dict)

    def with_evidence(self, found: Iterable[Evidence]) -> None:
        """Add what travels in the file: it may condemn, and clears only when fresh or newer (L17).

        Certificates only help to build paths; none becomes an anchor.
        """
        items = tuple(found)
        self.with_file_crls(e.der for e in items if e.kind == "crl")
        read: dict[bytes, Response] = {}
        certificates: list[CertificateFacts] = []
        for item in _bounded((e for e in items if e.kind == "certificate"), self.limits):
            with suppress(MalformedInput):
                certificates.append(CertificateFacts.parse(item.der, self.limits))
        for item in _bounded((e for e in items if e.kind == "ocsp"), self.limits):
            with suppress(MalformedInput):  # unreadable evidence counts as no evidence
                facts = OCSPFacts.parse(item.der, self.limits)
                known = read[facts.der].stamped_by if facts.der in read else ()
                read[facts.der] = Response(facts, "file", (*known, *item.covered_by))
        self.file_responses = tuple(read.values())
        self.file_certificates = tuple(dict.fromkeys(certificates))

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

    def signer(
        self,
        certificate: CertificateFacts,
        pool: Sequence[CertificateFacts],
        *,
        times: tuple[datetime, ...] = (),
    ) -> SignerCase:
        """Return everything the trust knows of a signer's certificate.

        Of several paths the one is taken that covers the times of signing, then the judged instant.
        """
        moments = (*times, self.at) if self.at is not None else times
        place = (certificate.sha256, moments)
        known = self._signers.get(place)
        if known is not None:
            return known
        pool = (*pool, *self.file_certificates)
        listings = self._listings(certificate)
        chain = build_chain(
            certificate,
            pool=pool,
            anchors=self.trust.anchors_for(x.territory for x in listings),
            limits=self.limits,
            rules=PathRules(moments=moments),
        )
        path = chain.path or (certificate,)
        case = SignerCase(
            name=listings[0].name if listings else _display(certificate),
            cert_sha256=certificate.sha256,
            not_before=max(c.not_before for c in path),
            not_after=min(c.not_after for c in path),
            usage=_usage(certificate),
            chain=_chain_outcome(chain),
            revocation=self._revocations(certificate, chain, pool),
            listings=listings,
            algorithms=rests_on(path),
        )
        self._signers[place] = case
        return case

    def _listings(self, certificate: CertificateFacts) -> tuple[ListingCase, ...]:
        return tuple(
            ListingCase(
                authority=x.authority,
                name=x.name,
                kind=x.kind,
                territory=x.territory,
                types=x.certificate_types,
                states=x.windows,
                signed=self.trust.signed and known.is_evidence(self.at),
                direct_trust=x.direct_trust,
                issued_at=known.issued_at,
                next_update=known.next_update,
                assurance=x.assurance,
                key=x.spki_sha256,
            )
            for known, x in self.trust.listings(certificate.spki_sha256)
        )

    def _revocations(
        self, certificate: CertificateFacts, chain: ChainFacts, pool: Sequence[CertificateFacts]
    ) -> tuple[tuple[RevocationCase, ...], ...]:
        """Return the answers for each certificate below the anchor; an anchor needs none."""
        scope = CRLScope(
            crls=(*self.trust.crls, *self.file_crls), pool=tuple(pool), limits=self.limits
        )
        if not chain.path:
            return (tuple(_unplaced(self.trust, certificate)),)
        if len(chain.path) == 1:
            return (self._answers(scope, chain.path[0], chain.path),)
        return tuple(
            self._answers(scope, child, chain.path[place:])
            for place, child in enumerate(chain.path[:-1], start=1)
        )

    def _answers(
        self, scope: CRLScope, certificate: CertificateFacts, above: tuple[CertificateFacts, ...]
    ) -> tuple[RevocationCase, ...]:
        found = self._lists(scope, certificate, above)
        given = (Response(facts, "given") for facts in self.trust.ocsps)
        for response in (*given, *self.file_responses):
            found += respond(
                response,
                certificate,
                above[0],
                pool=scope.pool,
                about=lambda delegate: self._lists(scope, delegate, above),
            )
        if not any(answer.origin == "given" for answer in found):
            found += tuple(_unplaced(self.trust, certificate))
        return found

    def _lists(
        self, scope: CRLScope, certificate: CertificateFacts, above: tuple[CertificateFacts, ...]
    ) -> tuple[RevocationCase, ...]:
        """Return the answers of lists; one made after a certificate ended may have dropped it.

        RFC 5280 3.3: an entry may go once the certificate has ended, so silence says nothing then.
        """
        given = frozenset(self.trust.crls)
        return tuple(
            _revocation(answer, "given" if given.issuperset(answer.lists) else "file")
            for answer in scope.answers(certificate, above)
            if answer.says == "revoked" or answer.this_update <= certificate.not_after
        )

    def timestamp(self, token: TimestampFacts) -> TimestampCase:
        """Return a token with the standing of its maker; what depends on time is judged later."""
        arithmetic = next(
            (o for o in (token.imprint_ok, token.value, token.problem) if o.ok is not True), OK
        )
        if token.signer is None or token.gen_time is None:
            return TimestampCase(
                gen_time=token.gen_time, arithmetic=arithmetic, trusted=unknown("tsp.untrusted")
            )
        who = self.signer(token.signer, token.certificates, times=(token.gen_time,))
        return TimestampCase(
            gen_time=token.gen_time,
            latest=token.gen_time + token.accuracy if token.accuracy else None,
            arithmetic=arithmetic,
            trusted=_stamper(who, token),
            signer=who,
            algorithms=(token.imprint_algorithm, *token.algorithms),
        )


def _stamper(who: SignerCase, token: TimestampFacts) -> Outcome:
    """L15: listed as a time stamper, its path in the given trust, nothing weak or odd (L22)."""
    odd = strange(token.quirks)
    if odd:
        return unknown("tsp.quirk", quirks=", ".join(odd))
    if not any(x.kind == "TSA" for x in who.listings):
        return unknown("tsp.untrusted")
    if who.usage.ok is not True:
        return unknown("tsp.maker_usage", name=who.name)
    return OK if who.chain.ok is True else unknown("tsp.chain", cause=who.chain.code)


def _bounded(items: Iterable[Evidence], limits: Limits) -> Iterator[Evidence]:
    """Yield evidence of one kind within the bounds of one signature; each piece costs checks."""
    left, count = limits.signature_bytes, 0
    for item in items:
        left, count = left - len(item.der), count + 1
        if left < 0 or count > limits.certificates:
            return
        yield item


def status_case(answer: StatusAnswer) -> StatusCase:
    """Return a status answer as the judge reads it."""
    entry = answer.entry
    return StatusCase(
        answer=answer.answer,
        state=entry.state if entry else "",
        since=entry.since if entry else None,
        successor=entry.successor if entry else None,
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


def _unplaced(trust: TrustStore, certificate: CertificateFacts) -> Iterator[RevocationCase]:
    """Yield what the given evidence holds against a certificate, its own signature left unchecked.

    For a certificate without a path, or of which no given evidence that could be checked speaks: a
    presenter leaves out the authority between, or the delegate that signed the list. What the operator
    was given still condemns then, and clears nothing (L17). Names and numbers decide, for a list may be
    signed with another key than the certificate.
    """
    for crl in trust.crls:
        for entry in crl.revoking(certificate.serial, issuer_der=certificate.issuer_der):
            yield _condemning(entry, crl)
    for response in trust.ocsps:
        for one in response.responses:
            if one.says == "revoked" and one.names(certificate):
                yield _condemning(one, one)


def _condemning(
    entry: RevokedEntry | SingleResponse, dates: CRLFacts | SingleResponse
) -> RevocationCase:
    return RevocationCase(
        origin="given",
        says="revoked",
        this_update=dates.this_update,
        next_update=dates.next_update,
        revoked_at=entry.revoked_at,
        compromise=entry.reason in COMPROMISE,
        invalidity_date=entry.invalidity_date,
    )


def _revocation(answer: CRLAnswer, origin: Literal["given", "file"]) -> RevocationCase:
    return RevocationCase(
        origin=origin,
        says=answer.says,
        this_update=answer.this_update,
        next_update=answer.next_update,
        revoked_at=answer.revoked_at,
        compromise=answer.reason in COMPROMISE,
        invalidity_date=answer.invalidity_date,
    )
