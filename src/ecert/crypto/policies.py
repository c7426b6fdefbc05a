"""Certificate policies along a path (RFC 5280 6.1.3 d to f, 6.1.4 a and b), in the form of RFC 9618.

RFC 5280's tree can double with every certificate. As RFC 9618 does, each level keeps one node per
policy; and because only two things are asked at the end (does any policy reach the leaf, and one
that the relying side wanted), a node keeps what it expects below and whether it descends from a
wanted policy, not its parents. Work is linear in the policies and mappings read, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ecert.crypto import der
from ecert.crypto.der import Fields, Node
from ecert.errors import MalformedInput

__all__ = ["ANY_POLICY", "Effort", "PolicyLevel", "PolicyRules", "read_extension"]

ANY_POLICY = "2.5.29.32.0"
_MAPPINGS, _POLICIES, _CONSTRAINTS, _INHIBIT_ANY = (
    "2.5.29.33",
    "2.5.29.32",
    "2.5.29.36",
    "2.5.29.54",
)
_QUALIFIERS = frozenset({"1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"})  # CPS pointer, user notice
_EXPLICIT, _INHIBIT = 0x80, 0x81

V = TypeVar("V")


@dataclass(slots=True)
class Effort:
    """Steps left for the rules of all paths of one search (``Limits.path_rules``)."""

    left: int

    def spend(self, steps: int) -> None:
        """Count steps.

        Raises:
            MalformedInput: ``signer.chain_limit`` where none are left.

        """
        self.left -= steps
        if self.left < 0:
            raise MalformedInput(
                "signer.chain_limit", "too many rules", params={"limit": "path_rules"}
            )


def read_extension(values: Mapping[str, bytes], oid: str, read: Callable[[Node], V]) -> V | None:
    """Read one extension, None where absent.

    Raises:
        MalformedInput: ``signer.chain_unreadable`` naming the extension.

    """
    if oid not in values:
        return None
    try:
        return read(der.parse(values[oid]))
    except MalformedInput as error:
        raise MalformedInput(
            "signer.chain_unreadable", "an extension cannot be read", params={"oid": oid}
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRules:
    """What one certificate says of policies.

    Args:
        policies: OIDs, None where it has no certificatePolicies.
        mappings: pairs (issuer's, subject's), None where it has no policyMappings.
        require_explicit: certificates until a policy is needed, None where not said.
        inhibit_mapping: certificates until mappings are ignored, None where not said.
        inhibit_any: certificates until anyPolicy is ignored, None where not said.

    """

    policies: frozenset[str] | None = None
    mappings: tuple[tuple[str, str], ...] | None = None
    require_explicit: int | None = None
    inhibit_mapping: int | None = None
    inhibit_any: int | None = None

    @classmethod
    def read(cls, values: Mapping[str, bytes], critical: Collection[str]) -> PolicyRules:
        """Read the extensions of one certificate.

        Raises:
            MalformedInput: as ``read_extension``.

        """
        strict = _POLICIES in critical
        explicit, inhibit = read_extension(values, _CONSTRAINTS, _constraints) or (None, None)
        return cls(
            policies=read_extension(values, _POLICIES, lambda node: _policies(node, strict)),
            mappings=read_extension(values, _MAPPINGS, _mappings),
            require_explicit=explicit,
            inhibit_mapping=inhibit,
            inhibit_any=read_extension(values, _INHIBIT_ANY, _count),
        )


def _policies(node: Node, strict: object) -> frozenset[str]:
    found: set[str] = set()
    for member in node.expect(der.SEQUENCE).children():
        fields = Fields(member)
        policy = fields.take().oid()
        qualifiers = fields.maybe(der.SEQUENCE)
        fields.end()
        if policy in found:
            raise MalformedInput("der.value", "a policy stands twice")
        found.add(policy)
        if strict and qualifiers is not None:
            kinds = {Fields(one).take().oid() for one in qualifiers.children()}
            if kinds - _QUALIFIERS:
                raise MalformedInput("der.value", "a policy under a condition of unknown kind")
    if not found:
        raise MalformedInput("der.missing", "no policy")
    return frozenset(found)


def _mappings(node: Node) -> tuple[tuple[str, str], ...]:
    found = []
    for member in node.expect(der.SEQUENCE).children():
        fields = Fields(member)
        found.append((fields.take().oid(), fields.take().oid()))
        fields.end()
    if not found:
        raise MalformedInput("der.missing", "no mapping")
    return tuple(found)


def _constraints(node: Node) -> tuple[int | None, int | None]:
    fields = Fields(node)
    explicit, inhibit = fields.maybe(_EXPLICIT), fields.maybe(_INHIBIT)
    fields.end()
    if explicit is None and inhibit is None:
        raise MalformedInput("der.missing", "no constraint")
    return (
        _number(explicit) if explicit is not None else None,
        _number(inhibit) if inhibit is not None else None,
    )


def _count(node: Node) -> int:
    return _number(node.expect(der.INTEGER))


def _number(node: Node) -> int:
    value = int.from_bytes(node.body, "big", signed=True)
    if not node.body or value < 0:
        raise MalformedInput("der.value", f"not a count at offset {node.start}")
    return value


@dataclass(frozen=True, slots=True)
class _Policy:
    expected: frozenset[str]
    wanted: bool


@dataclass(slots=True)
class PolicyLevel:
    """The policies that are valid at one depth of a path; starts above the first certificate.

    Args:
        wanted: the relying side's policies (user-initial-policy-set).
        effort: counts the work.

    """

    wanted: frozenset[str]
    effort: Effort
    _nodes: dict[str, _Policy] = field(init=False)

    def __post_init__(self) -> None:
        self._nodes = {ANY_POLICY: _Policy(frozenset({ANY_POLICY}), wanted=True)}

    @property
    def empty(self) -> bool:
        """No policy is valid so far (valid_policy_tree is NULL)."""
        return not self._nodes

    @property
    def satisfied(self) -> bool:
        """A policy that the relying side wants reached this level (6.1.5 g)."""
        return any(node.wanted for node in self._nodes.values())

    def descend(self, policies: frozenset[str] | None, any_counts: object) -> None:
        """Go down by one certificate (6.1.3 d, e); ``any_counts``: its anyPolicy is not inhibited."""
        if policies is None or self.empty:
            self._nodes = {}
            return
        above = self._nodes
        expecting: dict[str, bool] = {}  # expected policy: whether a wanted one expects it
        self.effort.spend(len(policies) + sum(len(node.expected) for node in above.values()))
        for node in above.values():
            for policy in node.expected:
                expecting[policy] = expecting.get(policy, False) or node.wanted
        found: dict[str, _Policy] = {}
        for policy in policies - {ANY_POLICY}:
            if policy in expecting:
                found[policy] = self._node(policy, wanted=expecting[policy])
            elif ANY_POLICY in above:
                found[policy] = self._node(policy, wanted=self._wants(policy))
        if ANY_POLICY in policies and any_counts:
            for policy, wanted in expecting.items():
                found.setdefault(policy, self._node(policy, wanted=wanted))
        self._nodes = found

    def map(self, mappings: tuple[tuple[str, str], ...], allowed: object) -> None:
        """Apply the mappings of an intermediate certificate (6.1.4 b)."""
        self.effort.spend(len(mappings))
        targets: dict[str, set[str]] = {}
        for policy, target in mappings:
            targets.setdefault(policy, set()).add(target)
        for policy, expected in targets.items():
            known = self._nodes.get(policy)
            if not allowed:
                self._nodes.pop(policy, None)
            elif known is not None:
                self._nodes[policy] = _Policy(frozenset(expected), wanted=known.wanted)
            elif ANY_POLICY in self._nodes:
                wanted = self._wants(policy)
                self._nodes[policy] = _Policy(frozenset(expected), wanted=wanted)

    def _wants(self, policy: str) -> bool:
        return ANY_POLICY in self.wanted or policy in self.wanted

    @staticmethod
    def _node(policy: str, *, wanted: bool) -> _Policy:
        return _Policy(frozenset({policy}), wanted=wanted)
