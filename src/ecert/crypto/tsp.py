"""Time-stamp tokens (RFC 3161, GM/T 0033, GB/T 20520): checked by arithmetic, never believed.

``parse_timestamp`` never raises on content: what is wrong stands in the facts. Whether the
authority is trusted is the judge's question. ``make_timestamp`` serves the test authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ecert.crypto import algorithms, der
from ecert.crypto import der_build as build
from ecert.crypto import digest as digests
from ecert.crypto.cms import CMSFacts, find_signer_certificate, parse_cms, verify_signer
from ecert.crypto.der import Fields
from ecert.crypto.evidence import Evidence, evidence_in
from ecert.crypto.sigcheck import parse_algorithm
from ecert.crypto.times import parse_asn1_time
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_ext import read_extensions
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

if TYPE_CHECKING:
    from ecert.crypto.signer import Signer

__all__ = ["TST_INFO", "TimestampFacts", "make_timestamp", "parse_timestamp"]

TST_INFO = "1.2.840.113549.1.9.16.1.4"
_TEST_POLICY = "1.3.6.1.4.1.99999.1"
_PURPOSE = "time_stamping"
_SIGNING = frozenset({"digital_signature", "non_repudiation"})
_PURPOSE_OID = "2.5.29.37"
_TSA_NAME = 0xA0
_EXTENSIONS = 0xA1
_MILLIS, _MICROS = 0x80, 0x81
_THOUSAND = 1000
_ACCURACY_S = 86_400
"""Accuracy in seconds beyond which a token states no instant; honest ones say a second or less."""

_LAST = datetime.max.replace(tzinfo=UTC) - 2 * timedelta(seconds=_ACCURACY_S)
"""Beyond it a time and its accuracy leave the calendar; nothing was stamped then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampFacts:
    """What one time-stamp token says, and which of its arithmetic holds.

    Args:
        raw: the token, verbatim.
        gen_time: instant stated by the authority (aware, UTC), None where unreadable.
        accuracy: how far the true instant may lie from it, as the authority says; zero where it
            says nothing. Whether its tokens are ordered among themselves is not read: times are
            compared, never the order of two tokens.
        algorithms: digest and key kind of the token's own signature.
        imprint_algorithm: digest name of the message imprint, or its dotted OID.
        imprint: digest stated for the stamped bytes.
        imprint_ok: the imprint is the digest of the bytes that were given.
        value: the token's own signature holds over its TSTInfo, by the certificate it names.
        signer: certificate of the authority, None where the token carries none that fits.
        certificates: all certificates in the token.
        policy: dotted policy OID.
        serial: serial number of the token.
        problem: anything else that forbids relying on it (usage, period, binding), OK otherwise.
        evidence: validation data inside the token.
        quirks: names of tolerated oddities, sorted.

    """

    raw: bytes
    gen_time: datetime | None = None
    accuracy: timedelta = timedelta()
    algorithms: tuple[str, ...] = ()
    imprint_algorithm: str = ""
    imprint: bytes = b""
    imprint_ok: Outcome
    value: Outcome
    signer: CertificateFacts | None = None
    certificates: tuple[CertificateFacts, ...] = ()
    policy: str = ""
    serial: int | None = None
    problem: Outcome = OK
    evidence: tuple[Evidence, ...] = ()
    quirks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Info:
    """The members of a TSTInfo that mean something here."""

    policy: str
    algorithm: str
    imprint: bytes
    serial: int
    gen_time: datetime
    accuracy: timedelta
    problem: Outcome


def parse_timestamp(
    token_der: bytes, stamped_bytes: bytes, limits: Limits | None = None
) -> TimestampFacts:
    """Read a TimeStampToken and check it against the bytes it is to have stamped.

    Args:
        token_der: DER of the token (a ContentInfo).
        stamped_bytes: the signature value, or whatever else was stamped.
        limits: bounds of the parsers.

    """
    try:
        cms = parse_cms(token_der, limits or Limits())
        info = _read_info(cms)
    except MalformedInput as error:
        bad = failed("tsp.malformed", cause=error.code)
        return TimestampFacts(raw=token_der, imprint_ok=bad, value=bad, problem=bad)
    name = algorithms.digest_name(info.algorithm) or info.algorithm
    signer, value, problem, quirks = _check(cms, info)
    if name in digests.WEAK:
        quirks |= {"digest.weak"}
    return TimestampFacts(
        raw=token_der,
        gen_time=info.gen_time,
        accuracy=info.accuracy,
        algorithms=_algorithms(cms, signer),
        imprint_algorithm=name,
        imprint=info.imprint,
        imprint_ok=_imprint_outcome(name, info.imprint, stamped_bytes),
        value=value,
        signer=signer,
        certificates=cms.certificates,
        policy=info.policy,
        serial=info.serial,
        problem=problem,
        evidence=(
            *(Evidence(kind="crl", der=crl, source="token.crls") for crl in cms.crls),
            *evidence_in(cms.raw),
        ),
        quirks=tuple(sorted(quirks)),
    )


def make_timestamp(
    message: bytes, *, signer: Signer, at: datetime, serial: int, digest: str = "sm3"
) -> bytes:
    """Return a TimeStampToken over ``message``, for the test authority.

    Args:
        message: bytes to stamp.
        signer: key and certificate of the authority.
        at: genTime.
        serial: token serial number.
        digest: of the imprint; the signature uses its key kind's own.

    """
    info = build.sequence(
        build.integer(1),
        build.oid(_TEST_POLICY),
        build.sequence(
            build.algorithm(algorithms.DIGEST_OIDS[digest]),
            build.octet_string(digests.digest(digest, message)),
        ),
        build.integer(serial),
        build.generalized_time(at),
    )
    name = algorithms.default_digest(signer.kind) or "sha512"
    from ecert.crypto.cms_build import Content, build_signed_data

    content = Content(digest=name, value=digests.digest(name, info), inner=TST_INFO, embedded=info)
    return build_signed_data(content, signer=signer, signing_time=at)


def _read_info(cms: CMSFacts) -> _Info:
    if cms.econtent_type_oid != TST_INFO or cms.econtent is None:
        raise MalformedInput("tsp.content_type", "no TSTInfo inside")
    fields = Fields(der.parse(cms.econtent))
    if fields.take(der.INTEGER).integer() != 1:
        raise MalformedInput("tsp.version", "TSTInfo version other than 1")
    policy = fields.take().oid()
    imprint = Fields(fields.take(der.SEQUENCE))
    algorithm = parse_algorithm(imprint.take(der.SEQUENCE))
    hashed = imprint.take().octets()
    imprint.end()
    serial = fields.take(der.INTEGER).integer()
    claim = parse_asn1_time(fields.take(der.GENERALIZED_TIME).raw, "genTime")
    accuracy = fields.maybe(der.SEQUENCE)
    for tag in (der.BOOLEAN, der.INTEGER, _TSA_NAME):
        fields.maybe(tag)  # ordering, nonce, tsa: nothing here rests on them
    extensions = fields.maybe(_EXTENSIONS)
    fields.end()
    if claim.earliest is None or claim.earliest != claim.latest:
        raise MalformedInput("tsp.time", "genTime is not an instant")
    if claim.earliest > _LAST:
        raise MalformedInput("tsp.time", "genTime lies at the end of the calendar")
    return _Info(
        policy=policy,
        algorithm=algorithm.oid,
        imprint=hashed,
        serial=serial,
        gen_time=claim.earliest.astimezone(UTC),
        accuracy=_accuracy(accuracy),
        problem=_extension_problem(extensions),
    )


def _accuracy(node: der.Node | None) -> timedelta:
    """Return the sum of seconds, milliseconds and microseconds (RFC 3161 2.4.2)."""
    if node is None:
        return timedelta()
    fields = Fields(node)
    parts = [fields.maybe(tag) for tag in (der.INTEGER, _MILLIS, _MICROS)]
    fields.end()
    seconds, millis, micros = (
        0 if part is None else int.from_bytes(part.body, "big", signed=True) for part in parts
    )
    if (
        not 0 <= seconds <= _ACCURACY_S
        or not 0 <= millis < _THOUSAND
        or not 0 <= micros < _THOUSAND
    ):
        raise MalformedInput("tsp.time", "an accuracy that is none")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)


def _extension_problem(node: der.Node | None) -> Outcome:
    """RFC 3161 2.4.2, RFC 5280 4.2: a critical extension that nothing here understands forbids use."""
    if node is None:
        return OK
    members = build.sequence(*(member.raw for member in node.children()))
    _, critical, _ = read_extensions(der.parse(members))
    if critical:
        return unknown("tsp.critical_extension", oid=min(critical))
    return OK


def _algorithms(cms: CMSFacts, signer: CertificateFacts | None) -> tuple[str, ...]:
    if len(cms.signers) != 1 or signer is None or signer.public_key is None:
        return ()
    return (cms.signers[0].digest, signer.public_key.kind)


def _imprint_outcome(name: str, imprint: bytes, stamped: bytes) -> Outcome:
    if not digests.is_known(name):
        return unknown("tsp.imprint_algorithm", digest=name)
    same = digests.digest(name, stamped) == imprint
    return OK if same else failed("tsp.imprint")


def _check(
    cms: CMSFacts, info: _Info
) -> tuple[CertificateFacts | None, Outcome, Outcome, set[str]]:
    quirks = set(cms.quirks)
    if len(cms.signers) != 1:
        bad = failed("tsp.signers", count=len(cms.signers))
        return None, bad, bad, quirks
    signer = cms.signers[0]
    certificate = find_signer_certificate(signer, cms.certificates)
    if certificate is None:
        missing = unknown("tsp.no_certificate")
        return None, missing, missing, quirks | set(signer.quirks)
    content = cms.econtent or b""
    check = verify_signer(
        signer, certificate, content_digest=lambda name: digests.digest(name, content)
    )
    value = check.value if check.digest.ok else check.digest
    problem = _usage_problem(certificate, info.gen_time)
    if problem.ok:
        problem = info.problem
    if problem.ok:
        problem = check.bound
    return certificate, value, problem, quirks | set(check.quirks) | _usage_quirks(certificate)


def _usage_problem(certificate: CertificateFacts, gen_time: datetime) -> Outcome:
    """RFC 3161 2.3, 4: the key is for time stamping, its certificate in force at genTime.

    A key that keyUsage lets only encrypt signs no token, whatever its purposes say (L3).
    """
    purposes, usage = certificate.extended_key_usage, certificate.key_usage
    signs = usage is None or bool(usage & _SIGNING)
    if purposes is None or _PURPOSE not in purposes or not signs:
        return failed("tsp.usage", subject=certificate.subject)
    if not certificate.not_before <= gen_time <= certificate.not_after:
        return failed("tsp.outside_validity", subject=certificate.subject)
    return OK


def _usage_quirks(certificate: CertificateFacts) -> set[str]:
    purposes = certificate.extended_key_usage or frozenset()
    strict = purposes == {_PURPOSE} and _PURPOSE_OID in certificate.extensions.critical
    return set() if strict else {"tsp.usage_not_exclusive"}
