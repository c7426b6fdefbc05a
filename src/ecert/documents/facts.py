"""What a file says and what arithmetic finds in it: immutable facts, no policy, no trust, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ecert.crypto.evidence import Evidence
from ecert.crypto.times import TimeClaim
from ecert.crypto.tsp import TimestampFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.changes import Change
from ecert.report.outcome import NOT_COMPUTED, OK, Outcome
from ecert.seals.facts import SealFacts

__all__ = ["Carrier", "Coverage", "DocumentFacts", "FormatFacts", "Part", "Scope", "SignatureFacts"]

Coverage = Literal["whole", "revision", "partial", "unknown"]
Scope = Literal["everything", "signatures"]
SignatureKind = Literal["cms", "seal", "timestamp", "integrity", "unknown"]
CarrierKind = Literal["attachment", "xmp", "custom_datas", "qr"]
PartRole = Literal["content", "resource", "structure", "metadata", "signature", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One addressable part of a container (package entry, byte range).

    Args:
        path: absolute package path, or ``"bytes 120-240"``.
        role: what a change of it can do: draw (content, resource, structure), say (metadata), or neither.
        covered_by: indexes of the signatures whose digests cover it.
    """

    path: str
    role: PartRole
    covered_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One copy of the certificate's data inside the file.

    Args:
        kind: which sort of place.
        source: the exact place, for the report.
        raw: its bytes as stored (JSON text for attachment; UTF-8 JSON object of strings for the others).
        covered_by: indexes of the signatures that cover these bytes.
    """

    kind: CarrierKind
    source: str
    raw: bytes
    covered_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatFacts:
    """Facts about the container itself.

    Args:
        recognized: the bytes are the media type claimed by their content.
        within_limits: nothing exceeded `ecert.limits.Limits`.
        single: one file, one format: no bytes before or after, no second format, no duplicate names (L9).
        static: nothing but page content can draw: no JavaScript, XFA, optional content, foreign
            appearance, external reference (L8).
    """

    recognized: Outcome = OK
    within_limits: Outcome = OK
    single: Outcome = NOT_COMPUTED
    static: Outcome = NOT_COMPUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    """One signature found in a file: what it is, what it covers, whether its arithmetic holds.

    Args:
        index: position in document order, from 0.
        where: field name or package path.
        kind: cms, seal, timestamp (RFC 3161 document timestamp), integrity (GM/T 0099), unknown.
        profile: e.g. ``"adbe.pkcs7.detached"``, ``"ETSI.CAdES.detached"``, ``"gbt38540"``, ``"gmt0031"``.
        algorithms: names, digest and key first, e.g. ``("sm3", "sm2")``, then further digests it rests on.
        structure: could be parsed and handled; not ok names why (``signature.unsupported``, ...).
        digest: what it covers still has the digest it states.
        value: the signature value verifies with the signer's key.
        weak: names of weak algorithms it rests on (md5, sha1).
        quirks: named deviations (never-accept.md L22).
        coverage: whole current file, an earlier revision, part of a package, or unknown.
        covers_current: what the current revision shows is what it covers, or changed only as permitted.
        changes_after: ok when nothing came after it, or only what L6 allows; otherwise the worst change.
        changes: what came after it, piece by piece, in words; a note that decides nothing itself.
        uncovered: parts outside its coverage that can draw or say something.
        effects: what those parts can change, one outcome for each kind of change.
        draws: it has a visible appearance of its own.
        docmdp: certification level 1-3, or None.
        signer: the signer's certificate, or None.
        signer_bound: ok when signed bytes name that certificate (ESS certificate id, seal list: L3).
        certificates: other certificates embedded, never trusted for being there.
        crls: embedded CRLs as DER (evidence of the presenter: may condemn, L17).
        evidence: validation data in attributes of its CMS.
        stamps: for a document time stamp: indexes of the signatures whose bytes it covers.
        times: times it declares. timestamps: tokens over its signature value.
        seal: the seal inside, for kind ``"seal"``.
        seal_digest: the seal signature's dataHash equals the document's digest.
        seal_file: Seal.esl beside it equals the seal inside (OK when there is none).
        seal_property: what propertyInfo says it protects is what it does protect.
    """

    index: int
    where: str
    kind: SignatureKind
    profile: str | None = None
    algorithms: tuple[str, ...] = ()
    structure: Outcome = OK
    digest: Outcome = NOT_COMPUTED
    value: Outcome = NOT_COMPUTED
    weak: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    coverage: Coverage = "unknown"
    covers_current: bool = False
    changes_after: Outcome = NOT_COMPUTED
    changes: tuple[Change, ...] = ()
    uncovered: tuple[Part, ...] = ()
    effects: tuple[Outcome, ...] = ()
    draws: bool = False
    docmdp: int | None = None
    signer: CertificateFacts | None = None
    signer_bound: Outcome = NOT_COMPUTED
    certificates: tuple[CertificateFacts, ...] = ()
    crls: tuple[bytes, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    stamps: tuple[int, ...] = ()
    times: tuple[TimeClaim, ...] = ()
    timestamps: tuple[TimestampFacts, ...] = ()
    seal: SealFacts | None = None
    seal_digest: Outcome = NOT_COMPUTED
    seal_file: Outcome = OK
    seal_property: Outcome = OK


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """Everything one file says, and every computation made over it.

    Args:
        media_type: ``"application/pdf"``, ``"application/ofd"`` or ``"application/octet-stream"``.
        sha256: hex digest of the file. size: its bytes.
        revisions: PDF revisions (1 for OFD).
        carriers: copies of the certificate's data. parts: package entries (OFD).
        face_words: text a reader can select, its words with one blank between them; None when it
            was not or cannot be read.
        notes: findings that are facts but no failure, as (code, params) pairs.
        evidence: validation data of the file itself (a PDF's document security store).
        scope: how much was read; ``"signatures"`` leaves the face and the copies of the data unread.
    """

    media_type: str
    sha256: str
    size: int
    format: FormatFacts
    signatures: tuple[SignatureFacts, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    parts: tuple[Part, ...] = ()
    revisions: int = 1
    face_words: str | None = None
    notes: tuple[Outcome, ...] = field(default=())
    evidence: tuple[Evidence, ...] = ()
    scope: Scope = "everything"

    @property
    def all_evidence(self) -> tuple[Evidence, ...]:
        """All validation data of the file and of its signatures and tokens, in that order."""
        found = list(self.evidence)
        for sig in self.signatures:
            found += (Evidence(kind="crl", der=crl, source="cms.crls") for crl in sig.crls)
            found += sig.evidence
            sealed = sig.seal.timestamp if sig.seal is not None else None
            for token in (*sig.timestamps, *([sealed] if sealed is not None else [])):
                found += token.evidence
        return tuple(found)

    @property
    def face_text(self) -> str | None:
        """The text a reader can select, blanks removed."""
        return None if self.face_words is None else self.face_words.replace(" ", "")
