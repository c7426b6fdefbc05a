"""What is to be signed, read as an importer will read it, before anybody is asked to sign.

Every file is read by the parser of its kind and held to the scope of its role; one version of one
document has one text. A rule that is new must be fit (its linter and its own tests, which live above
this floor and come in as a function) and announced in time (D5): 48 hours before it starts, counted from
now. Only the first version of a role may bring rules that are in force already, as announced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ecert.errors import TrustError
from ecert.trust.bundle.content import Item, check_scope, parse_item
from ecert.trust.bundle.floors import numbers
from ecert.trust.bundle.lasting import check_lasting
from ecert.trust.bundle.scope import Scope
from ecert.trust.publishing.bodies import Making, scope_of
from ecert.trust.publishing.plan import Plan
from ecert.trust.reading import sha256_hex
from ecert.trust.rule import Rule
from ecert.trust.rule_publishing import check_notice

__all__ = ["CheckRule", "check_content", "planned_scopes"]

CheckRule = Callable[[Rule], None]
"""Raises where a rule is not fit to be signed."""


def check_content(making: Making, check_rule: CheckRule) -> tuple[Item, ...]:
    """Return everything that the roles say, after all checks that can be made before signing.

    Raises:
        TrustError: what an importer would refuse (``bundle.*``, ``trust.*``, ``rule.*``), a rule that
            is not fit or comes too late, ``publish.two_texts``.
    """
    scopes = planned_scopes(making.plan)
    published = {sha256_hex(data) for data in making.base.targets().values()}
    found: dict[str, Item] = {}
    texts: dict[tuple[str, str, str], Item] = {}
    for path, data in making.content.items():
        name = path.split("/", maxsplit=1)[0]
        item = parse_item(path, data, sha256=sha256_hex(data))
        check_scope(item, scopes[name])
        if isinstance(item.document, Rule) and item.sha256 not in published:
            check_rule(item.document)
            _check_announced(item.document, making, name)
        found[path] = item
        first = texts.setdefault(_document(item), item)
        if first.sha256 != item.sha256 and item.identity:
            raise TrustError(
                "publish.two_texts",
                f"{path} and {first.path} are two texts of one version",
                params={"first": first.path, "second": path, "version": item.version},
            )
    _check_versions(making, found)
    check_lasting(_events(making), found.values(), roles=making.plan.roles)
    return tuple(found.values())


def _events(making: Making) -> Iterator[Item]:
    """Yield the published files with events of registers."""
    for path, data in making.base.targets().items():
        if path.split("/")[1] == "entities":
            yield parse_item(path, data, sha256=sha256_hex(data))


def _document(item: Item) -> tuple[str, str, str]:
    """Return what one text belongs to; lists are numbered by each role for itself."""
    own = item.kind in ("issuers", "status", "entities")
    role = item.path.split("/", maxsplit=1)[0] if own else ""
    return f"{role}/{item.kind}", item.identity or item.path, item.version


def planned_scopes(plan: Plan) -> dict[str, Scope]:
    """Return what each role may speak of: its own scope within those above it."""
    known: dict[str, Scope] = {}
    for name, role in plan.roles.items():
        if role.territories:
            own = scope_of(role)
            known[name] = own.within(known[role.parent]) if role.parent else own
    return known


def _check_announced(rule: Rule, making: Making, role: str) -> None:
    if making.base.version(role) == 0 and rule.notice is not None:
        check_notice(rule, rule.notice.published)
    else:
        check_notice(rule, making.at)


def _check_versions(making: Making, found: Mapping[str, Item]) -> None:
    """Refuse another text under a version that is published, and an older version at the same path.

    Stores would call the first equivocation and the second a rollback.
    """
    texts = {_document(item): item for item in found.values() if item.identity}
    for path, data in making.base.targets().items():
        old = parse_item(path, data, sha256=sha256_hex(data))
        here = found.get(path)
        for new in (texts.get(_document(old)), here):
            if new is None or new.sha256 == old.sha256 or not (old.version and new.version):
                continue
            if new.version != old.version and (new is not here or _rises(old, new)):
                continue
            raise TrustError(
                "publish.version_used",
                f"{new.path}: version {new.version} after {old.version}",
                params={"path": new.path, "version": new.version, "published": old.version},
            )


def _rises(old: Item, new: Item) -> bool:
    return (numbers(new.version) or ()) > (numbers(old.version) or ())
