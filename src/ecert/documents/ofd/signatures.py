"""All signatures of an OFD package: every list, every Signature.xml, every value.

GB/T 33190-2016 ch. 18. A list or file that is named but missing or unreadable yields a signature
whose ``structure`` says so: it is listed, never dropped, never taken for "unsigned". The integrity
list of GM/T 0099-2020 annex D comes last and has kind "integrity": it is nobody's signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ecert.crypto import der
from ecert.crypto.times import TimeClaim
from ecert.documents.facts import SignatureFacts
from ecert.documents.ofd.arithmetic import SignedFile, compute, kind_of, worst
from ecert.documents.ofd.methods import method_quirks
from ecert.documents.ofd.package import Package
from ecert.documents.ofd.paths import resolve
from ecert.documents.ofd.references import Checked, DigestCache, check_references
from ecert.documents.ofd.structure import ROOT, Structure
from ecert.documents.ofd.times import read_written
from ecert.documents.ofd.xmlns import (
    Element,
    attribute,
    child,
    children,
    local,
    parse_xml,
    text_of,
    too_large,
    walk,
)
from ecert.errors import MalformedDocument, MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import NOT_COMPUTED, OK, Outcome, failed, unknown

__all__ = ["Found", "read_signatures"]

ENTRIES = "/OFDEntries.xml"
_SHOWN = 120
_NAMED = 3  # smuggled entries in one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One signature and its place among the files.

    Args:
        facts: everything but coverage. own: paths of its list, XML, value and seal file.
        xml: path of the file that its value signs.
        covered: paths whose digest holds, ``xml`` included.
        listing: path of its list. ident: its identifier there. relative: that of its base, if any.

    """

    facts: SignatureFacts
    listing: str = ""
    ident: str | None = None
    relative: str | None = None
    own: frozenset[str] = frozenset()
    xml: str | None = None
    covered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One row of a Signatures.xml, or a problem instead of one."""

    listing: str
    location: str = ""
    kind: str = "Seal"
    ident: str | None = None
    relative: str | None = None
    problem: Outcome = OK


def read_signatures(package: Package, structure: Structure, limits: Limits) -> tuple[Found, ...]:
    """Return every signature of the package, in the order of its lists.

    Raises:
        MalformedDocument: ``format.too_large`` when there are more than the limit.

    """
    cache = DigestCache(package)
    found: list[Found] = []
    seen: set[str | None] = {None}
    for number, listed in enumerate(_all_listed(package, structure, limits), 1):
        if number > limits.signatures:  # rows, for each is read, also one that repeats another
            raise too_large("signatures", number, limits.signatures)
        one = replace(
            _one(len(found), listed, cache, limits),
            listing=listed.listing,
            ident=listed.ident,
            relative=listed.relative,
        )
        if one.xml in seen and one.xml is not None:
            continue
        seen.add(one.xml)
        found.append(one)
    integrity = _integrity(len(found), cache, limits)
    return (*found, integrity) if integrity else tuple(found)


def _all_listed(package: Package, structure: Structure, limits: Limits) -> Iterator[_Listed]:
    seen: set[str] = set()
    for body in structure.bodies:
        if not body.signatures:
            continue
        path = resolve(body.signatures, ROOT, package)
        if path is None:
            yield _missing(ROOT, body.signatures)
        elif path not in seen:
            seen.add(path)
            yield from _listed(path, package, limits)


def _missing(listing: str, location: str) -> _Listed:
    problem = failed("signature.part_missing", path=location[:_SHOWN])
    return _Listed(listing=listing, problem=problem)


def _listed(path: str, package: Package, limits: Limits) -> Iterator[_Listed]:
    try:
        root = _parsed(package, path, "Signatures", limits)
    except MalformedDocument as problem:
        yield _Listed(listing=path, problem=_as_outcome(problem))
        return
    for row in children(root, "Signature"):
        yield _Listed(
            listing=path,
            location=attribute(row, "BaseLoc") or text_of(child(row, "BaseLoc")),
            kind=attribute(row, "Type") or "Seal",
            ident=attribute(row, "ID"),
            relative=attribute(row, "Relative"),
        )


def _parsed(package: Package, path: str, name: str, limits: Limits) -> Element:
    root = parse_xml(package.files[path], path, limits)
    if local(root) != name:
        raise MalformedDocument(
            "signature.malformed", f"{path} is no {name}", params={"path": path}
        )
    return root


def _as_outcome(problem: MalformedDocument) -> Outcome:
    if problem.code == "format.too_large":
        raise problem
    return failed(problem.code, **problem.params)


def _one(index: int, listed: _Listed, cache: DigestCache, limits: Limits) -> Found:
    package = cache.package
    path = resolve(listed.location, listed.listing, package)
    blank = SignatureFacts(
        index=index, where=(path or listed.location or listed.listing)[:_SHOWN], kind="unknown"
    )
    own = {listed.listing} if listed.listing != ROOT else set()
    if path is None:
        problem = listed.problem
        if problem.ok is not False:
            problem = failed("signature.part_missing", path=listed.location[:_SHOWN])
        return Found(facts=replace(blank, structure=problem), own=frozenset(own))
    own.add(path)
    try:
        root = _parsed(package, path, "Signature", limits)
    except MalformedDocument as problem_:
        # What cannot be read here may still draw elsewhere.
        facts = replace(blank, structure=_as_outcome(problem_), draws=True)
        return Found(facts=facts, own=frozenset(own), xml=path)
    return _read(
        replace(blank, structure=listed.problem), root, listed.kind, path, (own, cache, limits)
    )


def _read(
    blank: SignatureFacts,
    root: Element,
    kind: str,
    path: str,
    context: tuple[set[str], DigestCache, Limits],
) -> Found:
    own, cache, limits = context
    package = cache.package
    info = child(root, "SignedInfo")
    references = child(info, "References") if info is not None else None
    draws = next(walk(root, "StampAnnot"), None) is not None
    value = resolve(text_of(child(root, "SignedValue")), path, package)
    checked = Checked(outcome=failed("signature.no_references"))
    problems = [blank.structure]
    if references is None:
        problems.append(failed("signature.malformed", path=path))
    else:
        checked = check_references(references, path, cache, limits)
    if value is None:
        written = text_of(child(root, "SignedValue"))
        problems.append(failed("signature.part_missing", path=written[:_SHOWN]))
    base = replace(
        blank,
        structure=worst(*problems),
        digest=checked.outcome,
        weak=checked.weak,
        quirks=checked.quirks,
        draws=draws,
        times=_times(info),
    )
    if value is not None:
        content = package.files[value]
        own |= _der_only(value, package)
        base = compute(_typed(base, kind, content), content, _signed(path, package), limits)
        base = _with_methods(base, info, checked.name)
    seal_file, seal_path = _seal_file(info, path, base, package)
    own |= _der_only(seal_path, package)
    loose = _loose_seal(info, base, seal_path, checked)
    return Found(
        facts=replace(base, seal_file=seal_file, structure=worst(base.structure, loose)),
        own=frozenset(own),
        xml=path,
        covered=checked.covered | {path},
    )


def _signed(path: str, package: Package) -> SignedFile:
    return SignedFile(
        data=package.files[path],
        path=path,
        resolve=lambda location: resolve(location, path, package),
    )


def _typed(base: SignatureFacts, kind: str, value: bytes) -> SignatureFacts:
    """Name a value that is not of the declared type; the content decides all the same."""
    expected = {"seal": "Seal", "cms": "Sign", "bare": "Sign"}.get(kind_of(value), kind)
    if expected.lower() == kind.strip().lower():
        return base
    return replace(base, quirks=tuple(sorted({*base.quirks, "ofd.type_mismatch"})))


def _with_methods(base: SignatureFacts, info: Element | None, references: str) -> SignatureFacts:
    """Name a SignatureMethod that is another; add the digest of the references to the algorithms."""
    written = text_of(child(info, "SignatureMethod")) if info is not None else ""
    quirks = {*base.quirks, *method_quirks(written, base.algorithms)}
    more = (references,) if references and references not in base.algorithms else ()
    algorithms = (*base.algorithms, *more) if base.algorithms else ()
    return replace(base, quirks=tuple(sorted(quirks)), algorithms=algorithms)


def _times(info: Element | None) -> tuple[TimeClaim, ...]:
    text = text_of(child(info, "SignatureDateTime")) if info is not None else ""
    if not text:
        return ()
    return (read_written(text),)


def _seal_file(
    info: Element | None, path: str, facts: SignatureFacts, package: Package
) -> tuple[Outcome, str | None]:
    """Compare Seal.esl, where there is one, with the seal inside the signature, byte for byte."""
    seal = child(info, "Seal") if info is not None else None
    if seal is None:
        return OK, None
    written = text_of(child(seal, "BaseLoc"))
    found = resolve(written, path, package)
    if found is None:
        return failed("signature.part_missing", path=written[:_SHOWN]), None
    if facts.seal is None:
        return NOT_COMPUTED, found
    same = package.files[found] == facts.seal.raw
    return (OK if same else failed("seal.file_mismatch")), found


def _loose_seal(
    info: Element | None, facts: SignatureFacts, seal_path: str | None, checked: Checked
) -> Outcome:
    """L6, L7: a viewer draws the seal file's picture, so the value or a digest must hold its bytes.

    A value without a seal inside says nothing of the file; two Seal elements leave open which is drawn.
    """
    if info is not None and len(children(info, "Seal")) > 1:
        return failed("document.repeated_element", name="Seal")
    if seal_path is None or facts.seal is not None or seal_path in checked.covered:
        return OK
    return unknown("ofd.open_seal", path=seal_path[:_SHOWN])


def _integrity(index: int, cache: DigestCache, limits: Limits) -> Found | None:
    """Read the integrity list, which names every entry (but states no digest of any)."""
    package = cache.package
    path = resolve(ENTRIES, ENTRIES, package)
    if path is None:
        return None
    blank = SignatureFacts(index=index, where=path, kind="integrity")
    try:
        root = _parsed(package, path, "DocEntries", limits)
    except MalformedDocument as problem:
        return Found(facts=replace(blank, structure=_as_outcome(problem)), xml=path)
    location = text_of(child(root, "SignedValueLoc"))
    value = resolve(location, path, package)
    if value is None:
        problem_ = failed("signature.part_missing", path=location[:_SHOWN])
        return Found(facts=replace(blank, structure=problem_), xml=path)
    blank = replace(blank, digest=_complete(root, path, value, package))
    facts = compute(blank, package.files[value], _signed(path, package), limits)
    own = frozenset({path}) | _der_only(value, package)
    return Found(facts=facts, own=own, xml=path, covered=frozenset({path}))


def _der_only(path: str | None, package: Package) -> frozenset[str]:
    """Return the path of a value or seal file that is one; any other file keeps its own role.

    A list of signatures may stay open (L6): whatever it names would be hidden from coverage.
    """
    if path is None:
        return frozenset()
    data = package.files[path]
    if kind_of(data) != "unknown":
        return frozenset({path})
    try:
        der.read(data).expect(der.SEQUENCE)
    except MalformedInput:
        return frozenset()
    return frozenset({path})


def _complete(root: Element, path: str, value: str, package: Package) -> Outcome:
    listed: set[str] = set()
    for files in children(root, "FileList"):
        for item in children(files, "File"):
            location = attribute(item, "FileLoc") or ""
            found = resolve(location, path, package)
            if found is None:
                return failed("signature.reference_missing", path=location[:_SHOWN], bad=1, total=1)
            listed.add(found)
    smuggled = sorted(set(package.files) - listed - {path, value})
    if not smuggled:
        return OK
    named = ", ".join(smuggled[:_NAMED])[: 2 * _SHOWN]
    return failed("integrity.unlisted_entry", path=named, count=len(smuggled))
