"""Everything an OFD file says, and the arithmetic over it; no trust, no clock, no opinion.

Order: container within limits, structure from OFD.xml, signatures, coverage, carriers of the
certificate's data, selectable text. A limit that is exceeded ends the reading with facts that say
so; a container that readers could take in two ways beyond reporting is refused
(`MalformedDocument`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ecert.crypto.digest import digest
from ecert.documents.facts import Carrier, DocumentFacts, FormatFacts
from ecert.documents.ofd.bases import with_bases
from ecert.documents.ofd.coverage import covered_by, orphans, parts_of, with_coverage
from ecert.documents.ofd.package import Package, open_package
from ecert.documents.ofd.paths import resolve
from ecert.documents.ofd.signatures import Found, read_signatures
from ecert.documents.ofd.structure import ROOT, Attachment, Structure, read_structure
from ecert.documents.ofd.times import time_notes
from ecert.documents.ofd.xmlns import check_all
from ecert.documents.sniff import OFD
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["inspect_ofd"]

_CERTIFICATE = "certificate.json"
_ENCRYPTIONS = "/encryptions.xml"


def inspect_ofd(data: bytes, limits: Limits) -> DocumentFacts:
    """Return the facts of an OFD file.

    Raises:
        MalformedDocument: the container is no zip that can be read in one way only, or has no
            readable OFD.xml. A limit that is exceeded is not raised: it is a fact.

    """
    try:
        package = open_package(data, limits)
        check_all(package.files.values(), limits)
        structure = read_structure(package, limits)
        found = with_bases(read_signatures(package, structure, limits))
        face = _face_text(structure, limits)
    except MalformedDocument as problem:
        if problem.code != "format.too_large":
            raise
        return _too_large(data, failed(problem.code, **problem.params))
    parts = parts_of(package, structure, found)
    return DocumentFacts(
        media_type=OFD,
        sha256=digest("sha256", data).hex(),
        size=len(data),
        format=FormatFacts(
            recognized=_recognized(package, structure),
            single=package.single,
            static=structure.scan.static,
        ),
        signatures=with_coverage(package, structure, found, parts),
        carriers=_carriers(package, structure, found),
        parts=parts,
        face_words=face,
        notes=_notes(package, structure, found),
    )


def _too_large(data: bytes, problem: Outcome) -> DocumentFacts:
    return DocumentFacts(
        media_type=OFD,
        sha256=digest("sha256", data).hex(),
        size=len(data),
        format=FormatFacts(within_limits=problem),
    )


def _recognized(package: Package, structure: Structure) -> Outcome:
    if structure.encrypted or _ENCRYPTIONS in package.folded:
        return unknown("format.encrypted")
    bad = [p for p in structure.problems if p.ok is False]
    return next(iter(bad or structure.problems), OK)


def _notes(package: Package, structure: Structure, found: Sequence[Found]) -> tuple[Outcome, ...]:
    missing = tuple(
        Outcome(ok=True, code="document.part_missing", params=(("path", location[:120]),))
        for location in dict.fromkeys(structure.missing)
    )
    signatures = [one.facts for one in found]
    beside = tuple(
        Outcome(ok=True, code="ofd.seal_not_judged", params=(("where", one.where),))
        for one in signatures
        if one.seal is None and one.seal_file.ok is None
    )
    return orphans(package, structure, found) + time_notes(signatures) + beside + missing


def _carriers(
    package: Package, structure: Structure, found: Sequence[Found]
) -> tuple[Carrier, ...]:
    root = resolve(ROOT, ROOT, package) or ROOT
    carriers = [
        Carrier(
            kind="custom_datas",
            source=f"{root}#{number}",
            raw=_object(body.custom),
            covered_by=covered_by(found, root),
        )
        for number, body in enumerate(structure.bodies)
        if body.custom
    ]
    carriers += [
        Carrier(
            kind="attachment",
            source=item.path,
            raw=package.files[item.path],
            # That this file is the certificate is said by its list, and that by the document.
            covered_by=covered_by(found, item.path, item.listed_in, item.root),
        )
        for item in dict.fromkeys(structure.attachments)
        if _is_certificate(item)
    ]
    return tuple(carriers)


def _is_certificate(item: Attachment) -> bool:
    file_name = item.path.rsplit("/", 1)[-1]
    return _CERTIFICATE in (item.name.strip().casefold(), file_name.casefold())


def _object(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return a JSON object; a name that stands twice stays twice, for the judge to see (L7)."""
    members = (f"{_text(name)}: {_text(value)}" for name, value in pairs)
    return ("{" + ", ".join(members) + "}").encode()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _face_text(structure: Structure, limits: Limits) -> str | None:
    """Return the text of all current pages, or None when not all can be read within limits."""
    if not structure.pages or len(structure.pages) > limits.pdf_pages:
        return None
    parts: list[str] = []
    size = 0
    for page in structure.pages:
        for path in page.layers:
            text = structure.texts.get(path)
            if text is None:
                return None
            size += len(text)
            if size > limits.xml_bytes:
                return None
            parts.append(text)
    return " ".join(part for part in parts if part)
