"""Certificate policies: our levels against RFC 5280's tree, transcribed literally and independently."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der_build as build
from ecert.crypto.path_validation import ANY_POLICY, PathRules, PathValidator
from ecert.crypto.policies import Effort
from ecert.crypto.x509_ext import Extensions

NAMES = ["1.2.1", "1.2.2", "1.2.3"]
NUMBER = count()


class Said:
    """What one certificate says, as plain values."""

    def __init__(self, rng: random.Random) -> None:
        some = [name for name in [*NAMES, ANY_POLICY] if rng.random() < 0.5]
        self.policies = some or None
        pairs = [(a, b) for a in NAMES for b in NAMES if rng.random() < 0.25]
        self.mappings = pairs if pairs and rng.random() < 0.6 else None
        self.explicit = rng.choice([None, None, None, 0, 1, 2])
        self.inhibit = rng.choice([None, None, None, 0, 1])
        self.inhibit_any = rng.choice([None, None, None, 0, 1])
        self.self_issued = rng.random() < 0.2

    def extensions(self) -> Extensions:
        values = {}
        if self.policies:
            values["2.5.29.32"] = build.sequence(
                *(build.sequence(build.oid(name)) for name in self.policies)
            )
        if self.mappings:
            values["2.5.29.33"] = build.sequence(
                *(build.sequence(build.oid(a), build.oid(b)) for a, b in self.mappings)
            )
        parts = [
            build.tlv(tag, bytes((number,)))
            for tag, number in ((0x80, self.explicit), (0x81, self.inhibit))
            if number is not None
        ]
        if parts:
            values["2.5.29.36"] = build.sequence(*parts)
        if self.inhibit_any is not None:
            values["2.5.29.54"] = build.integer(self.inhibit_any)
        found = {"2.5.29.33", "2.5.29.36", "2.5.29.54"} & values.keys()
        return Extensions(is_ca=True, values=values, constraints=tuple(sorted(found)))


class Node:
    def __init__(self, policy, expected, depth, parent=None):
        self.policy, self.expected, self.depth, self.parent = policy, set(expected), depth, parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


def at_depth(root, depth):
    level = [root]
    for _ in range(depth):
        level = [child for node in level for child in node.children]
    return level


def prune(root, depth):
    """Delete nodes of depth or less without children; None where nothing is left."""
    for level in range(depth, 0, -1):
        for node in at_depth(root, level):
            if not node.children:
                node.parent.children.remove(node)
    return root if root.children or depth < 0 else None


def tree_holds(path, rules: PathRules) -> bool:
    """RFC 5280 6.1 as it stands, of policies alone; ``path`` goes from the top to the leaf."""
    n = len(path)
    explicit = 0 if rules.explicit_policy else n + 1
    mapping = 0 if rules.inhibit_mapping else n + 1
    inhibit = 0 if rules.inhibit_any else n + 1
    root = Node(ANY_POLICY, {ANY_POLICY}, 0)
    tree = root
    for i, cert in enumerate(path, start=1):
        if cert.policies and tree is not None:
            above = at_depth(root, i - 1)
            for policy in [p for p in cert.policies if p != ANY_POLICY]:
                matched = [node for node in above if policy in node.expected]
                for node in matched:
                    Node(policy, {policy}, i, node)
                if not matched:
                    for node in above:
                        if node.policy == ANY_POLICY:
                            Node(policy, {policy}, i, node)
            if ANY_POLICY in cert.policies and (inhibit > 0 or (i < n and cert.self_issued)):
                for node in above:
                    for policy in sorted(node.expected):
                        if policy not in {child.policy for child in node.children}:
                            Node(policy, {policy}, i, node)
            tree = prune(root, i - 1)
        if not cert.policies:
            tree = None
        if explicit == 0 and tree is None:
            return False
        if i == n:
            break
        if cert.mappings and tree is not None:
            for policy in sorted({a for a, _ in cert.mappings}):
                targets = {b for a, b in cert.mappings if a == policy}
                nodes = [node for node in at_depth(root, i) if node.policy == policy]
                if mapping > 0:
                    for node in nodes:
                        node.expected = set(targets)
                    if not nodes:
                        for node in at_depth(root, i):
                            if node.policy == ANY_POLICY:
                                Node(policy, targets, i, node.parent)
                                break
                else:
                    for node in nodes:
                        node.parent.children.remove(node)
                    tree = prune(root, i - 1)
        if not cert.self_issued:
            explicit, mapping, inhibit = (max(0, c - 1) for c in (explicit, mapping, inhibit))
        explicit = explicit if cert.explicit is None else min(explicit, cert.explicit)
        mapping = mapping if cert.inhibit is None else min(mapping, cert.inhibit)
        inhibit = inhibit if cert.inhibit_any is None else min(inhibit, cert.inhibit_any)
    explicit = max(0, explicit - 1)
    if path[-1].explicit == 0:
        explicit = 0
    if tree is not None and ANY_POLICY not in rules.policies:
        tree = intersect(root, n, rules.policies)
    return explicit > 0 or tree is not None


def intersect(root, n, wanted):
    """6.1.5 g iii."""
    everything = [node for depth in range(1, n + 1) for node in at_depth(root, depth)]
    valid = [node for node in everything if node.parent.policy == ANY_POLICY]
    for node in valid:
        if node.policy not in wanted and node.policy != ANY_POLICY:
            node.parent.children.remove(node)
    for last in [node for node in at_depth(root, n) if node.policy == ANY_POLICY]:
        for policy in wanted - {node.policy for node in valid}:
            Node(policy, {policy}, n, last.parent)
        last.parent.children.remove(last)
    return prune(root, n - 1)


def certificates(path):
    """Leaf first, an anchor without extensions last; only what path validation reads is filled in."""
    template = kit.root().cert
    found = []
    for cert in path:
        number = next(NUMBER)
        found.append(
            replace(
                template,
                sha256=str(number),
                extensions=cert.extensions(),
                subject_der=b"s" if cert.self_issued else b"s%d" % number,
                issuer_der=b"s" if cert.self_issued else b"i",
            )
        )
    return (*reversed(found), template)


@pytest.mark.parametrize("seed", range(40))
def test_levels_answer_as_the_tree_does(seed):
    rng = random.Random(seed)
    answers = set()
    for _ in range(100):
        path = [Said(rng) for _ in range(rng.randint(1, 4))]
        rules = PathRules(
            policies=frozenset(rng.choice([[ANY_POLICY], NAMES[:1], NAMES[1:], ["1.2.9"]])),
            explicit_policy=rng.random() < 0.5,
            inhibit_mapping=rng.random() < 0.2,
            inhibit_any=rng.random() < 0.2,
        )
        holds = PathValidator(rules).judge(certificates(path)).ok
        assert holds is tree_holds(path, rules), [vars(cert) for cert in path]
        answers.add(holds)
    assert answers == {True, False}


@pytest.mark.parametrize("levels", [7, 14, 28])
def test_a_tree_that_would_double_with_every_certificate_costs_a_line(levels):
    said = Said(random.Random(0))
    said.policies, said.self_issued = list(NAMES), False
    said.mappings = [(a, b) for a in NAMES for b in NAMES]
    said.explicit, said.inhibit, said.inhibit_any = 0, None, None
    effort = Effort(10_000)
    path = certificates([said] * levels)
    validator = PathValidator(PathRules(explicit_policy=True), None, effort)
    assert validator.judge(path).ok
    # Each level: three policies and nine mappings read and used, nine expectations.
    assert 10_000 - effort.left <= 33 * levels
