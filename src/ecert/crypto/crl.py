"""Facts of a certificate revocation list (RFC 5280 5, GB/T 20518): read once, looked up by serial.

Freshness, issuer and completeness are judged elsewhere: a list with an issuing distribution point
or a delta indicator says ``partial``, and its silence about a serial means nothing (never-accept.md
L15, L17).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from ecert.crypto import der, names
from ecert.crypto.der import Fields, Node
from ecert.crypto.keys import PublicKey, SignatureCheck
from ecert.crypto.sigcheck import Algorithm, check_signature, parse_algorithm
from ecert.crypto.sm2.curve import DEFAULT_ID
from ecert.crypto.times import parse_asn1_time
from ecert.crypto.x509_ext import aki_of, read_extensions
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["REASONS", "UNREADABLE_SINCE", "CRLFacts", "RevokedEntry"]

REASONS = {
    0: "unspecified",
    1: "key_compromise",
    2: "ca_compromise",
    3: "affiliation_changed",
    4: "superseded",
    5: "cessation_of_operation",
    6: "certificate_hold",
    8: "remove_from_crl",
    9: "privilege_withdrawn",
    10: "aa_compromise",
}
"""CRLReason values (RFC 5280 5.3.1)."""

UNREADABLE_SINCE = datetime(1970, 1, 1, tzinfo=UTC)
"""Instant of revocation assumed for an entry whose own cannot be read: before every signature."""

_NUMBER = "2.5.29.20"
_REASON = "2.5.29.21"
_INVALIDITY = "2.5.29.24"
_DELTA = "2.5.29.27"
_POINT = "2.5.29.28"
_AKI = "2.5.29.35"
_PROCESSED = frozenset({_NUMBER, _DELTA, _POINT, _AKI})
_ENTRY_PROCESSED = frozenset({_REASON, _INVALIDITY})
_REMOVED = "remove_from_crl"
_EXTENSIONS = 0xA0
_ENUMERATED = 0x0A
_KEY = (1 << 64) - 1
_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedEntry:
    """One revoked serial number.

    Args:
        serial: serial number.
        revoked_at: instant of revocation, UTC.
        reason: name of the reason (``key_compromise``...), None where none is given.
        invalidity_date: instant from which the key is suspected, where given.
        unknown_critical: critical entry extensions that are not processed.

    """

    serial: int
    revoked_at: datetime
    reason: str | None = None
    invalidity_date: datetime | None = None
    unknown_critical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLFacts:
    """What one list says. Two are equal when their DER is.

    Args:
        der: the list, verbatim.
        sha256: hex digest of ``der``.
        issuer: display text.
        issuer_der: Name, verbatim.
        aki: key identifier of the signing key, where given.
        this_update: instant of issue, UTC.
        next_update: instant by which the next appears, None where absent.
        number: CRL number.
        partial: it does not claim to cover all certificates of its issuer.
        unknown_critical: critical list extensions that are not processed.
        count: number of entries.
        tbs: signed bytes, verbatim.
        signature: signature octets.
        signature_algorithm: outer algorithm identifier.
        quirks: names of oddities, sorted.

    """

    der: bytes = field(repr=False)
    sha256: str = field(compare=False)
    issuer: str = field(compare=False)
    issuer_der: bytes = field(compare=False, repr=False)
    aki: bytes | None = field(compare=False)
    this_update: datetime = field(compare=False)
    next_update: datetime | None = field(compare=False)
    number: int | None = field(compare=False)
    partial: bool = field(compare=False)
    unknown_critical: tuple[str, ...] = field(compare=False)
    count: int = field(compare=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    signature_algorithm: Algorithm = field(compare=False)
    quirks: tuple[str, ...] = field(compare=False)
    _entries: _Index = field(compare=False, repr=False)

    @staticmethod
    def parse(data: bytes, limits: Limits | None = None) -> CRLFacts:
        """Read one DER list that fills ``data`` exactly.

        Raises:
            MalformedInput: not a list, or larger than ``Limits.trust_file_bytes``.

        """
        limits = limits or Limits()
        if len(data) > limits.trust_file_bytes:
            raise MalformedInput("crl.too_large", f"list of {len(data)} bytes")
        return _parse(data)

    def lookup(self, serial: int) -> RevokedEntry | None:
        """Return the entry of a serial number (of several, the earliest), or None.

        An entry that is there and cannot be read condemns from ``UNREADABLE_SINCE`` on, with
        ``unknown_critical`` naming why: doubt about an entry never clears (L15). removeFromCRL in a
        partial list lifts a hold and condemns nothing (RFC 5280 5.3.1); elsewhere it is a doubt.
        """
        nodes = (der.read(self.der, offset) for offset in self._entries.find(self.der, serial))
        entries = [_entry_or_doubt(node, serial) for node in nodes]
        if self.partial:
            entries = [entry for entry in entries if entry.reason != _REMOVED]
        return min(entries, key=lambda entry: entry.revoked_at) if entries else None

    def is_signed_by(self, public_key: PublicKey, *, user_id: bytes = DEFAULT_ID) -> SignatureCheck:
        """Check the list's signature over its original bytes with one key."""
        if "crl.algorithm_mismatch" in self.quirks:
            return SignatureCheck(ok=False, quirks=(), code="crl.algorithm_mismatch")
        return check_signature(
            self.signature_algorithm, public_key, self.tbs, self.signature, user_id=user_id
        )


def _parse(data: bytes) -> CRLFacts:
    outer = Fields(der.parse(data))
    tbs = outer.take(der.SEQUENCE)
    algorithm = parse_algorithm(outer.take(der.SEQUENCE))
    signature, unused = outer.take(der.BIT_STRING).bits()
    outer.end()
    quirks = {"crl.unused_bits"} if unused else set()
    fields = Fields(tbs)
    version = fields.maybe(der.INTEGER)
    if version is not None and version.integer() != 1:
        raise MalformedInput("crl.version", "list version other than 2")
    if not parse_algorithm(fields.take(der.SEQUENCE)).same_as(algorithm):
        quirks.add("crl.algorithm_mismatch")
    issuer = fields.take(der.SEQUENCE)
    attributes, _quirks = names.parse_name(issuer)
    this_update = _instant(fields.take())
    next_node = fields.maybe(*_TIMES)
    entries = _index(fields.maybe(der.SEQUENCE))
    tagged = fields.maybe(_EXTENSIONS)
    fields.end()
    values, critical, odd = read_extensions(tagged.only()) if tagged else ({}, set(), set())
    return CRLFacts(
        der=data,
        sha256=sha256(data).hexdigest(),
        issuer=names.display(attributes),
        issuer_der=issuer.raw,
        aki=aki_of(values.get(_AKI)),
        this_update=this_update,
        next_update=_instant(next_node) if next_node else None,
        number=der.parse(values[_NUMBER]).integer() if _NUMBER in values else None,
        partial=bool({_DELTA, _POINT} & values.keys()),
        unknown_critical=tuple(sorted(critical - _PROCESSED)),
        count=len(entries.keys),
        tbs=tbs.raw,
        signature=signature,
        signature_algorithm=algorithm,
        quirks=tuple(sorted(quirks | odd)),
        _entries=entries,
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """Where the entries stand: 16 bytes for each, so that a list of millions stays small."""

    keys: array[int]
    offsets: array[int]

    def find(self, data: bytes, serial: int) -> Iterator[int]:
        """Yield the offset of each entry of a serial number, in order."""
        at, key = 0, serial & _KEY
        while True:
            try:
                at = self.keys.index(key, at)
            except ValueError:
                return
            if _serial(data, self.offsets[at], len(data))[0] == serial:
                yield self.offsets[at]
            at += 1


def _serial(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the serial number of the entry at ``at``, and where the entry ends."""
    tag, body, stop = der.header(data, at, end)
    inner, first, last = der.header(data, body, stop)
    if tag != der.SEQUENCE or inner != der.INTEGER or first == last:
        raise MalformedInput("crl.entry", f"unreadable entry at offset {at}")
    return int.from_bytes(data[first:last], "big", signed=True), stop


def _index(revoked: Node | None) -> _Index:
    """Note where each entry stands, reading no more of it than its number."""
    keys, offsets = array("Q"), array("Q")
    if revoked is None:
        return _Index(keys, offsets)
    data, at, end = revoked.data, revoked.body_start, revoked.end
    while at < end:
        serial, stop = _serial(data, at, end)
        keys.append(serial & _KEY)
        offsets.append(at)
        at = stop
    return _Index(keys, offsets)


def _entry_or_doubt(node: Node, serial: int) -> RevokedEntry:
    try:
        return _entry(node)
    except MalformedInput as error:
        return RevokedEntry(
            serial=serial, revoked_at=UNREADABLE_SINCE, unknown_critical=(error.code,)
        )


def _entry(node: Node) -> RevokedEntry:
    fields = Fields(node)
    serial = fields.take(der.INTEGER).integer()
    revoked_at = _instant(fields.take())
    tagged = fields.maybe(der.SEQUENCE)
    fields.end()
    values, critical, _odd = read_extensions(tagged) if tagged else ({}, set(), set())
    invalidity = values.get(_INVALIDITY)
    return RevokedEntry(
        serial=serial,
        revoked_at=revoked_at,
        reason=_reason(values.get(_REASON)),
        invalidity_date=_instant(der.parse(invalidity)) if invalidity is not None else None,
        unknown_critical=tuple(sorted(critical - _ENTRY_PROCESSED)),
    )


def _reason(value: bytes | None) -> str | None:
    if value is None:
        return None
    number = der.parse(value).expect(_ENUMERATED).integer()
    return REASONS.get(number, f"reason_{number}")


def _instant(node: Node) -> datetime:
    """Return an instant; of a vague one the earliest, which can only make matters worse (L11)."""
    claim = parse_asn1_time(node.raw, "crl")
    if claim.earliest is None:
        raise MalformedInput("crl.time", f"unreadable time at offset {node.start}")
    return claim.earliest
