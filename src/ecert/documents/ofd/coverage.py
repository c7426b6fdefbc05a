"""Which parts of a package each signature covers, and what came after it (L6, L7).

A part counts as covered when a reference of the signature holds its digest; a Signature.xml is
covered by its own value. Everything that can draw or say something and is not covered stands in
``uncovered``; entries that nothing refers to are among it, for nobody knows what reads them, so
what is shown counts as uncovered with them.

Files of role "signature" (lists, XML, values, seal files of signatures) do not count: "continue"
mode leaves Signatures.xml open for further signatures, and all it can do is add one. What an added
signature can do is draw its stamp, so any other signature with a stamp whose XML is not among the
covered files is taken as drawn after, wherever it is listed: the list itself is not covered. One
that holds and draws nothing may follow (L6); what only calls itself one is a change like any other.

OFD.xml chooses what is shown. Where it is not covered, the pages count as current only if the
package holds no second document that an altered OFD.xml could choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ecert.documents.facts import Part, SignatureFacts
from ecert.documents.ofd.arithmetic import kind_of, worst
from ecert.documents.ofd.package import Package
from ecert.documents.ofd.paths import resolve
from ecert.documents.ofd.signatures import Found
from ecert.documents.ofd.structure import EFFECTS, ROOT, UNREFERENCED, Structure
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["covered_by", "orphans", "parts_of", "with_coverage"]

_HEAD = 1024
_NAMED, _SHOWN = 3, 240  # paths in one sentence, and its characters
_NAMES = (".esl", "signedvalue.dat", "signvalue.dat", "signatures.xml", "signature.xml")


def parts_of(package: Package, structure: Structure, found: Sequence[Found]) -> tuple[Part, ...]:
    """Return every entry of the package with its role and the signatures that cover it."""
    own = {path for one in found for path in one.own}
    return tuple(
        Part(
            path=path,
            role=structure.roles.get(path, "signature" if path in own else "unknown"),
            covered_by=covered_by(found, path),
        )
        for path in package.files
    )


def covered_by(found: Sequence[Found], *paths: str) -> tuple[int, ...]:
    """Return the indexes of the signatures that cover all of these paths."""
    return tuple(one.facts.index for one in found if one.covered.issuperset(paths))


def with_coverage(
    package: Package, structure: Structure, found: Sequence[Found], parts: Sequence[Part]
) -> tuple[SignatureFacts, ...]:
    """Return the facts of every signature with its coverage filled in."""
    return tuple(_one(package, structure, one, (found, parts)) for one in found)


def _one(
    package: Package,
    structure: Structure,
    one: Found,
    context: tuple[Sequence[Found], Sequence[Part]],
) -> SignatureFacts:
    found, parts = context
    uncovered = tuple(
        p for p in parts if p.role != "signature" and one.facts.index not in p.covered_by
    )
    if not one.covered:
        return replace(one.facts, uncovered=uncovered)
    strange = any(part.role == "unknown" for part in uncovered)
    current = not strange and _covers_current(package, structure, one)
    return replace(
        one.facts,
        coverage="partial" if uncovered else "whole",
        covers_current=current,
        changes_after=_changes(one, found, uncovered, structure.roles.keys()),
        uncovered=uncovered,
        effects=_effects(structure, uncovered),
    )


def _effects(structure: Structure, uncovered: Sequence[Part]) -> tuple[Outcome, ...]:
    """Return what the uncovered parts can change, by kind of change, the widest first."""
    paths: dict[str, list[str]] = {}
    for part in uncovered:
        paths.setdefault(structure.effects.get(part.path, UNREFERENCED), []).append(part.path)
    return tuple(
        unknown(code, count=len(paths[code]), paths=", ".join(paths[code][:_NAMED])[:_SHOWN])
        for code in EFFECTS
        if code in paths
    )


def _covers_current(package: Package, structure: Structure, one: Found) -> bool:
    root = resolve(ROOT, ROOT, package) or ROOT
    shown = structure.current - {root}
    if not structure.pages or not one.covered.issuperset(shown):
        return False
    return root in one.covered or not _redirectable(package, structure, one)


def _redirectable(package: Package, structure: Structure, one: Found) -> bool:
    """Whether another covered document lies in the package, for an altered OFD.xml to choose."""
    if len(structure.roots) != 1:
        return True
    strangers = one.covered - set(structure.roles) - {one.xml}
    return any(b"Document" in package.files[path][:_HEAD] for path in strangers)


def _changes(
    one: Found, found: Sequence[Found], uncovered: Sequence[Part], parts: AbstractSet[str]
) -> Outcome:
    elder = one.covered - parts  # a page that the open list calls a signature is none
    later = [x.facts for x in found if x is not one and x.xml not in elder]
    if any(other.draws for other in later):
        return failed("document.drawn_after_issuer")
    states = [(worst(x.structure, x.digest, x.value).ok, x.where) for x in later]
    broken = next((where for ok, where in states if ok is False), None)
    if broken is not None:
        return failed("document.broken_signature_after", where=broken)
    unread = next((where for ok, where in states if ok is None), None)
    if unread is not None:
        return unknown("document.unread_signature_after", where=unread)
    if uncovered:
        first = uncovered[0].path
        return unknown("document.uncovered_part", path=first, count=len(uncovered))
    return OK


def orphans(package: Package, structure: Structure, found: Sequence[Found]) -> tuple[Outcome, ...]:
    """Return a note for signature files that no list leads to: a signature was perhaps stripped.

    Leftovers that a signature covers were there when it was made.
    """
    own = {path for one in found for path in one.own | one.covered} | set(structure.roles)
    left = sorted(path for path in package.files if path not in own and _signs(package, path))
    if not left:
        return ()
    return (failed("document.signature_stripped", path=left[0], count=len(left)),)


def _signs(package: Package, path: str) -> bool:
    data, name = package.files[path], path.casefold()
    if name.endswith(_NAMES) or "/signs/" in name:
        return True
    head = data[:_HEAD]
    if head.lstrip(b"\xef\xbb\xbf").startswith(b"<"):
        return b"SignedInfo" in head or b"Signatures" in head
    return kind_of(data) in ("seal", "cms")
