"""Issues one certificate as a signed PDF.

1 refuse a certificate, signer or seal that a verifier would refuse; 2 lay out the face; 3 add
data, XMP and room for the signature; 4 sign and certify, last of all (never-accept.md L6); 5 read
the file back with the verifier's own eyes and hand it over only if everything holds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.documents.pdf.appearance import Raster, Rectangle, read_picture
from ecert.documents.pdf.facts import inspect_pdf
from ecert.documents.pdf.sign import Stamp, pick_layout, sign_pdf
from ecert.documents.pdf.write import Attachment
from ecert.documents.pdf.xmpns import CERTIFICATE_FILENAME
from ecert.errors import ProfileError, SigningError
from ecert.issuance.drawing import drawing_mark
from ecert.issuance.face import face_of
from ecert.issuance.fonts import FontSet, locate_fonts
from ecert.issuance.render import Face, geometry, render_face
from ecert.issuance.xmp import PRODUCER, build_xmp
from ecert.limits import Limits
from ecert.model.certificate import Certificate
from ecert.model.metadata import to_short_names
from ecert.model.profile import Profile
from ecert.report.outcome import OK, Outcome, failed
from ecert.seals.arithmetic import check_listed
from ecert.seals.facts import SealFacts
from ecert.seals.making import Seal

__all__ = ["IssueOptions", "IssuedDocument", "issue", "verify_issued"]

_LARGEST_SEAL_MM = 60
"""National seals measure 40 to 60 mm; a larger picture would cover what it certifies."""
_EDGE_MM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOptions:
    """What may differ from one issuer to the next.

    Args:
        profile: of the certificate's type; None loads the shipped one it names.
        fonts: None finds the installed ones.
        template: a ``.typ`` file (with a ``.toml`` beside it) instead of the profile's template.
        notice: a line printed small, e.g. `ecert.issuance.face.SAMPLE_NOTICE`.
        producer: name of the program in the XMP packet.

    """

    profile: Profile | None = None
    fonts: FontSet | None = None
    template: Path | None = None
    notice: str | None = None
    producer: str = PRODUCER


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedDocument:
    """A signed file that passed its own check."""

    data: bytes = field(repr=False)
    sha256: str
    ecid: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file as a whole or not at all; return its path."""
        target = Path(path)
        part = target.with_name(f".{target.name}.{self.sha256[:8]}.part")
        try:
            part.write_bytes(self.data)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target


def issue(
    certificate: Certificate,
    *,
    signer: Signer,
    seal: Seal | None,
    at: datetime,
    layout: str = "cms",
    options: IssueOptions | None = None,
) -> IssuedDocument:
    """Return the certificate as a certified PDF/A-3b, checked.

    Args:
        certificate: without faults by its profile.
        signer: the issuing authority's key and certificate.
        seal: whose picture is shown; ``layout="ses"`` also signs with it. None draws nothing.
        at: the instant of issue, with a zone.
        layout: ``"cms"`` (by the signer's kind of key) or ``"ses"`` (GB/T 38540).
        options: profile, fonts, template and the like.

    Raises:
        SigningError: certificate, signer or seal cannot be used, or the result fails its check.
        FaceError: a character or text cannot be printed.
        ProfileError: the profile or its template cannot be used.

    """
    chosen, moment = options or IssueOptions(), _whole_seconds(at)
    profile = chosen.profile or _profile_of(certificate)
    pick_layout(layout, signer.kind)
    _check_certificate(certificate, profile)
    _check_signer(signer.certificate, moment)
    if seal:
        _check_seal(seal.facts, signer=signer, at=moment)
    template = chosen.template or profile.face.template
    face = face_of(certificate, profile, template=template, notice=chosen.notice)
    fonts = chosen.fonts or locate_fonts()
    body = render_face(face, template=template, fonts=fonts, at=moment)
    picture, where = _appearance(seal, template)
    stamp = Stamp(signer=signer, at=moment, layout=layout, seal=seal, picture=picture, where=where)
    xmp = build_xmp(
        to_short_names(certificate, profile),
        title=face.title,
        identifier=face.ecid,
        at=moment,
        producer=chosen.producer,
        drawing=drawing_mark(template, fonts),
    )
    data = sign_pdf(body, xmp=xmp, attachments=(_data_file(certificate),), stamp=stamp)
    facts = verify_issued(data, certificate=certificate, signer=signer.certificate, face=face)
    return IssuedDocument(data=data, sha256=facts.sha256, ecid=face.ecid)


def _whole_seconds(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise SigningError("issue.time_without_zone", "the time of issue needs a zone")
    return at.replace(microsecond=0)


def _profile_of(certificate: Certificate) -> Profile:
    if not certificate.profile_id:
        raise ProfileError(
            "issue.profile_unnamed", "the certificate names no profile: give one in the options"
        )
    return Profile.load(certificate.profile_id)


def _check_certificate(certificate: Certificate, profile: Profile) -> None:
    issues = certificate.validate(profile)
    if issues:
        first = issues[0]
        cause = first.cause.code if first.cause else first.code
        raise SigningError(
            "issue.certificate_invalid",
            f"{len(issues)} faults, the first at {first.field}: {cause}",
            params={"count": len(issues), "field": first.label or first.field, "cause": cause},
        )


def _check_signer(certificate: CertificateFacts, at: datetime) -> None:
    if not certificate.not_before <= at <= certificate.not_after:
        raise SigningError(
            "issue.signer_outside_period",
            "the time of issue is outside the signer certificate's period",
            params={
                "at": at.isoformat(),
                "start": certificate.not_before.isoformat(),
                "end": certificate.not_after.isoformat(),
            },
        )
    usage = certificate.key_usage
    if usage is not None and not usage & {"digital_signature", "non_repudiation"}:
        raise SigningError("issue.signer_usage", "the signer's certificate may not sign documents")


def _check_seal(facts: SealFacts, *, signer: Signer, at: datetime) -> None:
    if facts.maker_signature.ok is not True:
        raise SigningError("issue.seal_not_genuine", "the seal's maker signature does not hold")
    start, end = facts.valid_from.latest, facts.valid_to.earliest
    if start is None or end is None or not start <= at <= end:
        raise SigningError(
            "issue.seal_outside_period",
            "the time of issue is outside the seal's period",
            params={
                "at": at.isoformat(),
                "start": facts.valid_from.text,
                "end": facts.valid_to.text,
            },
        )
    # A seal lists SM2 certificates; beside a key for foreign readers it is a picture only.
    if signer.kind == "sm2" and check_listed(signer.certificate.der, facts)[0].ok is not True:
        raise SigningError(
            "issue.signer_not_in_seal", "the signer's certificate is not in the seal's list"
        )


def _appearance(
    seal: Seal | None, template: str | Path
) -> tuple[Raster, Rectangle] | tuple[None, None]:
    if seal is None:
        return None, None
    picture, place = seal.facts.picture, geometry(template)
    x, y = place.seal
    half_width, half_height = picture.width_mm / 2, picture.height_mm / 2
    if (
        min(half_width, half_height) <= 0
        or max(half_width, half_height) > _LARGEST_SEAL_MM / 2
        or x + half_width > place.page[0] - _EDGE_MM
        or y + half_height > place.page[1] - _EDGE_MM
    ):
        raise SigningError(
            "issue.seal_size",
            f"a seal of {picture.width_mm} x {picture.height_mm} mm has no place on the face",
            params={"width": picture.width_mm, "height": picture.height_mm},
        )
    where = Rectangle(centre_x=x, centre_y=y, width=picture.width_mm, height=picture.height_mm)
    return read_picture(picture.data), where


def _data_file(certificate: Certificate) -> Attachment:
    return Attachment(
        name=CERTIFICATE_FILENAME,
        data=certificate.canonical(),
        media_type="application/json",
        description="电子证照数据 (ecert.certificate/1)",
    )


def verify_issued(
    data: bytes,
    *,
    certificate: Certificate,
    signer: CertificateFacts,
    face: Face | None = None,
) -> DocumentFacts:
    """Read a file back and return its facts if everything in it holds.

    Args:
        data: the file.
        certificate: what it must carry, byte for byte.
        signer: who must have signed it.
        face: what its text layer must show; None skips the comparison.

    Raises:
        SigningError: ``issue.own_output``, naming the first check that fails.

    """
    facts = inspect_pdf(data, Limits())
    checks = [*_file_checks(facts), *_carrier_checks(facts, certificate)]
    for found in facts.signatures[:1]:
        checks += _signature_checks(found, signer)
    checks += _face_checks(facts, face)
    for name, outcome in checks:
        if outcome.ok is not True:
            raise SigningError(
                "issue.own_output",
                f"the file just made fails its own check: {name}: {outcome.code}",
                params={"check": name, "cause": outcome.code},
            )
    return facts


def _hold(condition: object) -> Outcome:
    return OK if condition else failed("issue.unexpected")


def _file_checks(facts: DocumentFacts) -> list[tuple[str, Outcome]]:
    return [
        ("format.recognized", facts.format.recognized),
        ("format.within_limits", facts.format.within_limits),
        ("format.single", facts.format.single),
        ("format.static", facts.format.static),
        ("revisions", _hold(facts.revisions == 1)),
        ("signatures", _hold(len(facts.signatures) == 1)),
    ]


def _signature_checks(found: SignatureFacts, signer: CertificateFacts) -> list[tuple[str, Outcome]]:
    sealed = found.kind == "seal"
    return [
        ("signature.structure", found.structure),
        ("signature.digest", found.digest),
        ("signature.value", found.value),
        ("signature.signer_bound", found.signer_bound),
        ("signature.seal_digest", found.seal_digest if sealed else OK),
        ("signature.changes_after", found.changes_after),
        ("signature.coverage", _hold(found.coverage == "whole" and found.covers_current)),
        ("signature.uncovered", _hold(not found.uncovered)),
        ("signature.certified", _hold(found.docmdp == 1)),
        ("signature.weak", _hold(not found.weak)),
        ("signature.signer", _hold(found.signer is not None and found.signer.der == signer.der)),
    ]


def _carrier_checks(facts: DocumentFacts, certificate: Certificate) -> list[tuple[str, Outcome]]:
    files = [c for c in facts.carriers if c.kind == "attachment"]
    mirrors = [c for c in facts.carriers if c.kind == "xmp"]
    same = len(files) == 1 and files[0].raw == certificate.canonical()
    covered = all(c.covered_by == (0,) for c in facts.carriers)
    return [
        ("carrier.attachment", _hold(same)),
        ("carrier.xmp", _hold(len(mirrors) == 1)),
        ("carrier.covered", _hold(covered)),
    ]


def _face_checks(facts: DocumentFacts, face: Face | None) -> list[tuple[str, Outcome]]:
    if face is None:
        return []
    shown = facts.face_text or ""
    return [
        (f"face.{label}", _hold("".join(text.split()) in shown)) for label, text in face.texts()
    ]
