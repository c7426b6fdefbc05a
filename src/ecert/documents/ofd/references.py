"""The references of an OFD signature: which files it names, and whether their digests still hold.

GB/T 33190-2016 ch. 18: References/@CheckMethod (MD5 where absent), Reference/@FileRef, CheckValue
in base64. An unknown digest name, a missing file or no reference at all fails; nothing is skipped.
Each file is hashed once per digest, however many signatures name it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from ecert.crypto import digest as digests
from ecert.documents.ofd.methods import check_digest
from ecert.documents.ofd.package import Package
from ecert.documents.ofd.paths import resolve
from ecert.documents.ofd.xmlns import Element, attribute, child, children, text_of
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed

__all__ = ["Checked", "DigestCache", "check_references"]

_SHOWN = 120


@dataclass(frozen=True, slots=True)
class DigestCache:
    """Digests of the package's files, each computed once."""

    package: Package
    known: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def get(self, name: str, path: str) -> bytes:
        """Return the digest of a file that exists."""
        key = (name, path)
        if key not in self.known:
            self.known[key] = digests.digest(name, self.package.files[path])
        return self.known[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result over all references of one signature.

    Args:
        outcome: every reference holds. name: the digest's name, or ``""``.
        covered: paths whose digest holds. quirks: named deviations. weak: the digest, where weak.

    """

    outcome: Outcome
    name: str = ""
    covered: frozenset[str] = frozenset()
    quirks: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


def check_references(references: Element, path: str, cache: DigestCache, limits: Limits) -> Checked:
    """Check every reference of a signature.

    Args:
        references: the References element.
        path: the file it stands in.
        cache: digests of the package.
        limits: bound on their number.

    Raises:
        MalformedDocument: ``format.too_large``.

    """
    items = children(references, "Reference")
    if len(items) > limits.references:
        raise MalformedDocument(
            "format.too_large",
            f"{len(items)} references, allowed are {limits.references}",
            params={"what": "references", "value": len(items), "limit": limits.references},
        )
    written = (attribute(references, "CheckMethod") or "MD5").strip()
    name, quirks = check_digest(written)
    if name is None:
        return Checked(outcome=failed("signature.digest_unknown", name=written[:_SHOWN]))
    weak = (name,) if name in digests.WEAK else ()
    if not items:
        none = failed("signature.no_references")
        return Checked(outcome=none, name=name, quirks=quirks, weak=weak)
    covered: set[str] = set()
    problems: list[Outcome] = []
    for item in items:
        found, problem = _one(item, path, name, cache)
        if found is not None:
            covered.add(found)
        if problem.ok is not True:
            problems.append(problem)
    broken = {dict(p.params).get("path") for p in problems}
    return Checked(
        outcome=_summary(problems, len(items)),
        name=name,
        covered=frozenset(covered - broken),
        quirks=quirks,
        weak=weak,
    )


def _summary(problems: list[Outcome], total: int) -> Outcome:
    if not problems:
        return OK
    first = problems[0]
    assert first.code is not None
    return failed(first.code, **dict(first.params), bad=len(problems), total=total)


def _one(item: Element, path: str, name: str, cache: DigestCache) -> tuple[str | None, Outcome]:
    location = attribute(item, "FileRef") or ""
    found = resolve(location, path, cache.package)
    if found is None:
        return None, failed("signature.reference_missing", path=location[:_SHOWN])
    try:
        stated = base64.b64decode(
            "".join(text_of(child(item, "CheckValue")).split()), validate=True
        )
    except (binascii.Error, ValueError):
        return None, failed("signature.reference_digest", path=found)
    if stated != cache.get(name, found):
        return None, failed("signature.reference_digest", path=found)
    return found, OK
