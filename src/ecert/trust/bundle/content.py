"""The files of a bundle: read by the parsers of a trust folder, and held to their signer's scope (L19).

Every territory, issuer and certificate type inside a file must lie within the delegation of the role
that lists it. An agreement names two sides: a role may list it when it speaks for a side of one of its
edges; whether enough sides signed is asked at each question. Revocation lists and OCSP responses carry
their own signatures; a role may list them where its delegation allows the kind, and an anchor reaches no
further than the role. A time stamper's word holds everywhere: only a role for all of it names one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecert.crypto.crl import CRLFacts
from ecert.crypto.ocsp import OCSPFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import ECertError, TrustError
from ecert.limits import Limits
from ecert.trust.agreement import Agreement
from ecert.trust.bundle.dsse import read_json
from ecert.trust.bundle.floors import numbers
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.bundle.scope import Scope
from ecert.trust.codetable import CodeTable
from ecert.trust.deviation import Deviation
from ecert.trust.documents import KINDS as DOCUMENT_KINDS
from ecert.trust.documents import Document as Shared
from ecert.trust.documents import identity, parse_document
from ecert.trust.entities import EntityFile, parse_entities
from ecert.trust.issuers import IssuerList, parse_issuer_list
from ecert.trust.matters import Matters
from ecert.trust.rule import Rule
from ecert.trust.rule_publishing import check_owner
from ecert.trust.status import StatusFile, parse_status_file

__all__ = ["Document", "Item", "check_scope", "parse_item"]

Document = Shared | IssuerList | StatusFile | EntityFile | CertificateFacts | CRLFacts | OCSPFacts
"""What a file of a bundle can hold; ``Shared`` ones are what recognition reads."""
_LIMITS = Limits()
_WORD_EVERYWHERE = ("CA", "TSA")
_SUFFIXES = {"anchors": ".cer", "crls": ".crl", "ocsp": ".ocsp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file of a bundle, read.

    Args:
        identity, version: of the document, so that one version of it has one text; "" where it has none.
    """

    path: str
    kind: str
    sha256: str
    size: int
    document: Document
    identity: str = ""
    version: str = ""


def parse_item(path: str, data: bytes, *, sha256: str) -> Item:
    """Return what a file says.

    Raises:
        TrustError: what the parser of its kind raises, or ``bundle.malformed``.
    """
    kind = path.split("/")[1]
    if not path.endswith(_SUFFIXES.get(kind, ".json")):
        raise malformed(path, f"a file of {kind} is called *{_SUFFIXES.get(kind, '.json')}")
    try:
        document, identity, version = _read(kind, path, data, sha256)
    except TrustError:
        raise
    except ECertError as error:
        raise malformed(path, error.message) from error
    if version and numbers(version) is None:
        raise malformed(path, "its version must be numbers joined by '.' or '-'")
    return Item(
        path=path,
        kind=kind,
        sha256=sha256,
        size=len(data),
        document=document,
        identity=identity,
        version=version,
    )


def check_scope(item: Item, scope: Scope) -> None:
    """Return if a file says nothing that its signer may not say.

    Raises:
        TrustError: ``bundle.out_of_scope``, ``bundle.kind_out_of_scope``, ``bundle.not_for_all`` or
            ``rule.owner``.
    """
    if not scope.allows_kind(item.kind):
        message = f"{item.path}: the role may not list files of {item.kind}"
        raise refuse("bundle.kind_out_of_scope", message, path=item.path, kind=item.kind)
    if not scope.everywhere and _holds_everywhere(item.document):
        message = f"{item.path}: only a role for the whole federation may name time stampers"
        raise refuse("bundle.not_for_all", message, path=item.path)
    match item.document:
        case Agreement():
            _check_agreement(item.path, item.document, scope)
        case Rule():
            types = item.document.applies_to.types
            check_owner(item.document, scope.territories)
            if scope.certificate_types is not None and not types:
                raise _out_of_scope(item.path, "all certificate types")
            _check(item.path, scope, types=types)
        case Deviation():
            made = item.document
            _check(
                item.path, scope, (made.division,), types=(*made.accept_types, *made.exclude_types)
            )
        case CodeTable() | Matters():
            _check(item.path, scope, (item.document.owner,))
        case IssuerList() | StatusFile() | EntityFile():
            made_by = item.document
            _check(
                item.path,
                scope,
                made_by.territories,
                issuers=made_by.issuers,
                types=made_by.certificate_types,
            )
        case CertificateFacts() | CRLFacts() | OCSPFacts():
            return


def _holds_everywhere(document: Document) -> bool:
    """Whether a document gives somebody a word about certificates of every region (L11, L19)."""
    return isinstance(document, IssuerList) and any(
        listing.kind in _WORD_EVERYWHERE for listing in document.listings
    )


def _check(
    path: str,
    scope: Scope,
    territories: tuple[str, ...] = (),
    *,
    issuers: tuple[str, ...] = (),
    types: tuple[str, ...] = (),
) -> None:
    for division in territories:
        if not scope.covers(division):
            raise _out_of_scope(path, f"territory {division}")
    for issuer in issuers:
        if not scope.allows_issuer(issuer):
            raise _out_of_scope(path, f"issuer {issuer}")
    for code in types:
        if not scope.allows_types((code,)):
            raise _out_of_scope(path, f"certificate type {code}")


def _check_agreement(path: str, agreement: Agreement, scope: Scope) -> None:
    sides = {side for edge in agreement.edges for side in (edge.relying, edge.issuing)}
    if not any(scope.covers(side) for side in sides):
        raise _out_of_scope(path, f"territory {min(sides)}")
    types = agreement.types
    if scope.certificate_types is not None and agreement.type_names:
        raise _out_of_scope(path, f"certificate type {agreement.type_names[0]}")
    _check(path, scope, types=types)


def _out_of_scope(path: str, what: str) -> TrustError:
    return refuse(
        "bundle.out_of_scope",
        f"{path}: its role may not speak of {what}",
        path=path,
        what=what[:80],
    )


def _read(kind: str, path: str, data: bytes, sha256: str) -> tuple[Document, str, str]:
    """Return the document with its identity and version."""
    if kind == "anchors":
        return CertificateFacts.parse(data, _LIMITS), "", ""
    if kind == "crls":
        facts = CRLFacts.parse(data, _LIMITS)
        return facts, "", str(int(facts.this_update.timestamp()))
    if kind == "ocsp":
        return OCSPFacts.parse(data, _LIMITS), "", ""
    limit = _LIMITS.status_bytes if kind in ("status", "entities") else _LIMITS.json_bytes
    return _read_json(kind, path, read_json(data, path, limit=limit), sha256)


def _read_json(kind: str, path: str, body: Any, sha256: str) -> tuple[Document, str, str]:
    if kind in DOCUMENT_KINDS:
        made = parse_document(kind, body, path, sha256=sha256)
        return made, identity(made)[1], str(made.version)
    dated: IssuerList | StatusFile | EntityFile
    match kind:
        case "issuers":
            dated = parse_issuer_list(body, path)
        case "status":
            dated = parse_status_file(body, path, origin="bundle")
        case "entities":
            dated = parse_entities(body, path, origin="bundle")
        case _:
            raise malformed(path, f"{kind[:40]} is no kind of file")
    return dated, dated.list_id, dated.version
