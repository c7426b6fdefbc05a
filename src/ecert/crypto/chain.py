"""Certificate paths by key identifier and signature, never by name alone (never-accept.md L3).

Checks the CA flag, keyCertSign, path length and critical extensions (RFC 5280 6.1 without dates,
policies and revocation, which are judged elsewhere). A path under constraints that are not
processed here is unknown, never good. Bounded by ``Limits.chain_attempts`` signature checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ecert.crypto.names import folded
from ecert.crypto.x509 import CertificateFacts, is_signed_by
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["ChainFacts", "build_chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """The best path found, leaf first, anchor last.

    Args:
        path: empty where no anchor was reached.
        anchor: last of ``path``.
        problem: OK, or what stands against the path.
        quirks: names of oddities of the certificates and signatures on the path.

    """

    path: tuple[CertificateFacts, ...] = ()
    anchor: CertificateFacts | None = None
    problem: Outcome
    quirks: tuple[str, ...] = ()


def build_chain(
    leaf: CertificateFacts,
    *,
    pool: Sequence[CertificateFacts],
    anchors: Sequence[CertificateFacts],
    limits: Limits | None = None,
) -> ChainFacts:
    """Find a path from ``leaf`` to an anchor; the leaf itself is one only where it is listed."""
    return _Search(tuple(pool), tuple(anchors), limits or Limits()).run(leaf)


@dataclass(slots=True)
class _Search:
    pool: tuple[CertificateFacts, ...]
    anchors: tuple[CertificateFacts, ...]
    limits: Limits
    attempts: int = 0
    best: ChainFacts | None = None
    refused: CertificateFacts | None = None
    exhausted: list[str] = field(default_factory=list)
    names: dict[bytes, object] = field(default_factory=dict)

    def run(self, leaf: CertificateFacts) -> ChainFacts:
        self._extend((leaf,), ())
        if self.best is not None:
            return self.best
        if self.exhausted:
            return ChainFacts(problem=unknown("signer.chain_limit", limit=self.exhausted[0]))
        if self.refused is not None:
            return ChainFacts(
                problem=failed("signer.chain_signature", subject=self.refused.subject)
            )
        return ChainFacts(problem=unknown("signer.chain_unknown", issuer=leaf.issuer))

    def _extend(self, path: tuple[CertificateFacts, ...], quirks: tuple[str, ...]) -> bool:
        """Go on from the end of ``path``; True when a good path stands and the search can stop."""
        last = path[-1]
        if last in self.anchors:
            problem = _judge(path)
            facts = ChainFacts(
                path=path, anchor=last, problem=problem, quirks=_path_quirks(path, quirks)
            )
            if self.best is None or _rank(problem) > _rank(self.best.problem):
                self.best = facts
            return problem.ok is True
        if len(path) >= self.limits.chain_length:
            self.exhausted.append("chain_length")
            return False
        for issuer in self._candidates(last):
            if any(_same_entity(issuer, seen) for seen in path) or issuer.public_key is None:
                continue
            if self.attempts >= self.limits.chain_attempts:
                self.exhausted.append("chain_attempts")
                return False
            self.attempts += 1
            check = is_signed_by(last, issuer.public_key)
            if not check.ok:
                if last.aki is not None and last.aki == issuer.ski:
                    self.refused = self.refused or last
                continue
            if self._extend((*path, issuer), (*quirks, *check.quirks)):
                return True
        return False

    def _candidates(self, child: CertificateFacts) -> Iterator[CertificateFacts]:
        """Issuers worth a signature check, the likeliest first: key identifier, then anchors."""
        seen: set[bytes] = set()
        found = []
        for issuer in (*self.anchors, *self.pool):
            known = child.aki is not None and issuer.ski is not None
            if issuer.der in seen or (known and child.aki != issuer.ski):
                continue
            seen.add(issuer.der)
            if self._name(issuer.subject_der) != self._name(child.issuer_der):
                continue
            found.append((0 if known else 1, issuer))
        found.sort(key=lambda pair: pair[0])
        return (issuer for _, issuer in found)

    def _name(self, encoded: bytes) -> object:
        """Fold a name once for a whole search, however often it is compared."""
        if encoded not in self.names:
            self.names[encoded] = folded(encoded)
        return self.names[encoded]


def _same_entity(one: CertificateFacts, other: CertificateFacts) -> bool:
    """Tell the same name and key: meeting it again is a loop (RFC 4158 5.2)."""
    return one.spki == other.spki and one.subject_der == other.subject_der


def _judge(path: tuple[CertificateFacts, ...]) -> Outcome:
    """Apply what does not depend on time to a path whose signatures hold."""
    below = 0
    worst = OK
    for place, certificate in enumerate(path):
        if place:
            problem = _issuer_problem(certificate, below)
            below += not certificate.self_issued
        else:
            problem = _critical_problem(certificate)
        if _rank(problem) < _rank(worst):
            worst = problem
    return worst


def _issuer_problem(certificate: CertificateFacts, below: int) -> Outcome:
    if not certificate.is_ca:
        return failed("signer.chain_not_ca", subject=certificate.subject)
    usage = certificate.key_usage
    if usage is not None and "key_cert_sign" not in usage:
        return failed("signer.chain_usage", subject=certificate.subject)
    if certificate.path_length is not None and below > certificate.path_length:
        return failed(
            "signer.chain_path_length", subject=certificate.subject, limit=certificate.path_length
        )
    if certificate.extensions.constraints:
        return unknown("signer.chain_unsupported", oid=certificate.extensions.constraints[0])
    return _critical_problem(certificate)


def _critical_problem(certificate: CertificateFacts) -> Outcome:
    if certificate.unknown_critical:
        return unknown("signer.chain_unsupported", oid=certificate.unknown_critical[0])
    return OK


def _rank(problem: Outcome) -> int:
    return {False: 0, None: 1, True: 2}[problem.ok]


def _path_quirks(path: tuple[CertificateFacts, ...], quirks: tuple[str, ...]) -> tuple[str, ...]:
    named = {quirk for certificate in path for quirk in certificate.quirks}
    return tuple(sorted(named | set(quirks)))
