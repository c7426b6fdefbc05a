"""Certificate paths by key identifier and signature, never by name alone (never-accept.md L3).

Each path found is judged by ``path_validation`` (RFC 5280 6.1); the best one wins. Revocation is
judged elsewhere, and so are dates unless an instant is given; of several paths that hold, the one
that covers the asked moments is taken. Bounded by ``Limits.chain_attempts``
signature checks and ``Limits.path_rules`` steps of rules, and a pure function of its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ecert.crypto.dsa import DSAKey, IssuerKey, check_inherited, check_issued, issuer_key
from ecert.crypto.keys import SignatureCheck
from ecert.crypto.names import folded
from ecert.crypto.path_validation import PathRules, PathValidator, rank
from ecert.crypto.policies import Effort
from ecert.crypto.x509 import CertificateFacts
from ecert.limits import Limits
from ecert.report.outcome import Outcome, failed, unknown

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
    rules: PathRules | None = None,
    at: datetime | None = None,
) -> ChainFacts:
    """Find a path from ``leaf`` to an anchor; the leaf itself is one only where it is listed.

    Args:
        leaf: the certificate asked about.
        pool: certificates that may stand between.
        anchors: certificates trusted without more.
        limits: bounds.
        rules: what the relying side asks for; by default nothing.
        at: instant at which every certificate must be valid; None leaves dates to the caller.

    """
    bounds = limits or Limits()
    validator = PathValidator(rules or PathRules(), at, Effort(bounds.path_rules))
    return _Search(tuple(pool), tuple(anchors), bounds, validator).run(leaf)


@dataclass(slots=True)
class _Search:
    pool: tuple[CertificateFacts, ...]
    anchors: tuple[CertificateFacts, ...]
    limits: Limits
    validator: PathValidator
    attempts: int = 0
    best: ChainFacts | None = None
    score: tuple[int, ...] = ()
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
        """Go on from the end of ``path``; True when no better path can be found."""
        last = path[-1]
        if last in self.anchors:
            return self._arrive(path, quirks)
        if len(path) >= self.limits.chain_length:
            self.exhausted.append("chain_length")
            return False
        for issuer in self._candidates(last):
            key = issuer_key(issuer, None)
            if key is None or any(_same_entity(issuer, seen) for seen in path):
                continue
            if self.attempts >= self.limits.chain_attempts:
                self.exhausted.append("chain_attempts")
                return False
            self.attempts += 1
            check = _check(last, key)
            if not check.ok:
                if last.aki is not None and last.aki == issuer.ski:
                    self.refused = self.refused or last
                continue
            if self._extend((*path, issuer), (*quirks, *check.quirks)):
                return True
        return False

    def _arrive(self, path: tuple[CertificateFacts, ...], quirks: tuple[str, ...]) -> bool:
        """Judge a path that reached an anchor, and keep it where it is the best so far."""
        inherited = check_inherited(path)
        if inherited is None:
            return False
        problem = self.validator.judge(path)
        covers = self.validator.covers(path)
        score = (rank(problem), *covers)
        if score > self.score:
            self.score = score
            self.best = ChainFacts(
                path=path,
                anchor=path[-1],
                problem=problem,
                quirks=_path_quirks(path, (*quirks, *inherited)),
            )
        return problem.ok is True and all(covers)

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


def _check(child: CertificateFacts, key: IssuerKey) -> SignatureCheck:
    """Check one signature; with parameters still to be inherited, when the path stands."""
    if isinstance(key, DSAKey) and key.parameters is None:
        return SignatureCheck(ok=True, quirks=("signature.dsa",))
    return check_issued(child, key)


def _path_quirks(path: tuple[CertificateFacts, ...], quirks: tuple[str, ...]) -> tuple[str, ...]:
    named = {quirk for certificate in path for quirk in certificate.quirks}
    return tuple(sorted(named | set(quirks)))
