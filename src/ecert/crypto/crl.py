"""Facts of a certificate revocation list (RFC 5280 5, GB/T 20518): read once, looked up by serial.

Entries of an indirect list belong to the authority that it last named (5.3.3). Freshness, issuer and
scope are judged elsewhere (``crl_scope``): a list with an issuing distribution point or a delta
indicator says ``partial``, and its silence alone means nothing (never-accept.md L15, L17).
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice

from ecert.crypto import der, names
from ecert.crypto.crl_points import IssuingPoint, read_issuing_point
from ecert.crypto.der import Fields, Node
from ecert.crypto.dsa import IssuerKey, check_with
from ecert.crypto.general_names import DIRECTORY, directory, read_general_names
from ecert.crypto.keys import SignatureCheck
from ecert.crypto.sigcheck import Algorithm, parse_algorithm
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
_OWNER = "2.5.29.29"
_OWNER_OID = bytes.fromhex("0603551d1d")
_CRITICAL = re.compile(rb"\x01\x01[^\x00]\x04")
_PLAIN_OIDS = (bytes.fromhex("0603551d15"), bytes.fromhex("0603551d18"))
_SAME = 4096  # entries of one serial number; an indirect list has one for each authority
_STEPS = 256  # false hits of a search for octets; honest lists have none
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
        point: its issuing distribution point, None where absent.
        point_der: the same, verbatim.
        delta_base: number of the list that it completes, None where it is complete.
        unknown_critical: critical list extensions that are not processed.
        entries_doubtful: some entry has a critical extension that is not processed.
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
    point: IssuingPoint | None = field(compare=False, repr=False)
    point_der: bytes | None = field(compare=False, repr=False)
    delta_base: int | None = field(compare=False)
    unknown_critical: tuple[str, ...] = field(compare=False)
    entries_doubtful: bool = field(compare=False)
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

    def lookup(self, serial: int, *, issuer_der: bytes | None = None) -> RevokedEntry | None:
        """Return the entry that revokes or holds a certificate (of several, the earliest), or None."""
        found = self.revoking(serial, issuer_der=issuer_der)
        return min(found, key=lambda entry: entry.revoked_at) if found else None

    def revoking(self, serial: int, *, issuer_der: bytes | None = None) -> tuple[RevokedEntry, ...]:
        """Return the entries that revoke or hold a certificate.

        One that is there and cannot be read condemns from ``UNREADABLE_SINCE`` on, with
        ``unknown_critical`` naming why: doubt about an entry never clears (L15). removeFromCRL in a
        delta list lifts a hold and condemns nothing (RFC 5280 5.3.1); elsewhere it is a doubt.
        """
        found = self.entries(serial, issuer_der=issuer_der)
        if self.delta_base is None:
            return found
        return tuple(entry for entry in found if entry.reason != _REMOVED)

    def lifts(self, serial: int, *, issuer_der: bytes | None = None) -> bool:
        """Whether the list says only that this certificate is no longer on hold."""
        found = self.entries(serial, issuer_der=issuer_der)
        return bool(found) and all(entry.reason == _REMOVED for entry in found)

    def entries(self, serial: int, *, issuer_der: bytes | None = None) -> tuple[RevokedEntry, ...]:
        """Return all entries of one issuer's serial number; the issuer is by default the list's own."""
        places = list(islice(self._entries.find(self.der, serial), _SAME + 1))
        if len(places) > _SAME:
            return (_doubt(serial, "crl.entry"),)
        wanted = self.issuer_der if issuer_der is None else issuer_der
        known = _known(self.point)
        return tuple(
            _entry_or_doubt(der.read(self.der, self._entries.offsets[place]), serial, known)
            for place in places
            if self._belongs(place, wanted)
        )

    def _belongs(self, place: int, issuer_der: bytes) -> bool:
        """Whether an entry is of this issuer: the one last named at or before it (RFC 5280 5.3.3).

        Where the name cannot be read or found in bounded time, it may be anybody's (L15).
        """
        wanted = directory(issuer_der)
        if self.point is None or not self.point.indirect:
            return wanted == directory(self.issuer_der)
        first = self._entries.offsets[0]
        end = der.read(self.der, self._entries.offsets[place]).end
        for _ in range(_STEPS):
            hit = self.der.rfind(_OWNER_OID, first, end)
            if hit < 0:
                return wanted == directory(self.issuer_der)
            end = self._entries.offsets[bisect_right(self._entries.offsets, hit) - 1]
            try:
                value = _entry_values(der.read(self.der, end))[0].get(_OWNER)
                if value is not None:
                    owners = read_general_names(der.parse(value).expect(der.SEQUENCE))
                    named = [owner for owner in owners if owner.form == DIRECTORY]
                    return not named or wanted in named
            except MalformedInput:
                return True
        return True

    def is_signed_by(self, key: IssuerKey) -> SignatureCheck:
        """Check the list's signature over its original bytes with one key."""
        if "crl.algorithm_mismatch" in self.quirks:
            return SignatureCheck(ok=False, quirks=(), code="crl.algorithm_mismatch")
        return check_with(key, self.signature_algorithm, self.tbs, self.signature)


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
    revoked = fields.maybe(der.SEQUENCE)
    entries = _index(revoked)
    tagged = fields.maybe(_EXTENSIONS)
    fields.end()
    values, critical, odd = read_extensions(tagged.only()) if tagged else ({}, set(), set())
    point = read_issuing_point(values[_POINT], issuer.raw) if _POINT in values else None
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
        point=point,
        point_der=values.get(_POINT),
        delta_base=der.parse(values[_DELTA]).integer() if _DELTA in values else None,
        unknown_critical=tuple(sorted(critical - _PROCESSED)),
        entries_doubtful=revoked is not None and _doubtful(revoked, entries, _known(point)),
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
        """Yield the place of each entry of a serial number, in order."""
        at, key = 0, serial & _KEY
        while True:
            try:
                at = self.keys.index(key, at)
            except ValueError:
                return
            if _serial(data, self.offsets[at], len(data))[0] == serial:
                yield at
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


def _known(point: IssuingPoint | None) -> frozenset[str]:
    """Return the entry extensions processed in a list of this scope (RFC 5280 5.3.3)."""
    return _ENTRY_PROCESSED | {_OWNER} if point and point.indirect else _ENTRY_PROCESSED


def _doubtful(revoked: Node, index: _Index, known: frozenset[str]) -> bool:
    """Whether an entry has a critical extension not processed here: no clearing then (RFC 5280 5.3).

    Entries are read only where the octets of a critical flag stand, so that long lists stay quick.
    """
    data, steps = revoked.data, 0
    usual = (*_PLAIN_OIDS, _OWNER_OID) if _OWNER in known else _PLAIN_OIDS
    for hit in _CRITICAL.finditer(data, revoked.body_start, revoked.end):
        at = hit.start()
        if data[at - len(_OWNER_OID) : at] in usual:
            continue
        steps += 1
        offset = index.offsets[bisect_right(index.offsets, at) - 1]
        try:
            _values, critical = _entry_values(der.read(data, offset))
        except MalformedInput:
            return True
        if critical - known or steps > _STEPS:
            return True
    return False


def _entry_values(node: Node) -> tuple[dict[str, bytes], set[str]]:
    """Return the extensions of one entry, and which are critical."""
    fields = Fields(node)
    fields.take(der.INTEGER)
    fields.take()
    tagged = fields.maybe(der.SEQUENCE)
    fields.end()
    values, critical, _odd = read_extensions(tagged) if tagged else ({}, set(), set())
    return values, critical


def _entry_or_doubt(node: Node, serial: int, known: frozenset[str]) -> RevokedEntry:
    try:
        return _entry(node, known)
    except MalformedInput as error:
        return _doubt(serial, error.code)


def _doubt(serial: int, code: str) -> RevokedEntry:
    return RevokedEntry(serial=serial, revoked_at=UNREADABLE_SINCE, unknown_critical=(code,))


def _entry(node: Node, known: frozenset[str]) -> RevokedEntry:
    fields = Fields(node)
    serial = fields.take(der.INTEGER).integer()
    revoked_at = _instant(fields.take())
    values, critical = _entry_values(node)
    invalidity = values.get(_INVALIDITY)
    return RevokedEntry(
        serial=serial,
        revoked_at=revoked_at,
        reason=_reason(values.get(_REASON)),
        invalidity_date=_instant(der.parse(invalidity)) if invalidity is not None else None,
        unknown_critical=tuple(sorted(critical - known)),
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
