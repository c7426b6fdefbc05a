"""What is fuzzed: one function for each parser that meets bytes of strangers.

A target returns what it read, or raises a class of `ecert.errors`; anything else is a finding. The
modules named with it are those whose line coverage is reported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ecert.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

__all__ = ["TARGETS", "Target"]

_LIMITS = Limits()
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One parser under test.

    Args:
        parser: the parser it belongs to; the targets of one share its time in a timed run.
        call: what is called. modules: files or folders below ``src/ecert`` whose coverage counts.
        writers: those among them that write and are never reached by reading.
        max_len: longest input libFuzzer makes. mutator: ``bytes``, ``der`` or ``zip``.
        executions: how many the long run makes at least. words: tokens worth inserting.
    """

    parser: str
    call: Callable[[bytes], Any]
    modules: tuple[str, ...]
    writers: tuple[str, ...] = ()
    max_len: int
    mutator: str = "bytes"
    executions: int = 200_000
    words: tuple[str, ...] = ()


def der(data: bytes) -> Any:
    """Read DER strictly, and BER into DER."""
    from ecert.crypto import ber
    from ecert.crypto import der as reader
    from ecert.errors import MalformedInput

    try:
        found: Any = ber.to_der(data)
    except MalformedInput as error:
        found = error.code
    node = reader.parse(data)
    return found, reader.walk(node, _LIMITS)


def seal(data: bytes) -> Any:
    """Read a seal."""
    from ecert.seals.asn1 import parse_seal

    return parse_seal(data, _LIMITS)


def seal_signature(data: bytes) -> Any:
    """Read a seal signature and compute all that it states."""
    from ecert.seals.asn1 import parse_seal_signature

    return parse_seal_signature(data, _LIMITS)


def cms(data: bytes) -> Any:
    """Read a CMS and compute each signer's value over a fixed content."""
    from ecert.crypto.cms import find_signer_certificate, verify_signer
    from ecert.crypto.cms_parse import parse_cms
    from ecert.crypto.digest import digest
    from ecert.crypto.evidence import evidence_in

    facts = parse_cms(data, _LIMITS, padding="zeros")
    checks = []
    for signer in facts.signers:
        certificate = find_signer_certificate(signer, facts.certificates)
        if certificate is not None:
            checks.append(
                verify_signer(
                    signer, certificate, content_digest=lambda name: digest(name, b"content")
                )
            )
    return facts, checks, evidence_in(data)


def timestamp(data: bytes) -> Any:
    """Read a time stamp token and compute it."""
    from ecert.crypto.tsp import parse_timestamp

    return parse_timestamp(data, b"stamped", _LIMITS)


def certificate(data: bytes) -> Any:
    """Read a certificate and check it against its own key."""
    from ecert.crypto.x509 import CertificateFacts, is_signed_by

    facts = CertificateFacts.parse(data, _LIMITS)
    key = facts.public_key
    return facts, key is not None and is_signed_by(facts, key)


def _several(data: bytes) -> list[bytes]:
    """Return the members of a sequence: structures that are read together come in one input."""
    from ecert.crypto import der as reader

    return [node.raw for node in reader.parse(data).expect(reader.SEQUENCE).children()][:16]


def path(data: bytes) -> Any:
    """Judge a path of certificates, leaf first, their signatures apart (RFC 5280 6.1)."""
    import crypto_kit
    from ecert.crypto.path_validation import PathRules, PathValidator
    from ecert.crypto.x509 import CertificateFacts

    found = [CertificateFacts.parse(raw, _LIMITS) for raw in _several(data)]
    if not found:
        return None
    rules = (PathRules(), PathRules(explicit_policy=True, policies=frozenset({"1.2.3.4"})))
    return [PathValidator(rules=one, at=crypto_kit.NOW).judge(found) for one in rules]


def crl(data: bytes) -> Any:
    """Read a revocation list as trust material, and what it says of some numbers."""
    from ecert.crypto.crl import CRLFacts

    _trust("crls/a.crl")(data)
    found = CRLFacts.parse(data, _LIMITS)
    serials = (1, 0x4D, 77, 78, -1)
    return found, [(found.entries(n), found.lifts(n), found.lookup(n)) for n in serials]


def revocation(data: bytes) -> Any:
    """Ask lists about a certificate: leaf, its issuer, the root, then the lists."""
    from ecert.crypto.crl import CRLFacts
    from ecert.crypto.crl_scope import CRLScope
    from ecert.crypto.x509 import CertificateFacts

    raws = _several(data)
    leaf, *above = [CertificateFacts.parse(raw, _LIMITS) for raw in raws[:3]] or [None]
    if leaf is None:
        return None
    lists = tuple(CRLFacts.parse(raw, _LIMITS) for raw in raws[3:])
    return CRLScope(crls=lists, pool=tuple(above)).answers(leaf, above)


def ocsp(data: bytes) -> Any:
    """Ask a response about a certificate: leaf, its issuer, then the response."""
    from ecert.crypto.ocsp import OCSPFacts, answers
    from ecert.crypto.x509 import CertificateFacts

    raws = _several(data)
    if len(raws) != 3:
        return None
    leaf, issuer = (CertificateFacts.parse(raw, _LIMITS) for raw in raws[:2])
    found = OCSPFacts.parse(raws[2], _LIMITS)
    return found, answers(found, leaf, issuer, pool=(leaf, issuer))


def _trust(path: str) -> Callable[[bytes], Any]:
    def call(data: bytes) -> Any:
        from ecert.trust.store import TrustStore

        return TrustStore.from_files({path: data}, limits=_LIMITS)

    return call


def entities(data: bytes) -> Any:
    """Read a register's events, and ask what follows for whom it names, before, at and after each."""
    from datetime import timedelta

    from ecert.trust.bundle.dsse import read_json
    from ecert.trust.cascade import naming, standing
    from ecert.trust.entities import parse_entities

    body = read_json(data, "entities/a.json", limit=_LIMITS.json_bytes)
    found = parse_entities(body, "entities/a.json")
    said = [event for events in found.events.values() for event in events][:4]
    second = timedelta(microseconds=1)
    moments = [m for e in said for m in (e.begins, found.issued_at) if m.year > 1]
    asked = [
        standing([found], event.entity, moment - late * second)
        for event in said
        for moment in moments
        for late in (0, 1)
    ]
    return found, asked, [naming([found], es_id) for es_id in found.seals]


_DOCUMENTS = (
    "issuers", "agreements", "rules", "deviations", "code-tables", "matters", "status", "entities",
)  # fmt: skip


def trust_document(data: bytes) -> Any:
    """Read one file of a bundle, of the kind that the first byte picks, and hold it to a scope."""
    from ecert.trust.bundle.content import check_scope, parse_item
    from ecert.trust.bundle.scope import Scope

    kind = _DOCUMENTS[(data[:1] or b"\0")[0] % len(_DOCUMENTS)]
    item = parse_item(f"role/{kind}/a.json", data[1:], sha256="0" * 64)
    check_scope(item, Scope(territories=("500000", "510000", "100000")))
    return item


def rule(data: bytes) -> Any:
    """Read a rule and compile its conditions."""
    from ecert.recognition.rules import compile_rule
    from ecert.trust.bundle.dsse import read_json
    from ecert.trust.rule import parse_rule

    found = parse_rule(read_json(data, "rules/a.json", limit=_LIMITS.json_bytes), "rules/a.json")
    compiled = compile_rule(found)
    return found, [(step.condition.id, step.reads) for step in compiled.steps]


def plan(data: bytes) -> Any:
    """Read the plan of a federation, write it, and read that."""
    from ecert.trust.publishing.plan import parse_plan, plan_yaml

    found = parse_plan(data, limits=_LIMITS)
    assert parse_plan(plan_yaml(found)) == found
    return found


def envelope(data: bytes) -> Any:
    """Read a DSSE envelope, then its payload as each kind of role; a bare payload counts too."""
    from ecert.errors import TrustError
    from ecert.trust.bundle import parsing
    from ecert.trust.bundle.dsse import parse_envelope
    from ecert.trust.bundle.payloads import payload_bytes

    try:
        opened = parse_envelope(data, "a", limit=_LIMITS.json_bytes)
        payload = opened.payload
        assert parse_envelope(opened.to_bytes(), "a", limit=2 * _LIMITS.json_bytes) == opened
    except TrustError as error:
        opened, payload = error.code, data
    found: list[Any] = [opened]
    for read in (
        parsing.parse_root, parsing.parse_timestamp, parsing.parse_snapshot,
        lambda raw, name: parsing.parse_targets(raw, name, role="role"),
    ):  # fmt: skip
        try:
            body = read(payload, "a")
        except TrustError as error:
            found.append(error.code)
        else:
            assert payload_bytes(body)
            found.append(body)
    return found


def metadata(data: bytes) -> Any:
    """Read a certificate's JSON, hold it against its type, and flatten it as carriers do."""
    from ecert.errors import ECertError
    from ecert.model import Certificate, find_profile, load_profile
    from ecert.model.metadata import compare_flat, to_short_names

    found = Certificate.from_json(data, limits=_LIMITS)
    try:
        name, code = found.profile_id, found.type_code
        profile = load_profile(name) if name else find_profile(code or "")
    except ECertError:
        profile = None
    issues = found.validate(profile) if profile else found.issues()
    flat = to_short_names(found, profile)
    rows = profile.face_rows(found) if profile else ()
    return found.canonical(), issues, flat, compare_flat(found, flat, profile), rows


@cache
def _package() -> dict[str, bytes]:
    import ofd_kit

    return ofd_kit.unpack(ofd_kit.good())


_PARTS = (
    "OFD.xml",
    "Doc_0/Document.xml",
    "Doc_0/Pages/Page_0/Content.xml",
    "Doc_0/Signs/Signatures.xml",
    "Doc_0/Signs/Sign_0/Signature.xml",
    "Doc_0/Attachs/Attachments.xml",
)


def ofd_xml(data: bytes) -> Any:
    """Read one XML part; the first byte says in whose place in a good package it then stands."""
    from types import MappingProxyType

    from ecert.documents.ofd.content import page_text
    from ecert.documents.ofd.package import Package, fold
    from ecert.documents.ofd.signatures import read_signatures
    from ecert.documents.ofd.structure import read_structure
    from ecert.documents.ofd.xmlns import parse_xml
    from ecert.report.outcome import OK

    part, body = _PARTS[(data[:1] or b"\0")[0] % len(_PARTS)], data[1:]
    text = page_text(parse_xml(body, part, _LIMITS))
    files = {f"/{name}": raw for name, raw in (_package() | {part: body}).items()}
    package = Package(
        files=MappingProxyType(files),
        folded=MappingProxyType({fold(name): name for name in files}),
        single=OK,
    )
    structure = read_structure(package, _LIMITS)
    return text, structure, read_signatures(package, structure, _LIMITS)


def ofd_zip(data: bytes) -> Any:
    """Unpack a package."""
    from ecert.documents.ofd.package import open_package
    from ecert.documents.ofd.ziprecords import insignificant_ranges

    package = open_package(data, _LIMITS)
    return dict(package.files), package.single, insignificant_ranges(data)


def xmp(data: bytes) -> Any:
    """Read the packet of an XMP stream."""
    from ecert.documents.pdf.carriers import xmp_carrier
    from ecert.documents.pdf.values import Body, Name, Stream

    body = Body({}, (1, 0), lambda _: data)
    return xmp_carrier(Stream(body, {"Subtype": Name("XML")}, (2, 0)), _LIMITS)


def qr(data: bytes) -> Any:
    """Read the text of a printed code and the identifier in it."""
    from ecert.ids.ecid import diagnose
    from ecert.model.printed_code import PrintedCode

    code = PrintedCode.parse(data)
    assert code.text().encode() == data
    return code, diagnose(code.ecid)


def document(data: bytes) -> Any:
    """Read a whole file, whatever it is: the entry of ``ecert inspect`` and ``ecert verify``."""
    from ecert.documents import inspect_document

    return inspect_document(data, _LIMITS)


@cache
def _sample_trust() -> Any:
    from ecert.trust.store import TrustStore

    return TrustStore.load(ROOT / "sample_certs/trust")


def judged(data: bytes) -> Any:
    """Verify a whole file against the trust of the samples, and write every form of the report."""
    from datetime import UTC, datetime

    from ecert.facade import Asking, verify

    at = datetime(2026, 11, 20, 2, tzinfo=UTC)
    asking = Asking(test_trust="allowed", relying="110000")
    report = verify(data, trust=_sample_trust(), at=at, asking=asking)
    assert report.exit_code in {4, 10, 11, 12}
    return report.to_json(), [report.render(lang, detail="full") for lang in ("zh", "en")]


_X509 = ("crypto/x509.py", "crypto/x509_ext.py", "crypto/names.py", "crypto/times.py")

TARGETS: dict[str, Target] = {
    "der": Target(
        parser="DER", call=der, modules=("crypto/der.py", "crypto/ber.py"), max_len=2 * _KIB, mutator="der"
    ),
    "seal": Target(parser="SES", call=seal, modules=("seals",), writers=("seals/making.py",), max_len=8 * _KIB, mutator="der"),
    "ses": Target(parser="SES", call=seal_signature, modules=("seals",), writers=("seals/making.py",), max_len=8 * _KIB, mutator="der"),
    "cms": Target(
        parser="CMS", call=cms,
        modules=("crypto/cms.py", "crypto/cms_parse.py", "crypto/cms_attrs.py"),
        max_len=8 * _KIB,
        mutator="der",
    ),
    "timestamp": Target(
        parser="CMS", call=timestamp, modules=("crypto/tsp.py",), max_len=8 * _KIB, mutator="der"
    ),
    "certificate": Target(parser="X.509", call=certificate, modules=_X509, max_len=16 * _KIB, mutator="der"),
    "crl": Target(
        parser="X.509", call=crl, modules=("crypto/crl.py", "crypto/crl_points.py"), max_len=16 * _KIB, mutator="der"
    ),
    "ocsp": Target(parser="X.509", call=ocsp, modules=("crypto/ocsp.py",), max_len=8 * _KIB, mutator="der"),
    "revocation": Target(
        parser="X.509",
        call=revocation,
        modules=("crypto/crl_scope.py", "crypto/crl_answers.py"),
        max_len=8 * _KIB,
        mutator="der",
    ),
    "path": Target(
        parser="X.509", call=path,
        modules=("crypto/path_validation.py", "crypto/policies.py", "crypto/name_constraints.py", "crypto/general_names.py"),
        max_len=4 * _KIB,
        mutator="der",
    ),
    "anchor": Target(
        parser="trust files", call=_trust("anchors/a.pem"),
        modules=("trust/pem.py", "trust/store.py"),
        max_len=16 * _KIB,
        words=("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"),
    ),
    "issuers": Target(
        parser="trust files", call=_trust("issuers.yaml"),
        modules=("trust/issuers.py", "trust/reading.py", "model/textdata.py"),
        max_len=16 * _KIB,
        words=("services:", "kind: ", "granted", "withdrawn", "territory: ", "&a", "*a", "<<: ", "!!"),
    ),
    "status": Target(
        parser="trust files", call=_trust("status/a.json"),
        modules=("trust/status.py", "trust/reading.py"),
        max_len=16 * _KIB,
        words=("certificates", "seals", "state", "valid", "cancelled", "1e999", "\\ud800"),
    ),
    "agreement": Target(
        parser="trust files", call=_trust("agreements/a.yaml"),
        modules=("trust/agreement.py", "trust/reading.py"),
        max_len=16 * _KIB,
        words=("parties:", "relying: ", "effect: ", "from: ", "&a", "*a", "<<: "),
    ),
    "entities": Target(
        parser="trust documents", call=entities,
        modules=("trust/entities.py", "trust/cascade.py", "trust/reading.py"),
        max_len=16 * _KIB,
        words=("events", "lifted", "lifts", "transferred_out", "received_from", "day", '"at"', "null",
               "9999-12-31T23:59:59Z", "0001-01-01", "-23:59"),
    ),
    "trust_document": Target(
        parser="trust documents", call=trust_document,
        modules=("trust/bundle/content.py", "trust/agreement.py", "trust/equivalence.py",
                 "trust/deviation.py", "trust/codetable.py", "trust/matters.py", "trust/rule.py",
                 "trust/status.py", "trust/issuers.py"),
        max_len=16 * _KIB,
        words=("equivalences", "grandfathering", "cut-off", "history", "changes", "accept_also", "*", "null",
               "lossy", "certificate_type", "1e999", "\\ud800", "9999-12-31T23:59:59-23:59"),
    ),
    "rule": Target(
        parser="trust documents", call=rule,
        modules=("trust/rule.py", "recognition/rules/compiling.py", "recognition/rules/syntax.py",
                 "recognition/rules/reading.py", "recognition/rules/tree.py"),
        max_len=8 * _KIB,
        executions=50_000,
        words=("has(", "cert.", "issuer.", "&&", "||", "!", "matches(", "under(", "code_map(", "? :", "[0]", "''",
               "0x", "u", "absence", "\\n", "(((((("),
    ),
    "plan": Target(
        parser="trust documents", call=plan,
        modules=("trust/publishing/plan.py", "model/textdata.py"),
        max_len=16 * _KIB,
        words=("parent: ", "roles:", "compulsory: ", "'*'", "threshold: ", "&a", "*a", "!!"),
    ),
    "envelope": Target(
        parser="trust documents", call=envelope,
        modules=("trust/bundle/dsse.py", "trust/bundle/parsing.py", "trust/bundle/payloads.py",
                 "trust/bundle/keys.py", "trust/bundle/scope.py"),
        max_len=16 * _KIB,
        words=("payload", "signatures", "keyid", "critical", "delegations", "threshold", "compulsory", "1e999",
               "\\ud800", "null", "targets.json"),
    ),
    "metadata": Target(
        parser="metadata JSON", call=metadata,
        modules=("model/canonical.py", "model/certificate.py", "model/fields.py",
                 "model/metadata.py", "model/validation.py"),
        max_len=16 * _KIB,
        words=("certificateIdentifier", "fields", "metadata", "kind", "copy", "1e999", "\\ud800", "-0"),
    ),
    "qr": Target(
        parser="QR payload", call=qr,
        modules=("model/printed_code.py", "ids/ecid.py"),
        max_len=1 * _KIB,
        words=("ECERT:1:", "1.2.156.3005.2.", ".001.", ":0123456789abcdef"),
    ),
    "xmp": Target(
        parser="metadata JSON", call=xmp,
        modules=("documents/pdf/carriers.py",),
        max_len=16 * _KIB,
        words=("rdf:Description", "rdf:li", "rdf:Alt", "xml:lang", "rdf:parseType", "xmlns:"),
    ),
    "ofd_zip": Target(
        parser="OFD zip", call=ofd_zip,
        modules=("documents/ofd/package.py", "documents/ofd/ziprecords.py"),
        max_len=8 * _KIB,
        mutator="zip",
        words=("PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "PK\x07\x08"),
    ),
    "ofd_xml": Target(
        parser="OFD XML", call=ofd_xml,
        modules=("documents/ofd/xmlns.py", "documents/ofd/structure.py",
                 "documents/ofd/content.py", "documents/ofd/signatures.py",
                 "documents/ofd/references.py", "documents/ofd/paths.py"),
        max_len=16 * _KIB,
        words=("ofd:DocBody", "ofd:Reference", "FileRef=", "CheckMethod=", "ofd:Versions", "<!DOCTYPE",
               "ofd:TextCode", "DeltaX=", "ofd:Annotations", "ofd:Template", "BaseLoc=", "../", "&#0;"),
    ),
    "ofd": Target(
        parser="OFD", call=document, modules=("documents/ofd",), max_len=48 * _KIB, mutator="zip",
        executions=50_000,
    ),
    "pdf": Target(
        parser="PDF", call=document,
        modules=("documents/pdf",),
        writers=("documents/pdf/write.py", "documents/pdf/sign.py", "documents/pdf/appearance.py"),
        max_len=32 * _KIB,
        executions=50_000,
        words=("/ByteRange", "/Contents", "/Prev ", "/XRefStm ", "endobj", "stream", "startxref", "%%EOF",
               "/ObjStm", "/FlateDecode", "/AcroForm", "/Annots", "/DSS", "/Perms", "/JS", "trailer", "0 R",
               "/EmbeddedFile", "/Metadata", "/Parent", "/Kids", "/Encrypt", "/DecodeParms", "#00"),
    ),
    "verify": Target(
        parser="PDF", call=judged,
        modules=("verification", "report"),
        max_len=192 * _KIB,
        mutator="zip",
        executions=5_000,
    ),
}  # fmt: skip
