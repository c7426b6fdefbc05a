"""Whether a path of certificates holds (RFC 5280 6.1), its signatures being checked already.

Steps, from the anchor down; each names its clause. What cannot be processed is unknown, never good.
The anchor is the operator's choice: its policies are not asked for, its constraints bind (RFC 5937).
Revocation is ``crl_scope``'s, algorithms and key sizes are policy. Nothing of policies or names is
read on a path that carries no constraint and is asked for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ecert.crypto.general_names import GeneralName
from ecert.crypto.name_constraints import (
    NAME_CONSTRAINTS,
    NameConstraints,
    judge_names,
    names_of,
)
from ecert.crypto.policies import ANY_POLICY, Effort, PolicyLevel, PolicyRules
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["ANY_POLICY", "PathRules", "PathValidator", "rank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRules:
    """What the relying side asks of a path (RFC 5280 6.1.1 c, e, f, g); the default is nothing.

    Args:
        moments: instants, the weightiest first, that the path covers if one of several does; an
            authority is often certified again under the same key.
        policies: acceptable policies (user-initial-policy-set).
        explicit_policy: one of them must be valid for the whole path.
        inhibit_mapping: mappings count for nothing.
        inhibit_any: anyPolicy in a certificate stands for no policy.

    """

    moments: tuple[datetime, ...] = ()
    policies: frozenset[str] = frozenset({ANY_POLICY})
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False

    @property
    def silent(self) -> bool:
        """They ask for nothing that a path without constraints could lack."""
        return not self.explicit_policy


def rank(problem: Outcome) -> int:
    """Return how good an outcome is: failed, unknown, good."""
    return {False: 0, None: 1, True: 2}[problem.ok]


@dataclass(slots=True)
class PathValidator:
    """Judges the paths of one search; reads the rules of a certificate once.

    Args:
        rules: what is asked of each path.
        at: instant at which every certificate must be valid, None where dates are judged elsewhere.
        effort: steps left for all paths together.

    """

    rules: PathRules = field(default_factory=PathRules)
    at: datetime | None = None
    effort: Effort = field(default_factory=lambda: Effort(Limits().path_rules))
    _policies: dict[str, PolicyRules] = field(default_factory=dict)
    _constraints: dict[str, NameConstraints | None] = field(default_factory=dict)
    _borne: dict[str, tuple[GeneralName, ...]] = field(default_factory=dict)

    def judge(self, path: Sequence[CertificateFacts]) -> Outcome:
        """Return the first of what weighs most against a path, leaf first and anchor last; or OK."""
        below = 0
        worst = OK
        for place, certificate in enumerate(path):
            problems = [self._dates(certificate), _critical(certificate)]
            if place:
                problems.insert(0, _issuer(certificate, below))
                below += not certificate.self_issued
            worst = min((worst, *problems), key=rank)
        if self.rules.silent and not any(c.extensions.constraints for c in path):
            return worst
        return min((worst, self._ruled(path)), key=rank)

    def covers(self, path: Sequence[CertificateFacts]) -> tuple[bool, ...]:
        """Return of each asked moment whether all certificates of a path are valid then."""
        start = max(certificate.not_before for certificate in path)
        end = min(certificate.not_after for certificate in path)
        return tuple(start <= moment <= end for moment in self.rules.moments)

    def _dates(self, certificate: CertificateFacts) -> Outcome:
        """Take step 1: dates (6.1.3 a 2)."""
        if self.at is None or certificate.not_before <= self.at <= certificate.not_after:
            return OK
        return failed(
            "signer.chain_dates",
            subject=certificate.subject,
            not_before=certificate.not_before.isoformat(),
            not_after=certificate.not_after.isoformat(),
        )

    def _ruled(self, path: Sequence[CertificateFacts]) -> Outcome:
        """Take steps 5 to 7: names and policies, from the anchor down."""
        problems = []
        for judge in (self._named, self._allowed):
            try:
                problems.append(judge(path))
            except MalformedInput as error:
                problems.append(unknown(error.code, **dict(error.params)))
        return min(problems, key=rank)

    def _named(self, path: Sequence[CertificateFacts]) -> Outcome:
        """Take step 5: names under the constraints of every authority above (6.1.3 b, c; 6.1.4 g)."""
        above: list[NameConstraints] = []
        worst = OK
        for place in reversed(range(len(path))):
            certificate = path[place]
            if above and (not place or not certificate.self_issued):
                worst = min(worst, self._bears(certificate, above), key=rank)
            if place:
                if certificate.sha256 not in self._constraints:
                    found = NameConstraints.read(certificate.extensions.values)
                    self._constraints[certificate.sha256] = found
                    self.effort.spend(found.size if found is not None else 0)
                found = self._constraints[certificate.sha256]
                above += [found] if found is not None else []
        return worst

    def _bears(self, certificate: CertificateFacts, above: list[NameConstraints]) -> Outcome:
        borne = self._borne.get(certificate.sha256)
        if borne is None:
            borne = self._borne[certificate.sha256] = names_of(certificate)
            self.effort.spend(len(borne))
        answer = judge_names(borne, above, self.effort)
        if answer == "permitted":
            return OK
        if answer == "unclear":
            return unknown("signer.chain_unsupported", oid=NAME_CONSTRAINTS)
        return failed(f"signer.chain_name_{answer}", subject=certificate.subject)

    def _allowed(self, path: Sequence[CertificateFacts]) -> Outcome:
        """Take steps 6 and 7: policies (6.1.3 d to f; 6.1.4 a, b, h to j; 6.1.5 a, b, g)."""
        count = len(path)  # one more than the certificates below the anchor: n + 1
        explicit = 0 if self.rules.explicit_policy else count
        mapping = 0 if self.rules.inhibit_mapping else count
        inhibit = 0 if self.rules.inhibit_any else count
        level = PolicyLevel(self.rules.policies, self.effort)
        for place in reversed(range(count)):
            certificate = path[place]
            rules = self._rules(certificate)
            anchor, last = place == count - 1, place == 0
            if not anchor:
                exempt = not last and certificate.self_issued
                level.descend(rules.policies, inhibit > 0 or exempt)
                if level.empty and not explicit:
                    return failed("signer.chain_policy", subject=certificate.subject)
                if last:
                    break
                if rules.mappings is not None:
                    if any(ANY_POLICY in pair for pair in rules.mappings):
                        return failed("signer.chain_policy_mapping", subject=certificate.subject)
                    level.map(rules.mappings, mapping > 0)
                if not certificate.self_issued:
                    explicit, mapping, inhibit = (
                        max(0, n - 1) for n in (explicit, mapping, inhibit)
                    )
            explicit = _lower(explicit, rules.require_explicit)
            mapping = _lower(mapping, rules.inhibit_mapping)
            inhibit = _lower(inhibit, rules.inhibit_any)
        explicit = max(0, explicit - 1)
        if self._rules(path[0]).require_explicit == 0:
            explicit = 0
        if explicit or level.satisfied:
            return OK
        return failed("signer.chain_policy", subject=path[0].subject)

    def _rules(self, certificate: CertificateFacts) -> PolicyRules:
        known = self._policies.get(certificate.sha256)
        if known is None:
            extensions = certificate.extensions
            known = PolicyRules.read(extensions.values, extensions.critical)
            self._policies[certificate.sha256] = known
            self.effort.spend(len(known.policies or ()) + len(known.mappings or ()))
        return known


def _lower(count: int, stated: int | None) -> int:
    return count if stated is None else min(count, stated)


def _issuer(certificate: CertificateFacts, below: int) -> Outcome:
    """Take steps 2 and 3: an authority (6.1.4 k, n), with not more below it than it allows (l, m)."""
    if not certificate.is_ca:
        return failed("signer.chain_not_ca", subject=certificate.subject)
    usage = certificate.key_usage
    if usage is not None and "key_cert_sign" not in usage:
        return failed("signer.chain_usage", subject=certificate.subject)
    if certificate.path_length is not None and below > certificate.path_length:
        return failed(
            "signer.chain_path_length", subject=certificate.subject, limit=certificate.path_length
        )
    return OK


def _critical(certificate: CertificateFacts) -> Outcome:
    """Take step 4: nothing critical that is not processed (6.1.4 o, 6.1.5 f)."""
    if certificate.unknown_critical:
        return unknown("signer.chain_unsupported", oid=certificate.unknown_critical[0])
    return OK
