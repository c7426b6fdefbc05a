"""Which answers revocation lists give for one certificate (RFC 5280 6.3.3), without a clock.

A list counts where it is signed by the certificate's issuer, or by a key that a certificate found by
key identifier and signature holds, which may sign lists, has its own path to the same anchor, is
certified by an authority of this certificate's path, and is not revoked itself (L3). Steps: (1) who
speaks: the issuer, or whom the certificate names as cRLIssuer; (2) the signature; (3) entries of this
certificate condemn, unless they only hold it and a delta list of the same series lifts that; (4)
silence clears only where the scope (distribution points, kind of certificate) fits, nothing critical
is unknown, and the reasons of all lists taken together are all reasons. No answer is no answer:
unknown (L15).

For one file::

    scope = CRLScope(crls=(*trust.crls, *file_crls), pool=pool, limits=limits)
    answers = scope.answers(certificate, path[1:])   # path as of build_chain, leaf first

``answers`` has every answer with its dates; the judge weighs freshness (L17). ``lists`` of an answer
tells which lists it rests on, so an answer is of the given trust only if all of them are. Signatures
by the authorities on the path are always checked; those by others are counted, and where the limit
is reached nothing clears: a presenter's flood of lists and signers hides no entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ecert.crypto import x509
from ecert.crypto.chain import ChainFacts, build_chain
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.crl_answers import CRLAnswer, Standing, earlier, goods, revoked, with_delta
from ecert.crypto.crl_points import ALL_REASONS, DistributionPoint, points_of
from ecert.crypto.dsa import IssuerKey, issuer_key
from ecert.crypto.general_names import GeneralName, directory
from ecert.crypto.publickey import TOLERATED_QUIRKS, SignatureCheck
from ecert.crypto.sm2.engine import current_engine
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.memo import Memo

__all__ = ["CRLScope"]

_POINTS = "2.5.29.31"
_HOLD = "certificate_hold"
_RSA_BITS = 2048  # GB/T 20518, NIST SP 800-131A; those on the path itself are judged with it
_WEIGHT = 1024
_ANSWERS: Memo[tuple[CRLAnswer, ...]] = Memo(entries=1024, size=32 * 1024 * 1024)
"""Answers by the lists, certificates and bounds they rest on, all by digest, and the engine that checked."""
_FINE = TOLERATED_QUIRKS | x509.TOLERATED_QUIRKS | x509.NAMING_QUIRKS


@dataclass(slots=True, kw_only=True)
class CRLScope:
    """Lists and certificates of one file and its trust; remembers checks, for that file alone.

    Args:
        crls: lists.
        pool: certificates that may have signed lists, and those between them and an anchor.
        limits: bounds.
        tolerated: further quirks of a list's signature that may clear; for tests of old material.

    """

    crls: tuple[CRLFacts, ...]
    pool: tuple[CertificateFacts, ...] = ()
    limits: Limits = field(default_factory=Limits)
    tolerated: frozenset[str] = frozenset()
    checks: int = 0
    """Steps taken beside the path: signers of lists tried, and certificates asked about."""
    exhausted: bool = False
    _signed: dict[tuple[str, str, IssuerKey], SignatureCheck] = field(default_factory=dict)
    _chains: dict[tuple[str, str], ChainFacts] = field(default_factory=dict)
    _names: dict[bytes, GeneralName] = field(default_factory=dict)

    def answers(
        self, certificate: CertificateFacts, above: Sequence[CertificateFacts]
    ) -> tuple[CRLAnswer, ...]:
        """Return every answer for a certificate whose path continues with ``above``, anchor last.

        Remembered where nothing was counted before and nothing in finding it: then it rests on its
        arguments alone. No time is among them.
        """
        if not self._fresh():
            return self._found(certificate, tuple(above))
        engine = current_engine()
        key = (
            *(tuple([one.sha256 for one in some]) for some in (self.crls, self.pool, above)),
            *(certificate.sha256, self.limits, self.tolerated, engine.name, engine.version),
        )
        found = _ANSWERS.get(key)
        if found is None:
            found = self._found(certificate, tuple(above))
            if self._fresh():
                _ANSWERS.put(key, found, _WEIGHT + sum(len(crl.der) for crl in self.crls))
        return found

    def _fresh(self) -> bool:
        """Whether nothing was counted so far."""
        return not self.checks and not self.exhausted

    def _found(
        self, certificate: CertificateFacts, above: tuple[CertificateFacts, ...]
    ) -> tuple[CRLAnswer, ...]:
        found = self._answers(certificate, above, frozenset())
        return tuple(a for a in found if a.says == "revoked") if self.exhausted else found

    def _answers(
        self,
        certificate: CertificateFacts,
        above: tuple[CertificateFacts, ...],
        asking: frozenset[str],
    ) -> tuple[CRLAnswer, ...]:
        if not above or certificate.sha256 in asking or (asking and not self._spend()):
            return ()
        lists = list(self._standings(certificate, above, asking | {certificate.sha256}))
        deltas = [s for s in lists if s.crl.delta_base is not None]
        bad: list[CRLAnswer] = []
        good: list[Standing] = []
        for standing in lists:
            entries = _entries(standing.crl, certificate)
            mine = [d for d in deltas if _updates(d, standing) and not _entries(d.crl, certificate)]
            if entries:  # a hold, and nothing else, is lifted
                held = all(entry.reason == _HOLD for entry in entries)
                mine = [d for d in mine if held and _lifts(d.crl, certificate)]
            if entries and not mine:
                bad.append(revoked(standing, min(entries, key=lambda e: e.revoked_at)))
            elif standing.clears and standing.reasons and standing.crl.delta_base is None:
                good += [] if entries else [standing]
                good += [with_delta(standing, d) for d in mine]
        return (*bad, *goods(good))

    # (1) who speaks

    def _standings(
        self,
        certificate: CertificateFacts,
        above: tuple[CertificateFacts, ...],
        asking: frozenset[str],
    ) -> Iterator[Standing]:
        """Yield the lists that speak of a certificate, by its issuer or whom it names."""
        own = self._name(certificate.issuer_der)
        try:
            points = points_of(certificate.extensions.values.get(_POINTS), own)
        except MalformedInput:
            points = ()  # nothing fits a place that cannot be read; the issuer's entries condemn
        for crl in self.crls:
            name = self._name(crl.issuer_der)
            indirect = crl.point is not None and crl.point.indirect
            named = indirect and any(name in point.issuers for point in points)
            if not named and name != own:
                continue
            if crl.point is not None and crl.point.only == "attribute":
                continue  # other serial numbers: those of attribute certificates
            standing = self._standing(crl, certificate, above, asking)
            if standing is not None:
                reasons = _reasons(crl, name, certificate=certificate, points=points, own=own)
                yield replace(standing, reasons=reasons)

    def _name(self, encoded: bytes) -> GeneralName:
        if encoded not in self._names:
            self._names[encoded] = directory(encoded)
        return self._names[encoded]

    # (2) the signature

    def _standing(
        self,
        crl: CRLFacts,
        certificate: CertificateFacts,
        above: tuple[CertificateFacts, ...],
        asking: frozenset[str],
    ) -> Standing | None:
        """Return a list's standing by the best of its possible signers, or None."""
        clears = not crl.unknown_critical and not crl.entries_doubtful
        best = None
        for signer, key, on_path in self._signers(crl, above):
            if not on_path and not self._spend():
                break
            check = self._check(crl, signer, key)
            if not check.ok:
                continue
            strange = set(check.quirks) - TOLERATED_QUIRKS - self.tolerated
            known = Standing(
                crl=crl,
                key=key,
                since=crl.this_update,
                until=crl.next_update,
                clears=clears and not strange,
            )
            if on_path:
                return known
            found = self._judged(known, signer, certificate=certificate, above=above, asking=asking)
            if found is not None and (best is None or found.clears > best.clears):
                best = found
        return best

    def _signers(
        self, crl: CRLFacts, above: tuple[CertificateFacts, ...]
    ) -> Iterator[tuple[CertificateFacts, IssuerKey, bool]]:
        """Yield who may have signed a list: its name, key identifier and usage fit (L3)."""
        name = self._name(crl.issuer_der)
        for place, certificate in enumerate((*above, *self.pool)):
            on_path = place < len(above)
            usage = certificate.key_usage
            if (
                (usage is not None and "crl_sign" not in usage)
                or (crl.aki and certificate.ski and crl.aki != certificate.ski)
                or self._name(certificate.subject_der) != name
                or (not on_path and certificate in above)
            ):
                continue
            key: IssuerKey | None = None
            for one in reversed(above[place:]) if on_path else (certificate,):
                key = issuer_key(one, key)
            if key is not None:
                yield certificate, key, on_path

    def _check(self, crl: CRLFacts, signer: CertificateFacts, key: IssuerKey) -> SignatureCheck:
        place = (crl.sha256, signer.sha256, key)
        if place not in self._signed:
            self._signed[place] = crl.is_signed_by(key)
        return self._signed[place]

    def _spend(self) -> bool:
        """Count one step; False when there are no more."""
        self.exhausted = self.exhausted or self.checks >= self.limits.crl_checks
        self.checks += not self.exhausted
        return not self.exhausted

    def _chain(self, signer: CertificateFacts, anchor: CertificateFacts) -> ChainFacts:
        place = (signer.sha256, anchor.sha256)
        if place not in self._chains:
            self._chains[place] = build_chain(
                signer, pool=self.pool, anchors=(anchor,), limits=self.limits
            )
        return self._chains[place]

    def _judged(
        self,
        known: Standing,
        signer: CertificateFacts,
        *,
        certificate: CertificateFacts,
        above: tuple[CertificateFacts, ...],
        asking: frozenset[str],
    ) -> Standing | None:
        """Return what the standing of a signer beside the path leaves of its list, None for nothing."""
        if signer == certificate:
            # It clears itself only where its issuer signed that it shall (cRLIssuer in it).
            own = self._name(known.crl.issuer_der) == self._name(certificate.issuer_der)
            return replace(known, clears=known.clears and not own)
        chain = self._chain(signer, above[-1])
        if chain.problem.ok is not True or not _same_house(chain.path, above):
            return None
        fine = not set(chain.quirks) - _FINE - self.tolerated and not any(map(_short, chain.path))
        found = replace(known, clears=known.clears and fine)
        for place, link in enumerate(chain.path[:-1]):
            if link in above:
                continue  # judged with the path itself
            answers = self._answers(link, chain.path[place + 1 :], asking)
            if any(answer.says == "revoked" for answer in answers):
                return None
            newest = max(answers, key=lambda answer: answer.this_update, default=None)
            if newest is None or known.crl.this_update < link.not_before:
                return replace(found, clears=False)
            found = replace(
                found,
                since=min(found.since, newest.this_update),
                until=earlier(earlier(found.until, newest.next_update), link.not_after),
                support=(*found.support, *newest.lists),
            )
        return found


def _reasons(
    crl: CRLFacts,
    name: GeneralName,
    *,
    certificate: CertificateFacts,
    points: tuple[DistributionPoint, ...],
    own: GeneralName,
) -> int:
    """(4) Return the reasons that a list answers for a certificate, 0 outside its scope (6.3.3 b, d)."""
    scope = crl.point
    if scope is not None and scope.only == ("user" if certificate.is_ca else "ca"):
        return 0
    mask = 0
    for point in points:
        if point.issuers:
            if scope is None or not scope.indirect or name not in point.issuers:
                continue
        elif name != own:
            continue
        place = point.issuers if point.names is None else point.names
        if scope is not None and scope.names is not None and not scope.names & place:
            continue
        mask |= point.reasons & (ALL_REASONS if scope is None else scope.reasons)
    return mask


def _same_house(path: Sequence[CertificateFacts], above: Sequence[CertificateFacts]) -> bool:
    """Whether the signer of a list is certified by an authority of the certificate's own path.

    Narrower than RFC 5280 6.3.3 f (any path to the same anchor), under which every authority below an
    anchor could certify a namesake of every other one and clear its certificates (L3).
    """
    parent = path[1] if len(path) > 1 else path[0]
    return any(parent.spki == one.spki and parent.subject_der == one.subject_der for one in above)


def _short(certificate: CertificateFacts) -> bool:
    key = certificate.public_key
    return key is not None and key.kind == "rsa" and key.key_bits < _RSA_BITS


def _updates(delta: Standing, base: Standing) -> bool:
    """Whether a delta list brings another list of its series up to date (RFC 5280 5.2.4)."""
    new, old = delta.crl, base.crl
    return (
        delta.clears
        and delta.key == base.key
        and new.delta_base is not None
        and new.number is not None
        and old.number is not None
        and new.delta_base <= old.number < new.number
        and directory(new.issuer_der) == directory(old.issuer_der)
        and new.point_der == old.point_der
    )


def _entries(crl: CRLFacts, certificate: CertificateFacts) -> tuple[RevokedEntry, ...]:
    return crl.revoking(certificate.serial, issuer_der=certificate.issuer_der)


def _lifts(delta: CRLFacts, certificate: CertificateFacts) -> bool:
    return delta.lifts(certificate.serial, issuer_der=certificate.issuer_der)
